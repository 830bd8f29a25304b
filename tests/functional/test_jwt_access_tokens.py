"""Access tokens as JWTs (RFC 9068), from the token request to the protected view."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from joserfc.jwk import ECKey, import_key
from pyramid.config import Configurator

from pyramid_oauth2 import Authentication, InvalidClientMetadata, get_service
from pyramid_oauth2.events import TokenRefused
from pyramid_oauth2.extensions.jwt_access_tokens.jwt_format import JWTAccessToken
from pyramid_oauth2.jose import compact
from pyramid_oauth2.jose.uses import Use
from pyramid_oauth2.keys.ring import KeyRing
from pyramid_oauth2.protocol.lifetimes import LONGEST_SIGNED
from tests.jose import judges
from tests.jose.forgeries import BY_CLAIMS, FORGERIES, Honest

from . import host
from .flow import SETTINGS, Flow
from .server import Server, bearer

SECRET = "s" * 43
SIGNING = {"oauth2.secret": SECRET}


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    header, payload, _ = token.split(".")
    decoded = [
        base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in (header, payload)
    ]
    return json.loads(decoded[0]), json.loads(decoded[1])


@pytest.fixture
def signing(build: Callable[..., Server]) -> Server:
    """A server with a client whose access tokens are JWTs."""
    return signer(build)


def signer(build: Callable[..., Server], **changes: str) -> Server:
    server = build(host.pages, changes={**SIGNING, **changes})
    server.register("signed", extra={"access_token_format": "jwt"})
    return server


def jwks(server: Server) -> dict[str, Any]:
    return dict(server.get("/oauth2/jwks").json)


class TestContents:
    def test_of_a_client(self, signing: Server):
        """RFC 9068 section 2.2."""
        token = signing.token("read write", client="signed")
        header, claims = parts(token)
        assert header == {"alg": "ES256", "typ": "at+jwt", "kid": jwks(signing)["keys"][0]["kid"]}
        assert claims.keys() == {
            *("iss", "exp", "aud", "sub", "client_id", "iat", "jti", "scope"),
        }
        assert claims["iss"] == claims["aud"] == "http://localhost"
        assert claims["sub"] == claims["client_id"] == "signed"
        assert claims["scope"] == "read write"
        assert claims["exp"] - claims["iat"] == 600
        assert abs(claims["iat"] - time.time()) < 5

    def test_of_a_user(self, signing: Server):
        _, claims = parts(signing.token("read", user="bob", client="signed"))
        assert (claims["sub"], claims["client_id"]) == ("bob", "signed")

    def test_each_has_its_own_jti(self, signing: Server):
        tokens = {parts(signing.token(client="signed"))[1]["jti"] for _ in range(5)}
        assert len(tokens) == 5

    def test_the_audience_is_what_the_resource_paths_have_in_common(self, build):
        server = signer(build, **{"oauth2.resource_paths": "/api/v1 /api/v2"})
        assert parts(server.token(client="signed"))[1]["aud"] == "http://localhost/api"

    def test_a_client_has_its_own_lifetime(self, signing: Server):
        lifetimes = {"access_token": 1200}
        signing.register("long", extra={"access_token_format": "jwt"}, lifetimes=lifetimes)
        _, claims = parts(signing.token(client="long"))
        assert claims["exp"] - claims["iat"] == 1200

    def test_the_shorter_lifetime_counts(self, build):
        server = signer(build, **{"oauth2.access_token_lifetime": "60"})
        _, claims = parts(server.token(client="signed"))
        assert claims["exp"] - claims["iat"] == 60

    def test_none_lives_longer_than_its_key_is_kept(self, build):
        """Also if the other lifetimes are long, and shorter later."""
        long = {"oauth2.access_token_lifetime": "30d", "oauth2.jwt_access_tokens.lifetime": "1d"}
        _, claims = parts(signer(build, **long).token(client="signed"))
        assert claims["exp"] - claims["iat"] == LONGEST_SIGNED
        said = r"oauth2\.jwt_access_tokens\.lifetime = '25h': choose a day at most"
        with pytest.raises(Exception, match=said):
            signer(build, **{**long, "oauth2.jwt_access_tokens.lifetime": "25h"})

    def test_other_clients_get_opaque_tokens(self, signing: Server):
        assert signing.token().startswith("oat_")

    @pytest.mark.parametrize("algorithm", ["ES256", "PS256", "RS256", "Ed25519", "EdDSA"])
    def test_other_libraries_accept_it(self, build, algorithm: str):
        server = signer(build, **{"oauth2.jwt_access_tokens.algorithm": algorithm})
        token, keys = server.token(client="signed"), jwks(server)
        _, claims = parts(token)
        options = {"issuer": "http://localhost", "audience": "http://localhost", "typ": "at+jwt"}
        assert judges.by_node(token, keys, algorithms=[algorithm], **options) == claims
        if algorithm in judges.BY_PYJWT:
            assert judges.by_pyjwt(token, keys, "http://localhost") == claims
            assert judges.by_jwcrypto(token, keys, algorithm) == claims


class TestAtViews:
    def test_it_opens_a_view(self, signing: Server):
        token = signing.token("read", user="bob", client="signed")
        answer = signing.get("/read", bearer(token))
        assert (answer.status_int, answer.text) == (200, "bob")

    def test_a_client_is_no_user(self, signing: Server):
        """RFC 9068 section 5: the subject of such a token is not a user."""
        signing.register("bob", extra={"access_token_format": "jwt"})
        token = signing.token("read", client="bob")
        assert parts(token)[1]["sub"] == "bob"
        assert signing.get("/read", bearer(token)).text != "bob"

    def test_a_scope_that_is_missing(self, signing: Server):
        answer = signing.get("/write", bearer(signing.token("read", client="signed")))
        assert (answer.status_int, answer.json["error"]) == (403, "insufficient_scope")

    def test_it_ends_when_it_is_revoked(self, signing: Server):
        token = signing.token("read", user="bob", client="signed")
        signing.post({"token": token}, signing.login("signed"), path="/oauth2/revoke")
        assert signing.get("/read", bearer(token)).json["error"] == "invalid_token"

    def test_it_ends_with_its_grant(self, signing: Server):
        token = signing.token("read", user="bob", client="signed")
        signing.service.users.revoke("bob")
        assert signing.get("/read", bearer(token)).status_int == 401

    def test_it_ends_with_its_client(self, signing: Server):
        token = signing.token("read", user="bob", client="signed")
        signing.service.clients.disable("signed")
        assert signing.get("/read", bearer(token)).status_int == 401

    def test_it_ends_with_its_key(self, signing: Server):
        ring = signing.service.server.signer
        assert isinstance(ring, KeyRing)
        token = signing.token("read", user="bob", client="signed")
        ring.rotation.revoke(parts(token)[0]["kid"], time.time())
        ring._read = None  # what thirty seconds do
        assert signing.get("/read", bearer(token)).json["error"] == "invalid_token"
        form, login = {"token": token}, signing.login("signed")
        assert signing.post(form, login, path="/oauth2/introspect").json == {"active": False}
        new = signing.token("read", user="bob", client="signed")
        assert signing.get("/read", bearer(new)).status_int == 200

    def test_without_the_secret_it_is_valid_all_the_same(self, signing: Server):
        """The record says whether it is valid; no signature is needed for that."""
        token = signing.token("read", user="bob", client="signed")
        factories = signing.service.server.factories
        signing.change(factories=replace(factories, signer=None))
        assert signing.get("/read", bearer(token)).status_int == 200
        answer = signing.post({"grant_type": "client_credentials"}, signing.login("signed"))
        assert answer.status_int == 503

    @pytest.mark.parametrize("name", [*FORGERIES, *BY_CLAIMS])
    def test_a_forged_one_is_refused(self, forging: tuple[Server, Honest], name: str):
        server, honest = forging
        value = {**FORGERIES, **BY_CLAIMS}[name](honest)
        if not value.isascii() or not value.isprintable():
            pytest.skip("no header can have it")
        answer = server.get("/read", bearer(value))
        assert answer.status_int in (400, 401), answer.text
        assert "error" in answer.headers["WWW-Authenticate"]


@pytest.fixture
def forging(signing: Server) -> tuple[Server, Honest]:
    """A server, and a token of it with the key that signed it."""
    token = signing.token("read", user="bob", client="signed")
    header, claims = parts(token)
    ring = signing.service.server.signer
    private = ring._opened[header["kid"]].exported()
    return signing, Honest(header, claims, import_key(json.loads(private)), int(time.time()))


class TestBesideACookie:
    """A JWT of this server is never taken for the cookie's user."""

    @pytest.fixture
    def browser(self, signing: Server) -> Any:
        browser = signing.fresh_browser()
        browser.post("/login", {"user": "bob"})
        assert browser.get("/whoami").text == "bob"
        return browser

    @pytest.mark.parametrize("path", ["/whoami", "/edit", "/view", "/both"])
    def test_an_invalid_one_is_not_his(self, signing: Server, browser: Any, path: str):
        token = signing.token("read", user="alice", client="signed")
        signing.post({"token": token}, signing.login("signed"), path="/oauth2/revoke")
        answer = browser.get(path, headers=bearer(token), status="*")
        assert "bob" not in answer.text

    @pytest.mark.parametrize("path", ["/whoami", "/edit", "/view", "/both"])
    def test_a_valid_one_is_its_users(self, signing: Server, browser: Any, path: str):
        token = signing.token("read", user="alice", client="signed")
        answer = browser.get(path, headers=bearer(token), status="*")
        assert "bob" not in answer.text

    @pytest.mark.parametrize("path", ["/whoami", "/edit"])
    def test_a_foreign_jwt_is_the_applications_own_business(
        self, signing: Server, browser: Any, path: str
    ):
        """It may be meant for the policy of the application."""
        header, claims = parts(signing.token("read", client="signed"))
        claims["iss"] = "https://another.example"
        foreign = Honest(header, claims, ECKey.generate_key("P-256"), 0).jwt()
        assert browser.get(path, headers=bearer(foreign)).text == "bob"


class TestFlows:
    def test_refresh_leaves_the_authentication_as_it_was(self, build, store):
        """RFC 9068 section 2.2.1."""

        class Owners(host.Users):
            def authentication(self, request: Any) -> Authentication:
                return Authentication(1_700_000_000, "gold", ("pwd", "otp"), "session")

        def configure(config: Configurator) -> None:
            config.set_oauth2_resource_owners(Owners())

        server = build(host.pages, configure, changes={**SETTINGS, **SIGNING})
        server.register(
            "web",
            redirect_uris=("https://client.example/back",),
            grant_types=("authorization_code", "refresh_token"),
            extra={"access_token_format": "jwt"},
        )
        flow = Flow(server, "web").log_in()
        first = flow.tokens()
        again = flow.refresh(first["refresh_token"]).json
        for response in (first, again):
            _, claims = parts(response["access_token"])
            said = {name: claims[name] for name in ("auth_time", "acr", "amr")}
            assert said == {"auth_time": 1_700_000_000, "acr": "gold", "amr": ["pwd", "otp"]}
            assert "sid" not in claims

    def test_a_grant_outlives_a_key_that_is_revoked(self, build: Callable[..., Server]):
        """The refresh token has no key: no user has to sign in again."""
        grant_types = "password refresh_token client_credentials"
        server = signer(build, **{"oauth2.grant_types": grant_types})
        server.register(
            "app",
            grant_types=("password", "refresh_token"),
            extra={"access_token_format": "jwt"},
        )
        form = {"grant_type": "password", "username": "bob", "password": "bob's password"}
        first = server.post(form, server.login("app")).json
        ring = server.service.server.signer
        ring.rotation.revoke(parts(first["access_token"])[0]["kid"], time.time())
        ring._read = None  # what thirty seconds do
        assert server.get("/read", bearer(first["access_token"])).status_int == 401
        form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
        second = server.post({**form, "scope": "read"}, server.login("app")).json
        assert server.get("/read", bearer(second["access_token"])).text == "bob"


class TestIntrospection:
    def test_it_says_what_the_token_says(self, signing: Server):
        signing.register("api", resource_server=True, grant_types=())
        token = signing.token("read", user="bob", client="signed")
        answer = signing.post({"token": token}, signing.login("api"), path="/oauth2/introspect")
        _, claims = parts(token)
        members = answer.json
        assert members["active"] is True
        for name in ("iss", "sub", "client_id", "scope", "exp", "iat"):
            assert members[name] == claims[name]

    def test_a_forged_one_is_inactive(self, forging: tuple[Server, Honest]):
        server, honest = forging
        server.register("api", resource_server=True, grant_types=())
        for name, make in {**FORGERIES, **BY_CLAIMS}.items():
            if value := make(honest):
                form = {"token": value}
                answer = server.post(form, server.login("api"), path="/oauth2/introspect")
                assert answer.status_int in (200, 400, 413), name
                assert answer.status_int != 200 or answer.json == {"active": False}, name


class TestRevocation:
    def test_a_forged_one_revokes_nothing(self, forging: tuple[Server, Honest]):
        server, honest = forging
        before = server.records()
        for name, make in {**FORGERIES, **BY_CLAIMS}.items():
            if value := make(honest):
                form = {"token": value}
                answer = server.post(form, server.login("signed"), path="/oauth2/revoke")
                assert answer.status_int in (200, 400, 413), name
        assert server.records() == before


class TestParsing:
    """What a request needs of the string is read once: parsing it costs more than a view."""

    @pytest.fixture
    def parsed(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        parsed, parse = list[str](), compact.parse

        def counted(value: str, use: Use) -> compact.CompactJWT:
            parsed.append(value)
            return parse(value, use)

        monkeypatch.setattr(compact, "parse", counted)
        return parsed

    def test_at_a_view(self, signing: Server, parsed: list[str]):
        token = signing.token("read", user="bob", client="signed")
        assert signing.get("/read", bearer(token)).text == "bob"
        assert parsed == [token]

    @pytest.mark.parametrize("path", ["/oauth2/introspect", "/oauth2/revoke"])
    def test_at_an_endpoint(self, signing: Server, parsed: list[str], path: str):
        token = signing.token("read", user="bob", client="signed")
        assert signing.post({"token": token}, signing.login("signed"), path=path).status_int == 200
        assert parsed == [token]


def test_an_opaque_token_costs_nothing_more(signing: Server, monkeypatch: pytest.MonkeyPatch):
    """It is recognised before the format of JWTs is asked."""
    token = signing.token("read", user="bob")
    monkeypatch.setattr(JWTAccessToken, "recognise", None)
    assert signing.get("/read", bearer(token)).text == "bob"


class TestRegistration:
    def test_without_a_secret_it_is_refused(self, server: Server):
        with pytest.raises(InvalidClientMetadata) as error:
            server.register("signed", extra={"access_token_format": "jwt"})
        assert "poauth2 secret" in str(error.value)

    def test_a_lifetime_that_is_longer_than_keys_are_published_is_refused(self, signing: Server):
        service, signed = get_service(signing.app.registry), {"access_token_format": "jwt"}
        signing.register("day", extra=signed, lifetimes={"access_token": 86_400})
        with pytest.raises(InvalidClientMetadata) as error:
            signing.register("longer", extra=signed, lifetimes={"access_token": 86_401})
        assert "lives for a day at most" in str(error.value)
        signing.register("opaque", lifetimes={"access_token": 86_401})
        with pytest.raises(InvalidClientMetadata):
            service.clients.edit("opaque", extra=signed)
        with pytest.raises(InvalidClientMetadata):
            service.clients.edit("day", lifetimes={"access_token": 86_401})
        signer = service.server.signer
        assert isinstance(signer, KeyRing)
        assert signer.rotation.schedule.lifetime == 86_400

    def test_a_format_that_is_none(self, signing: Server):
        with pytest.raises(InvalidClientMetadata):
            signing.register("other", extra={"access_token_format": "saml"})

    def test_a_token_that_is_too_long_is_refused(self, build):
        """Servers limit the length of a header."""
        names = [f"scope-{number:04}-{'x' * 30}" for number in range(120)]
        scopes = "\n".join(f"{name} = A scope" for name in names)
        server = build(changes={**SIGNING, "oauth2.scopes": scopes})
        server.register("signed", scope=frozenset(names), extra={"access_token_format": "jwt"})
        heard: list[TokenRefused] = []
        server.hear(heard.append, TokenRefused)
        form = {"grant_type": "client_credentials", "scope": " ".join(names)}
        refused = server.post(form, server.login("signed"))
        assert (refused.status_int, refused.json["error"]) == (400, "invalid_scope")
        assert "request fewer scopes" in refused.json["error_description"]
        assert [event.refusal.check for event in heard] == ["jwt_access_token_length"]
        assert server.post({**form, "scope": names[0]}, server.login("signed")).status_int == 200
