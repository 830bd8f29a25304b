"""How the text of a setting is interpreted."""

from __future__ import annotations

import pytest

from pyramid_oauth2.protocol.throttling import Limit
from pyramid_oauth2.settings.types import (
    BadValue,
    backend_name,
    base_url,
    boolean,
    count,
    image_address,
    issuer_url,
    lifetime,
    own_address,
    parameter_length,
    paths,
    principals,
    rate,
    route_path,
    scope_lines,
    seconds,
    site_address,
    words,
)

GOOD = [
    (count, " 10 ", 10),
    (count, 1000, 1000),
    (principals, "group:admin\n  bob", {"group:admin", "bob"}),
    (principals, "system.Authenticated", {"system.Authenticated"}),
    (parameter_length, " 4096 ", 4096),
    (parameter_length, 65536, 65536),
    (lifetime, "3600", 3600),
    (lifetime, 3600, 3600),
    (lifetime, "60s", 60),
    (lifetime, " 10m ", 600),
    (lifetime, "1h", 3600),
    (lifetime, "30 d", 30 * 86400),
    (lifetime, "3650d", 3650 * 86400),
    (seconds, "0", 0),
    (seconds, "3600", 3600),
    (seconds, 2, 2),
    (seconds, "30s", 30),
    (seconds, "1h", 3600),
    (boolean, "true", True),
    (boolean, " Yes ", True),
    (boolean, True, True),
    (boolean, "off", False),
    (boolean, "0", False),
    (boolean, False, False),
    (own_address, " /static/shop.css ", "/static/shop.css"),
    (image_address, "/logo.svg?v=2", "/logo.svg?v=2"),
    (image_address, "https://cdn.example:8443/logo.svg", "https://cdn.example:8443/logo.svg"),
    (site_address, "/", "/"),
    (site_address, "https://shop.example/", "https://shop.example/"),
    (site_address, "http://localhost:6543/", "http://localhost:6543/"),
    (rate, "10/minute", Limit(10, "minute")),
    (rate, " 1 / day ", Limit(1, "day")),
    (rate, Limit(3, "hour"), Limit(3, "hour")),
    (words, "read  write\n admin", frozenset({"read", "write", "admin"})),
    (words, ["read", "write"], frozenset({"read", "write"})),
    (backend_name, " sqlalchemy ", "sqlalchemy"),
    (backend_name, "my_app.stores.mongo", "my_app.stores.mongo"),
    (backend_name, "my_app.stores:mongo", "my_app.stores:mongo"),
    (scope_lines, "read = Read your data", {"read": "Read your data"}),
    (scope_lines, "\n a = A \n\n b=B = b\n", {"a": "A", "b": "B = b"}),
    (scope_lines, {"read": "Read"}, {"read": "Read"}),
    (scope_lines, "", {}),
    (route_path, "/oauth2", "/oauth2"),
    (route_path, " /auth/v2 ", "/auth/v2"),
    (base_url, "http://localhost:6543", "http://localhost:6543"),
    (base_url, "https://auth.example.com/a/b", "https://auth.example.com/a/b"),
    (issuer_url, "https://auth.example.com", "https://auth.example.com"),
    (issuer_url, "https://auth.example.com:8443/tenant", "https://auth.example.com:8443/tenant"),
    (issuer_url, "http://localhost:6543", "http://localhost:6543"),
    (issuer_url, "http://127.0.0.1", "http://127.0.0.1"),
    (issuer_url, "http://[::1]:6543", "http://[::1]:6543"),
]

BAD = [
    *((lifetime, text) for text in ("", "0", "0d", "-1", "1.5h", "soon", "1w", "1h30m", "3651d")),
    *((parameter_length, text) for text in ("", "0", "4095", "65537", "4k", "-4096", "\u0664096")),
    *((lifetime, text) for text in ("9999999999", "\u0661h")),
    *((seconds, text) for text in ("", "-1", "3601", "61m", "2h", "2.0", "99999")),
    *((count, text) for text in ("", "0", "1001", "-1", "1.5", "ten", "\u0661")),
    (principals, "bob system.Everyone"),
    *((rate, text) for text in ("", "10", "0/minute", "10/week", "10/minutes", "ten/minute")),
    *((rate, text) for text in ("-1/minute", "1.5/minute", "10/minute 5/hour", "10 per minute")),
    *((boolean, text) for text in ("", "maybe", "2", "truefalse")),
    *((backend_name, text) for text in ("", "two words", "1st", "a,b", "../x")),
    *((scope_lines, text) for text in ("read", "read =", "= Read", 'a"b = x', "a b = x", "é = x")),
    (scope_lines, "a = 1\na = 2"),
    *((route_path, text) for text in ("", "/", "oauth2", "/oauth2/", "/a//b", "/a b", "/{x}")),
    *((route_path, text) for text in ("/*x", "/a?b", "/a#b")),
    *((base_url, text) for text in ("", "auth.example.com", "ftp://a.example", "https://")),
    *((base_url, text) for text in ("https://a.example/", "https://a.example?b", "https://a#b")),
    *((base_url, text) for text in ("https://u:p@a.example", "https://a.example:x")),
    *((base_url, text) for text in ("https://a.example:0", "https://a.example:99999")),
    *((base_url, text) for text in ("https://A.example", "https://é.example", "https://a .b")),
    *((base_url, text) for text in ("https://[::1", "HTTPS://A.example", "//a.example")),
    *((issuer_url, text) for text in ("HTTPS://a.example", "Http://localhost")),
    *((issuer_url, text) for text in ("http://a.example", "http://localhost.evil.test")),
    (issuer_url, "http://127.0.0.1.evil.test"),
    *((words, value) for value in (True, 0, 1.5, [1], [None], b"read", ...)),
    *((principals, value) for value in (True, [1])),
    *((paths, value) for value in (True, 0, [1])),
    *((scope_lines, value) for value in (["read"], True, 0, b"x", {"read": None}, {1: "Read"})),
    *((issuer_url, text) for text in ("https://a.example/?", "https://a.example#", "issuer")),
]


def name(value: object) -> str:
    if isinstance(value, set | frozenset):
        return f"set {sorted(value)}"
    return value.__name__ if callable(value) else repr(value)


@pytest.mark.parametrize(("parse", "text", "value"), GOOD, ids=name)
def test_good(parse, text, value):
    assert parse(text) == value


@pytest.mark.parametrize(("parse", "text"), BAD, ids=name)
def test_bad(parse, text):
    with pytest.raises(BadValue) as caught:
        parse(text)
    assert str(caught.value), "the message helps"


def test_parsed_scopes_cannot_be_changed():
    with pytest.raises(TypeError):
        scope_lines("a = b")["c"] = "d"
