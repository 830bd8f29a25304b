"""``oauth2.mode = resource_server``: views that accept tokens of another server (RFC 7662)."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from joserfc.jwk import ECKey
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError
from webtest import TestApp, TestResponse

from pyramid_oauth2 import get_service
from pyramid_oauth2.assembly import service_of
from pyramid_oauth2.testing import bearer as new_bearer
from pyramid_oauth2.testing import memory_backend
from tests.jose.forgeries import Honest

from . import host
from .introspecting import ACTIVE, Endpoint, introspection_endpoint
from .server import bearer

TOKEN = "a-token-of-another.product"
SECRET = "p%ss: w&rd"


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with introspection_endpoint() as endpoint:
        yield endpoint


@pytest.fixture
def settings(endpoint: Endpoint) -> dict[str, str]:
    return {
        "oauth2.mode": "resource_server",
        "oauth2.issuer": "https://auth.example.com",
        "oauth2.base_url": "https://api.example.com",
        "oauth2.scopes": "read = Read your data\nwrite = Change your data",
        "oauth2.introspection.url": endpoint.url,
        "oauth2.introspection.client_id": "the api",
        "oauth2.introspection.client_secret": SECRET,
        "oauth2.introspection.cache": "0",
    }


Build = Callable[..., TestApp]


@pytest.fixture
def build(settings: dict[str, str]) -> Iterator[Build]:
    apps = []

    def build(*configure: Any, **changes: str) -> TestApp:
        changes = {f"oauth2.{name.replace('__', '.')}": value for name, value in changes.items()}
        config = Configurator(settings=settings | changes)
        config.include("pyramid_oauth2")
        for step in (host.pages, *configure):
            step(config)
        apps.append(config.make_wsgi_app())
        return TestApp(apps[-1])

    yield build
    for app in apps:
        service_of(app.registry).close()


@pytest.fixture
def app(build: Build) -> TestApp:
    return build()


def get(app: TestApp, path: str = "/read", token: str = TOKEN) -> TestResponse:
    return app.get(path, headers=bearer(token), status="*")


def error(answer: TestResponse) -> tuple[int, str | None]:
    return answer.status_int, (answer.json or {}).get("error")


class TestAToken:
    def test_opens_a_view_for_its_scope(self, app: TestApp, endpoint: Endpoint):
        assert get(app).text == "bob"
        assert error(get(app, "/write")) == (403, "insufficient_scope")
        assert endpoint.tokens == [TOKEN, TOKEN]
        assert endpoint.callers[0] == f"the api:{SECRET}", "RFC 6749 section 2.3.1"

    def test_of_a_client_itself(self, app: TestApp, endpoint: Endpoint):
        del endpoint.members["sub"]
        assert get(app).text == "anonymous"

    def test_and_who_it_is(self, build: Build):
        seen = []

        def look(request: Any) -> dict[str, Any]:
            oauth2 = request.oauth2
            seen.append((oauth2.client.client_id, oauth2.subject, oauth2.scope))
            oauth2.require("read")
            return {}

        def add(config: Any) -> None:
            config.add_route("look", "/look")
            config.add_view(look, route_name="look", oauth2_scope="read", renderer="json")

        assert get(build(add), "/look").status_int == 200
        assert seen == [("web", "bob", frozenset({"read"}))]

    def test_the_permission_is_the_applications(self, app: TestApp, endpoint: Endpoint):
        endpoint.members["scope"] = "write"
        assert get(app, "/delete").text == "bob"
        endpoint.members["sub"] = "alice"
        assert get(app, "/delete").status_int == 403

    def test_without_one(self, app: TestApp, endpoint: Endpoint):
        answer = app.get("/read", status=401)
        metadata = "https://api.example.com/.well-known/oauth-protected-resource/read"
        assert f'resource_metadata="{metadata}"' in answer.headers["WWW-Authenticate"]
        assert endpoint.tokens == []

    @pytest.mark.parametrize("path", ["/read", "/write"])
    def test_each_view_is_of_the_api_that_it_is(self, build: Build, path: str):
        """RFC 9728 section 5.1: the client then names it to the authorization server."""
        app = build(resource="https://api.example.com/v1")
        well_known = "/.well-known/oauth-protected-resource"
        challenge = app.get(path, status=401).headers["WWW-Authenticate"]
        assert f'resource_metadata="https://api.example.com{well_known}/v1"' in challenge
        document = app.get(f"{well_known}/v1").json
        assert (document["resource"], document["scopes_supported"]) == (
            "https://api.example.com/v1",
            ["read", "write"],
        )
        assert app.get(well_known).json == document
        app.get(f"{well_known}{path}", status=404)

    @pytest.mark.parametrize(
        "resource",
        [
            *("https://api.example.com/v%2D1", "https://api.example.com/%7Eme"),
            *("https://api.example.com/v|1", "https://elsewhere.example/v1"),
        ],
    )
    def test_where_the_challenge_leads_there_are_metadata(self, build: Build, resource: str):
        """However the operator of both servers has written the name of the API."""
        app = build(resource=resource)
        challenge = app.get("/read", status=401).headers["WWW-Authenticate"]
        url = challenge.partition('resource_metadata="')[2].partition('"')[0]
        assert url.startswith("https://api.example.com/")
        named = resource if resource.startswith("https://api.") else "https://api.example.com/read"
        assert app.get(url.removeprefix("https://api.example.com")).json["resource"] == named

    def test_a_cookie_is_no_token(self, app: TestApp):
        app.get("/login?user=bob")
        assert app.get("/read", status="*").status_int == 401
        assert app.get("/edit").text == "bob"


class TestInactive:
    @pytest.mark.parametrize(
        "members",
        [
            {"active": False},
            {},
            {**ACTIVE, "active": False},
            {**ACTIVE, "exp": 1},
            {**ACTIVE, "token_type": "DPoP"},
            {**ACTIVE, "token_type": "refresh_token"},
            {**ACTIVE, "iss": "https://another.example.com"},
            {**ACTIVE, "cnf": {"jkt": "x"}},
            {**ACTIVE, "cnf": {"x5t#S256": "x"}},
            {**ACTIVE, "token_use": "refresh_token"},
            {**ACTIVE, "aud": "https://another.example.com"},
            {**ACTIVE, "aud": ["https://api.example.com.evil.example", "web"]},
            {**ACTIVE, "aud": []},
            {**ACTIVE, "aud": 7},
        ],
    )
    def test_what_does_not_count(self, app: TestApp, endpoint: Endpoint, members: dict[str, Any]):
        endpoint.members = members
        assert error(get(app)) == (401, "invalid_token")

    @pytest.mark.parametrize(
        ("members", "reason"),
        [
            (
                {"iss": "https://another.example.com"},
                "its iss is 'https://another.example.com'",
            ),
            ({"aud": ["web"]}, "its aud is ['web'], which does not name"),
            ({"cnf": {"jkt": "x"}}, "it is bound to a key (cnf)"),
            ({"token_type": "DPoP"}, "its token_type is 'DPoP'"),
            ({"token_use": "refresh_token"}, "its token_use is 'refresh_token'"),
        ],
    )
    def test_the_log_says_why(
        self, app: TestApp, endpoint: Endpoint, members: Any, reason: str, caplog: Any
    ):
        endpoint.members = {**ACTIVE, **members}
        with caplog.at_level(logging.INFO):
            assert get(app).status_int == 401
        assert f"An active token is refused: {reason}" in caplog.text

    @pytest.mark.parametrize(
        "value",
        ["oat_" + "0" * 65, "ort_" + "0" * 65, "ocs_x", "oat_", "oin_é"],
    )
    def test_what_our_server_never_made_is_not_asked_about(
        self, app: TestApp, endpoint: Endpoint, value: str
    ):
        assert get(app, token=value).status_int in (400, 401)
        assert endpoint.tokens == []

    @pytest.mark.parametrize("length", [4097, 70_000])
    def test_what_is_longer_than_any_token_is_not_asked_about(
        self, app: TestApp, endpoint: Endpoint, length: int
    ):
        assert error(get(app, token="a" * length)) == (401, "invalid_token")
        assert endpoint.tokens == []

    def test_a_token_may_be_as_long_as_the_setting_says(self, build: Build, endpoint: Endpoint):
        app = build(max_parameter_length="9000")
        assert get(app, token="a" * 9000).status_int == 200
        assert error(get(app, token="a" * 9001)) == (401, "invalid_token")
        assert endpoint.tokens == ["a" * 9000]

    @pytest.mark.parametrize(
        "audience",
        [
            "https://api.example.com",
            "https://api.example.com/",
            "https://api.example.com/read",
            ["x", "https://api.example.com"],
        ],
    )
    def test_one_that_is_for_this_api_counts(self, app: TestApp, endpoint: Endpoint, audience: Any):
        endpoint.members["aud"] = audience
        assert get(app).status_int == 200

    def test_a_client_is_no_user_of_the_same_name(self, app: TestApp, endpoint: Endpoint):
        endpoint.members |= {"sub": "web", "client_id": "web"}
        assert get(app).text == "anonymous"

    def test_null_is_what_is_not_there(self, app: TestApp, endpoint: Endpoint):
        endpoint.members |= dict.fromkeys(("sub", "exp", "iat", "aud", "cnf", "token_type"))
        assert get(app).text == "anonymous"

    def test_of_a_user_who_is_deactivated_here(self, build: Build):
        class Users:
            def is_active(self, subject: str) -> bool:
                return False

        app = build(lambda config: config.set_oauth2_resource_owners(Users()))
        assert error(get(app)) == (401, "invalid_token")

    def test_little_is_enough(self, app: TestApp, endpoint: Endpoint):
        """RFC 7662 section 2.2: only ``active`` is required."""
        endpoint.members = {"active": True, "scope": "read"}
        assert get(app).status_int == 200
        endpoint.members = {"active": True}
        assert error(get(app)) == (403, "insufficient_scope")


class TestClosed:
    """On any failure access is refused, but the client does not learn that a token is invalid."""

    def refused(self, app: TestApp) -> None:
        answer = get(app)
        assert error(answer) == (503, "temporarily_unavailable")
        assert answer.headers["Retry-After"]

    @pytest.mark.parametrize("status", [201, 204, 302, 307, 400, 404, 429, 500, 502, 503])
    def test_another_status(self, app: TestApp, endpoint: Endpoint, status: int):
        endpoint.status = status
        endpoint.headers = {"Location": endpoint.url, "Retry-After": "1"}
        if status == 204:
            endpoint.body = b""
        self.refused(app)
        assert len(endpoint.tokens) == 1, "no redirect is followed"

    @pytest.mark.parametrize("status", [401, 403])
    def test_the_servers_own_credentials(
        self, app: TestApp, endpoint: Endpoint, status: int, caplog: pytest.LogCaptureFixture
    ):
        endpoint.status = status
        self.refused(app)
        assert "oauth2.introspection.client_id" in caplog.text

    @pytest.mark.parametrize(
        "body",
        [b"", b"no", b"[]", b"null", b'"active"', b"\xff", b"[" * 50_000, b" " * 65_537, b"{}x"],
        ids=["empty", "no", "list", "null", "string", "bytes", "deep", "long", "more"],
    )
    def test_no_json_object(self, app: TestApp, endpoint: Endpoint, body: bytes):
        endpoint.body = body
        self.refused(app)

    @pytest.mark.parametrize(
        "changes",
        [
            {"active": "true"},
            {"active": 1},
            {"exp": "4000000000"},
            {"exp": 4e9},
            {"exp": True},
            {"scope": ["read"]},
            {"scope": 'a"b'},
            {"sub": 5},
            {"sub": "x" * 256},
            {"sub": "a\0"},
            {"client_id": ""},
            {"client_id": 7},
            {"iss": 5},
            {"token_type": []},
        ],
        ids=str,
    )
    def test_a_member_of_another_type(
        self, app: TestApp, endpoint: Endpoint, changes: dict[str, Any]
    ):
        endpoint.members |= changes
        self.refused(app)

    def test_nobody_listens(self, build: Build):
        self.refused(build(introspection__url="http://127.0.0.1:9/introspect"))

    def test_it_hangs(self, app: TestApp, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch):
        endpoint.hangs.clear()
        self.refused(app)

    def test_while_it_hangs_one_waits_and_the_others_do_not(self, app: TestApp, endpoint: Endpoint):
        later = 0.0
        asking = service_of(app.app.registry).validation.endpoint  # type: ignore[union-attr]
        asking._breaker._clock = lambda: time.monotonic() + later
        endpoint.hangs.clear()
        self.refused(app)
        began = time.monotonic()
        for _ in range(20):
            self.refused(app)
        assert time.monotonic() - began < 1
        endpoint.hangs.set()
        self.refused(app)
        later += 2
        assert get(app).status_int == 200
        assert get(app).status_int == 200

    def test_a_connection_that_was_kept_too_long(self, app: TestApp, endpoint: Endpoint):
        assert get(app).status_int == 200
        endpoint.drops = 1
        assert get(app).status_int == 200

    def test_no_failure_is_remembered(self, build: Build, endpoint: Endpoint):
        app = build(introspection__cache="60")
        endpoint.status = 500
        self.refused(app)
        endpoint.status = 200
        assert get(app).status_int == 200


class TestRemembered:
    @pytest.mark.parametrize("fraction", [0.0, 0.2, 0.99])
    def test_a_token_without_an_end_counts_as_long_as_its_answer(
        self, build: Build, endpoint: Endpoint, fraction: float
    ):
        app = build(introspection__cache="60")
        service = service_of(app.app.registry)
        now = 1000 + fraction
        service.validation.cache._clock = lambda: now  # type: ignore[union-attr]
        object.__setattr__(service, "clock", lambda: now)
        endpoint.members = {name: ACTIVE[name] for name in ACTIVE if name != "exp"}
        assert get(app).status_int == 200
        now += 59.995
        assert get(app).status_int == 200
        assert len(endpoint.tokens) == 1

    def test_for_the_time_of_the_setting(self, build: Build, endpoint: Endpoint):
        app = build(introspection__cache="60")
        cache = service_of(app.app.registry).validation.cache  # type: ignore[union-attr]
        now = 0.0
        cache._clock = lambda: now
        assert [get(app).status_int for _ in range(3)] == [200] * 3
        endpoint.members = {"active": False}
        now = 59.9
        assert get(app).status_int == 200
        now = 60
        assert get(app).status_int == 401
        assert len(endpoint.tokens) == 2

    def test_a_bad_one_too(self, build: Build, endpoint: Endpoint):
        app = build(introspection__cache="60")
        endpoint.members = {"active": False}
        assert [get(app).status_int for _ in range(3)] == [401] * 3
        assert len(endpoint.tokens) == 1

    def test_never_beyond_its_end(self, build: Build):
        app = build(introspection__cache="60")
        service = service_of(app.app.registry)
        now = 3_999_999_999
        object.__setattr__(service, "clock", lambda: now)
        assert get(app).status_int == 200
        now += 1
        assert get(app).status_int == 401

    def test_not_with_zero(self, app: TestApp, endpoint: Endpoint):
        for _ in range(2):
            get(app)
        assert len(endpoint.tokens) == 2
        assert endpoint.connections == 1, "the connection is kept"

    def test_once_a_request(self, build: Build, endpoint: Endpoint):
        def configure(config: Any) -> None:
            config.include("pyramid_tm")

        get(build(configure), "/delete")
        assert len(endpoint.tokens) == 1


class TestStart:
    @pytest.mark.parametrize(
        "key",
        [
            "issuer",
            "base_url",
            "introspection.url",
            "introspection.client_id",
            "introspection.client_secret",
        ],
    )
    def test_what_is_missing_is_told(self, build: Build, settings: dict[str, str], key: str):
        del settings[f"oauth2.{key}"]
        with pytest.raises(ConfigurationError, match=f"oauth2.{key} is missing"):
            build()

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("mode", "resource-server"),
            ("introspection.url", "http://auth.example.com/introspect"),
            ("introspection.cache", "-1"),
            ("introspection.uri", "https://auth.example.com/introspect"),
        ],
    )
    def test_what_is_wrong_is_told(
        self, build: Build, settings: dict[str, str], key: str, value: str
    ):
        settings[f"oauth2.{key}"] = value
        with pytest.raises(ConfigurationError, match=f"oauth2.{key}"):
            build()

    def test_an_issuer_with_a_slash(
        self, build: Build, settings: dict[str, str], endpoint: Endpoint
    ):
        """RFC 8414 section 2 allows it, and some servers have it."""
        settings["oauth2.issuer"] = "https://auth.example.com/o/notes/"
        app = build()
        endpoint.members = {**ACTIVE, "iss": "https://auth.example.com/o/notes/"}
        assert get(app).status_int == 200
        endpoint.members = {**ACTIVE, "iss": "https://auth.example.com/o/notes"}
        assert get(app, token="another").status_int == 401

    def test_on_a_developers_machine(self, build: Build):
        """http on a loopback host, while the issuer is elsewhere and https."""
        assert get(build(base_url="http://localhost:6544")).status_int == 200

    def test_an_authorization_server_asks_nobody(self, build: Build):
        with pytest.raises(ConfigurationError, match=r"write oauth2\.mode = resource_server"):
            build(mode="authorization_server")

    def test_without_the_library(self, build: Build, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setitem(sys.modules, "urllib3", None)
        for name in [each for each in sys.modules if each.startswith("pyramid_oauth2.fetching")]:
            monkeypatch.delitem(sys.modules, name)
        with pytest.raises(ConfigurationError, match="pip install urllib3"):
            build()

    def test_nothing_of_an_authorization_server_is_there(self, app: TestApp):
        for path in (
            "/oauth2/token",
            "/oauth2/authorize",
            "/oauth2/revoke",
            "/oauth2/introspect",
            "/.well-known/oauth-authorization-server",
        ):
            app.post(path, status=404)

    def test_the_metadata_of_a_resource(self, app: TestApp):
        answer = app.get("/.well-known/oauth-protected-resource/read")
        assert answer.json == {
            "resource": "https://api.example.com/read",
            "authorization_servers": ["https://auth.example.com"],
            "bearer_methods_supported": ["header"],
            "scopes_supported": ["read"],
        }

    def test_it_has_no_clients(self, app: TestApp):
        with pytest.raises(ConfigurationError, match="is a resource server"):
            get_service(app.app.registry)

    def test_its_own_tests_need_no_other_server(self, build: Build, endpoint: Endpoint):
        changes = {
            name.removeprefix("oauth2.").replace(".", "__"): value
            for name, value in memory_backend().items()
        }
        app = build(**changes)
        assert app.get("/read", headers=new_bearer(app.app, "bob", "read")).text == "bob"
        assert endpoint.tokens == []


def test_nothing_secret_is_logged_or_shown(
    build: Build, endpoint: Endpoint, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    app = build()
    service = service_of(app.app.registry)
    for status in (200, 401, 500):
        endpoint.status = status
        get(app)
    endpoint.drops = 2
    get(app)
    shown = caplog.text + repr(service) + repr(service.settings)
    assert "/introspect" in shown
    for secret in (TOKEN, SECRET, "p%25ss"):
        assert secret not in shown


@pytest.mark.parametrize("accept", ["text/html", "*/*"])
def test_a_cookie_that_is_no_text(build: Build, accept: str):
    """A resource server has no pages, so there is none for this error."""
    headers = {"Cookie": 'a="\\377"', "Accept": accept}
    answer = build().get("/.well-known/oauth-protected-resource", headers=headers, status=400)
    assert answer.json["error"] == "invalid_request"


def test_a_jwt_of_the_issuer_is_not_the_cookies_user(app: TestApp, endpoint: Endpoint):
    """It is validated here, by introspection, as an opaque token is."""
    claims = {"iss": "https://auth.example.com", "exp": 1}
    value = Honest({"alg": "ES256", "typ": "at+jwt"}, claims, ECKey.generate_key("P-256"), 0).jwt()
    endpoint.members = {"active": False}
    app.post("/login", {"user": "alice"})
    assert app.get("/whoami").text == "alice"
    assert "alice" not in get(app, "/whoami", value).text
