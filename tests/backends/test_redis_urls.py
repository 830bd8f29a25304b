"""oauth2.redis.*: what is accepted, what is refused, and that the password is never shown."""

from __future__ import annotations

import pytest
from pyramid.exceptions import ConfigurationError
from redis import Redis

from pyramid_oauth2.backends.redis import server_from_settings
from pyramid_oauth2.backends.redis.urls import parse_url
from pyramid_oauth2.protocol.records import StoreUnavailable
from pyramid_oauth2.settings import Settings

from .redis_contract import open_backend

PASSWORD = "h/u:n@t er"
SPELT = "h%2Fu%3An%40t%20er"


@pytest.mark.parametrize(
    ("url", "mode", "hosts", "facts"),
    [
        ("redis://h", "single", [("h", 6379)], {}),
        ("redis://h:1/3", "single", [("h", 1)], {"database": 3}),
        ("redis://[::1]:7", "single", [("::1", 7)], {}),
        ("rediss://h", "single", [("h", 6379)], {"tls": True}),
        ("redis://h?timeout=3", "single", [("h", 6379)], {"options": {"timeout": "3"}}),
        ("unix:///run/r.sock", "single", [], {"path": "/run/r.sock"}),
        ("unix:///run/r.sock?db=2", "single", [], {"path": "/run/r.sock", "database": 2}),
        ("redis+sentinel://a,b:5/s", "sentinel", [("a", 26379), ("b", 5)], {"service": "s"}),
        (
            "rediss+sentinel://a/my%20service/4",
            "sentinel",
            [("a", 26379)],
            {"service": "my service", "database": 4, "tls": True},
        ),
        ("redis+cluster://a,b:5,[::1]", "cluster", [("a", 6379), ("b", 5), ("::1", 6379)], {}),
        ("rediss+cluster://a", "cluster", [("a", 6379)], {"tls": True}),
    ],
)
def test_url(url, mode, hosts, facts):
    address = parse_url(url)
    assert (address.mode, list(address.hosts)) == (mode, hosts)
    plain = {"service": None, "database": 0, "tls": False, "path": None, "options": {}}
    expected = plain | {"username": None, "password": None} | facts
    assert {name: getattr(address, name) for name in expected} == expected


@pytest.mark.parametrize("scheme", ["redis://{}h/0", "unix://{}/s", "redis+cluster://{}h,i"])
def test_url_with_credentials(scheme):
    address = parse_url(scheme.format(f"us%65r:{SPELT}@"))
    assert (address.username, address.password) == ("user", PASSWORD)
    address = parse_url(scheme.format(f":{SPELT}@"))
    assert (address.username, address.password) == (None, PASSWORD)
    assert PASSWORD not in repr(address)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "scheme"),
        ("http://:{}@h", "scheme"),
        ("redis+magic://:{}@h", "scheme"),
        ("unix+cluster://:{}@/s", "scheme"),
        ("redis://:{}@h,i", "several hosts"),
        ("redis://:{}@", "a host is missing"),
        ("redis:/h:1/0?password={}", "a host is missing"),
        ("redis+cluster://:{}@h,,i", "a host is missing"),
        ("redis://:{}@h:many", "a port"),
        ("redis://:{}@h:70000", "a port"),
        ("redis://:{}@h/first", "the database"),
        ("redis+sentinel://:{}@h", "the service is missing"),
        ("redis+sentinel://:{}@h/s/x", "the database"),
        ("redis+cluster://:{}@h/1", "no databases"),
        ("redis://:{}@[::1", "not a URL"),
        ("redis+cluster://:{}@a,[::1", "not a URL"),
    ],
)
def test_url_refused(url, reason):
    with pytest.raises(ValueError, match=reason) as refusal:
        parse_url(url.format(SPELT))
    assert SPELT not in str(refusal.value)
    assert PASSWORD not in str(refusal.value)


@pytest.mark.parametrize(
    ("section", "reason"),
    [
        ({}, r"oauth2\.redis\.url is missing: redis://"),
        ({"url": "redis://h", "socket_timout": "1"}, r"Did you mean oauth2\.redis\.socket_timeout"),
        ({"url": "redis://h", "socket_timeout": "long"}, r"oauth2\.redis\.socket_timeout"),
        ({"url": "redis://h", "decode_responses": "true"}, "cannot be set"),
        ({"url": "redis://h?decode_responses=true"}, "cannot be set"),
        ({"url": "redis://h", "wait_replicas": "some"}, r"oauth2\.redis\.wait_replicas"),
        ({"url": "redis://h", "wait_replicas": "9" * 20}, r"oauth2\.redis\.wait_replicas"),
        ({"url": "memcached://h"}, r"oauth2\.redis\.url: its scheme"),
        ({"url": "redis://h", "ssl": "true"}, r"redis\.ssl cannot be set.* rediss in place"),
        ({"url": "rediss://h", "ssl": "true"}, r"redis\.ssl cannot be set"),
        *(
            (
                {"url": url, name: value},
                rf"oauth2\.redis\.{name} has no effect without TLS: .*rediss",
            )
            for url in ("redis://h", "redis+sentinel://h/s", "redis+cluster://h", "unix:///s")
            for name, value in (("ssl_ca_certs", "/ca.pem"), ("ssl_cert_reqs", "none"))
        ),
        ({"url": "redis://h?ssl_keyfile=/k"}, r"oauth2\.redis\.ssl_keyfile has no effect"),
        *(
            (
                {"url": url, name: value},
                rf"oauth2\.redis\.{name}: this is not a value for it: it is",
            )
            for url in ("rediss://h", "rediss+sentinel://h/s", "rediss+cluster://h")
            for name, value in (
                *(("max_connections", value) for value in ("-3", "0", "many", "9" * 11)),
                *(("timeout", value) for value in ("-1", "nan", "1e300", "x")),
                *(("socket_timeout", value) for value in ("-1", "0", "nan", "inf")),
                *(("socket_connect_timeout", value) for value in ("-1", "0", "nan", "inf")),
                *(("socket_read_size", value) for value in ("0", "9" * 11)),
                ("health_check_interval", "-1"),
                ("client_name", "a b"),
                ("ssl_cert_reqs", "maybe"),
                ("ssl_min_version", "1.2"),
                ("ssl_min_version", "12"),
            )
        ),
        (
            {"url": "redis://h", "health_check_interval": "0.5"},
            r"health_check_interval: .* a whole number of seconds",
        ),
        *(
            ({"url": url, name: "x"}, rf"\.{name} is for .* set oauth2\.redis\.ssl_certfile too")
            for url in ("rediss://h", "rediss+sentinel://h/s", "rediss+cluster://h")
            for name in ("ssl_keyfile", "ssl_password")
        ),
        ({"url": "redis://h", "credential_provider": "x"}, "credential_provider cannot be set"),
        ({"url": "redis://h", "redis_connect_func": "x"}, "redis_connect_func cannot be set"),
    ],
)
def test_settings_refused(section, reason):
    with pytest.raises(ConfigurationError, match=reason):
        server_from_settings(Settings(sections={"redis": section}))


@pytest.mark.parametrize("url", ["redis://{}h", "unix://{}/s", "redis+sentinel://{}h/s"])
@pytest.mark.parametrize(
    ("written", "used"),
    [
        ("", ("key", "secret")),
        ("me@", ("me", "secret")),
        (":of-the-url@", ("key", "of-the-url")),
        ("me:of-the-url@", ("me", "of-the-url")),
    ],
)
def test_credentials_in_keys_of_their_own(url, written, used):
    backend = open_backend(url.format(written), username="key", password="secret")
    options = backend._server._make_client().connection_pool.connection_kwargs
    assert (options["username"], options["password"]) == used
    assert "secret" not in repr(backend._server)


def test_the_password_of_a_key_is_sent(redis_url):
    admin = Redis.from_url(redis_url)
    admin.execute_command("ACL", "SETUSER", "limited", "on", ">pw", "~oauth2:*", "+@all")
    try:
        backend = open_backend(redis_url, username="limited", password="pw")
        assert backend.clients.get("client") is None
        assert "limited" in {each["user"] for each in admin.client_list()}
        backend.close()
    finally:
        admin.execute_command("ACL", "DELUSER", "limited")
        admin.close()


@pytest.mark.parametrize(
    "url",
    [
        "redis://{}127.0.0.1:1",
        "redis+sentinel://{}127.0.0.1:1/s",
        "redis+cluster://{}127.0.0.1:1",
    ],
)
def test_password_is_in_no_message(url, caplog):
    backend = open_backend(url.format(f"user:{SPELT}@"))
    caplog.set_level("DEBUG")
    with pytest.raises(StoreUnavailable) as failure:
        backend.clients.get("client")
    seen = [str(failure.value), repr(backend), repr(backend._server), caplog.text]
    error = failure.value
    while error := error.__cause__ or error.__context__:
        seen.append(repr(error))
    assert not any(PASSWORD in text or SPELT in text for text in seen)


def test_options_reach_redis_py():
    backend = open_backend("redis://h/2?socket_timeout=7", max_connections="3", client_name="me")
    pool = backend._server._make_client().connection_pool
    options = pool.connection_kwargs
    assert (options["socket_timeout"], options["client_name"], options["db"]) == (7.0, "me", 2)
    assert pool.max_connections == 3
    assert options["socket_connect_timeout"] == 1.0
    assert options["retry"].get_retries() == 0
