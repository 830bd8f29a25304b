"""``oauth2.validation = local``: a resource server that verifies JWTs by itself (RFC 9068)."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from joserfc.jwk import ECKey
from pyramid.config import Configurator
from webtest import TestApp

from pyramid_oauth2.assembly import service_of
from pyramid_oauth2.jose import compact
from pyramid_oauth2.protocol.token_strings import new_client_secret
from tests.jose.forgeries import BY_CLAIMS, FORGERIES, Honest, public

from . import host
from .server import bearer

API = "https://api.example.com"
KEY, OTHER_KEY = ECKey.generate_key("P-256"), ECKey.generate_key("P-256")


class Issuer:
    """An authorization server that signs, over real HTTP."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.metadata: Any = {"issuer": url, "jwks_uri": f"{url}/keys"}
        self.keys: Any = {"keys": [{**public(KEY), "kid": "one", "alg": "ES256", "use": "sig"}]}
        self.status = 200
        self.requests: list[str] = []

    def honest(self, **changes: Any) -> Honest:
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": API,
            "exp": now + 600,
            "iat": now,
            "sub": "bob",
            "client_id": "web",
            "jti": "one",
            "scope": "read",
        }
        header = {"alg": "ES256", "typ": "at+jwt", "kid": "one"}
        return Honest(header, {**claims, **changes}, KEY, now)

    def token(self, **changes: Any) -> str:
        return self.honest(**changes).jwt()


class Handler(BaseHTTPRequestHandler):
    issuer: Issuer

    def do_GET(self) -> None:
        self.issuer.requests.append(self.path)
        members = self.issuer.keys if self.path == "/keys" else self.issuer.metadata
        body = json.dumps(members).encode()
        self.send_response(self.issuer.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    found = Issuer(f"http://127.0.0.1:{server.server_port}")
    server.RequestHandlerClass = type("OfTheTest", (Handler,), {"issuer": found})
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield found
    server.shutdown()
    server.server_close()


Build = Callable[..., TestApp]


@pytest.fixture
def build(issuer: Issuer) -> Iterator[Build]:
    apps = []

    def build(**changes: str) -> TestApp:
        named = {f"oauth2.{name.replace('__', '.')}": value for name, value in changes.items()}
        settings = {
            "oauth2.mode": "resource_server",
            "oauth2.validation": "local",
            "oauth2.issuer": issuer.url,
            "oauth2.base_url": API,
            "oauth2.scopes": "read = Read your data\nwrite = Change your data",
        }
        with Configurator(settings=settings | named) as config:
            config.include("pyramid_oauth2")
            host.pages(config)
            apps.append(config.make_wsgi_app())
        return TestApp(apps[-1])

    yield build
    for app in apps:
        service_of(app.registry).close()


@pytest.fixture
def app(build: Build) -> TestApp:
    return build()


def get(app: TestApp, token: str, path: str = "/read") -> Any:
    return app.get(path, headers=bearer(token), status="*")


class TestAToken:
    def test_opens_a_view_for_its_scope(self, app: TestApp, issuer: Issuer):
        assert get(app, issuer.token()).text == "bob"
        refused = get(app, issuer.token(), "/write")
        assert (refused.status_int, refused.json["error"]) == (403, "insufficient_scope")

    def test_the_keys_are_fetched_once(self, app: TestApp, issuer: Issuer):
        for _ in range(5):
            assert get(app, issuer.token()).status_int == 200
        assert issuer.requests == ["/.well-known/oauth-authorization-server", "/keys"]

    def test_it_is_parsed_once(self, app: TestApp, issuer: Issuer, monkeypatch: pytest.MonkeyPatch):
        decoded, decode = list[str](), compact.decoded

        def counted(part: str) -> bytes:
            decoded.append(part)
            return decode(part)

        monkeypatch.setattr(compact, "decoded", counted)
        token = issuer.token()
        assert get(app, token).status_int == 200
        assert decoded == token.split(".")

    def test_of_a_client_itself(self, app: TestApp, issuer: Issuer):
        """RFC 9068 section 2.2: its subject is the client, which is no user."""
        assert get(app, issuer.token(sub="web")).text == "anonymous"

    def test_and_who_it_is(self, app: TestApp, issuer: Issuer):
        service = service_of(app.app.registry)
        token = service.validation.token_of(
            issuer.token(auth_time=1_700_000_000, acr="gold", amr=["pwd"]), time.time()
        )
        assert (token.client.client_id, token.subject) == ("web", "bob")
        assert token.authentication.members() == {
            "auth_time": 1_700_000_000,
            "acr": "gold",
            "amr": ["pwd"],
        }

    def test_without_a_scope(self, app: TestApp, issuer: Issuer):
        value = issuer.honest().jwt(drop=("scope",))
        assert get(app, value).status_int == 403

    @pytest.mark.parametrize(
        "changes",
        [
            {"scope": 1},
            {"scope": ["read"]},
            {"scope": 'a"b'},
            {"acr": 1},
            {"amr": "pwd"},
            {"amr": [1]},
            {"client_id": "c" * 600},
            {"cnf": {"jkt": "x"}},
            {"cnf": None},
        ],
    )
    def test_a_claim_that_cannot_be_used(self, app: TestApp, issuer: Issuer, changes: Any):
        assert get(app, issuer.token(**changes)).status_int == 401

    @pytest.mark.parametrize("name", [*FORGERIES, *BY_CLAIMS])
    def test_a_forged_one(self, app: TestApp, issuer: Issuer, name: str):
        value = {**FORGERIES, **BY_CLAIMS}[name](issuer.honest())
        if not value.isascii() or not value.isprintable() or value != value.strip():
            pytest.skip("no header can have it")
        assert get(app, value).status_int in (400, 401)

    def test_every_refusal_is_the_same_outside(self, app: TestApp, issuer: Issuer):
        said = {
            get(app, value).text
            for value in (
                issuer.honest().jwt(key=OTHER_KEY),
                issuer.token(exp=1),
                issuer.token(aud="https://other.example"),
                issuer.token(iss="https://other.example"),
            )
        }
        assert len(said) == 1

    def test_the_reason_is_in_the_log(self, app: TestApp, issuer: Issuer, caplog):
        with caplog.at_level(logging.INFO):
            get(app, issuer.token(aud="https://other.example"))
        assert (
            "A JWT is refused: it is for another API (aud: https://other.example, "
            "resource: https://api.example.com; decided by oauth2.resource)"
        ) in caplog.text

    @pytest.mark.parametrize("value", ["oat_opaque", new_client_secret(lambda n: b"\0" * n)])
    def test_an_opaque_one_is_refused(self, app: TestApp, value: str):
        assert get(app, value).status_int == 401


class TestAudience:
    def test_several(self, app: TestApp, issuer: Issuer):
        assert get(app, issuer.token(aud=["https://other.example", API])).status_int == 200

    def test_of_the_setting(self, build: Build, issuer: Issuer):
        app = build(resource="https://named.example/api")
        assert get(app, issuer.token(aud="https://named.example/api")).status_int == 200
        assert get(app, issuer.token()).status_int == 401

    def test_of_the_resource_paths(self, build: Build, issuer: Issuer):
        app = build(resource_paths="/read")
        assert get(app, issuer.token(aud=f"{API}/read")).status_int == 200
        assert get(app, issuer.token()).status_int == 401


class TestKeys:
    def test_a_new_key_is_fetched(self, app: TestApp, issuer: Issuer):
        keys = service_of(app.app.registry).validation.keys
        assert get(app, issuer.token()).status_int == 200
        issuer.keys["keys"].append({**public(OTHER_KEY), "kid": "two"})
        honest = issuer.honest()
        new = Honest({**honest.header, "kid": "two"}, honest.claims, OTHER_KEY, honest.now).jwt()
        assert get(app, new).status_int == 401, "at most once a minute"
        keys._tried_at -= 60
        assert get(app, new).status_int == 200

    def test_a_key_that_is_revoked(self, app: TestApp, issuer: Issuer):
        validation = service_of(app.app.registry).validation
        assert get(app, issuer.token()).status_int == 200
        issuer.keys["keys"] = [{**public(OTHER_KEY), "kid": "two"}]
        validation.keys._known = None
        validation.keys._tried_at -= 60
        assert get(app, issuer.token()).status_int == 401

    @pytest.mark.parametrize("status", [404, 500, 302])
    def test_without_keys_nothing_is_accepted(self, app: TestApp, issuer: Issuer, status: int):
        issuer.status = status
        answer = get(app, issuer.token())
        assert answer.status_int == 503
        assert "Retry-After" in answer.headers

    @pytest.mark.parametrize(
        "metadata",
        [
            {},
            [],
            {"issuer": "https://evil.example", "jwks_uri": "http://127.0.0.1/keys"},
            {"issuer": "URL"},
            {"issuer": "URL", "jwks_uri": None},
            {"issuer": "URL", "jwks_uri": "http://evil.example/keys"},
            {"issuer": "URL", "jwks_uri": "file:///etc/passwd"},
            {"issuer": "URL", "jwks_uri": ["URL/keys"]},
        ],
    )
    def test_metadata_that_cannot_be_used(self, app: TestApp, issuer: Issuer, metadata: Any):
        issuer.metadata = json.loads(json.dumps(metadata).replace("URL", issuer.url))
        assert get(app, issuer.token()).status_int == 503

    def test_the_place_of_the_keys_can_be_set(self, build: Build, issuer: Issuer):
        issuer.metadata = {}
        app = build(jwks_uri=f"{issuer.url}/keys")
        assert get(app, issuer.token()).status_int == 200
        assert issuer.requests == ["/keys"]


class TestBesideACookie:
    @pytest.mark.parametrize("path", ["/whoami", "/edit"])
    def test_one_of_the_issuer_is_not_the_cookies_user(
        self, app: TestApp, issuer: Issuer, path: str
    ):
        app.post("/login", {"user": "alice"})
        assert app.get("/whoami").text == "alice"
        for value in (issuer.token(), issuer.token(exp=1)):
            assert "alice" not in get(app, value, path).text

    def test_a_foreign_one_is_the_applications_business(self, app: TestApp, issuer: Issuer):
        app.post("/login", {"user": "alice"})
        assert get(app, issuer.token(iss="https://other.example"), "/whoami").text == "alice"


class TestSettings:
    def test_what_introspection_needs_is_not_needed(self, build: Build):
        assert build()

    def test_introspection_says_what_is_missing(self, build: Build):
        with pytest.raises(Exception, match=r"oauth2\.introspection\.url is missing"):
            build(validation="introspection")

    def test_another_word(self, build: Build):
        with pytest.raises(Exception, match="write introspection or local"):
            build(validation="remote")

    def test_what_has_no_effect(self, build: Build, issuer: Issuer, caplog):
        build(introspection__url=f"{issuer.url}/introspect")
        assert (
            "oauth2.introspection.url has no effect with oauth2.validation = local" in caplog.text
        )
