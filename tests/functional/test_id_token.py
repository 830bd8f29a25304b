"""ID tokens of the code flow (OpenID Connect Core sections 2, 3.1.3 and 12.2)."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pyramid_oauth2 import Authentication, InvalidClientMetadata
from pyramid_oauth2.jose.objects import encoded
from pyramid_oauth2.openid.id_token import left_half
from pyramid_oauth2.protocol.token.presentation import bearer as presented
from tests.jose import judges

from . import openid_provider
from .flow import Flow, answer_in
from .openid_provider import (
    ISSUER,
    PROVIDER,
    SIGNED_IN_AT,
    Users,
    claims_of,
    give_scopes,
    parts,
    provider,
)
from .server import Clock, bearer

StartFlow = Callable[..., Flow]
ALGORITHMS = ("RS256", "ES256", "PS256", "Ed25519", "EdDSA")


@pytest.fixture
def flow(start_flow: StartFlow) -> Flow:
    return give_scopes(start_flow(provider, **PROVIDER))


def test_a_code_gives_one(flow: Flow):
    """Core section 2: who signed in where, when and how, and for whom that is said."""
    issued = flow.tokens(scope="openid read", nonce="n-0S6_WzA2Mj")
    header, _ = parts(issued["id_token"])
    keys = {key["kid"]: key for key in flow.server.get("/oauth2/jwks").json["keys"]}
    assert header == {"alg": "RS256", "typ": "JWT", "kid": header["kid"]}
    assert keys[header["kid"]]["alg"] == "RS256"
    claims = claims_of(flow, issued["id_token"])
    half = hashlib.sha256(issued["access_token"].encode()).digest()[:16]
    assert claims == {
        "iss": ISSUER,
        "sub": "bob",
        "aud": "web",
        "iat": claims["iat"],
        "exp": claims["iat"] + 3600,
        "auth_time": SIGNED_IN_AT,
        "acr": "gold",
        "amr": ["pwd", "otp"],
        "nonce": "n-0S6_WzA2Mj",
        "at_hash": encoded(half),
        "sid": claims["sid"],
    }


def test_its_times_are_whole_numbers_and_never_in_the_future(flow: Flow):
    """No leeway in jose with maxTokenAge, PyJWT, python-social-auth; a fraction breaks joserfc."""
    claims = claims_of(flow, flow.tokens(scope="openid")["id_token"])
    assert claims["iat"] <= time.time()
    assert all(isinstance(claims[name], int) for name in ("iat", "exp", "auth_time"))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_other_libraries_accept_it(flow: Flow, algorithm: str):
    give_scopes(flow, id_token_signed_response_alg=algorithm)
    issued = flow.tokens(scope="openid")
    token, jwks = issued["id_token"], flow.server.get("/oauth2/jwks").json
    header, claims = parts(token)
    assert header["alg"] == algorithm
    options = {"issuer": ISSUER, "audience": "web", "typ": "JWT", "maxTokenAge": "1 minute"}
    assert judges.by_node(token, jwks, algorithms=[algorithm], **options) == claims
    if algorithm in judges.BY_PYJWT:
        assert judges.by_pyjwt(token, jwks, "web") == claims
        assert judges.by_jwcrypto(token, jwks, algorithm) == claims
    # Core section 3.1.3.6: the hash is that of the algorithm; SHA-512 is that of Ed25519.
    made = hashlib.sha512 if algorithm.startswith("Ed") else hashlib.sha256
    digest = made(issued["access_token"].encode()).digest()
    assert claims["at_hash"] == encoded(digest[: len(digest) // 2])


def test_of_an_unknown_algorithm_no_hash_is_guessed():
    with pytest.raises(KeyError):
        left_half("oat_x", "ES999")


@pytest.mark.parametrize("algorithm", ["none", "HS256", "ES512", ""])
def test_no_other_algorithm_can_be_registered(flow: Flow, algorithm: str):
    with pytest.raises(InvalidClientMetadata, match="id_token_signed_response_alg"):
        give_scopes(flow, id_token_signed_response_alg=algorithm)


def test_the_key_set_has_the_key_before_it_signs(flow: Flow):
    """A client that caches the set must know the key of the first ID token."""
    (before,) = flow.server.get("/oauth2/jwks").json["keys"]
    header, _ = parts(flow.tokens(scope="openid")["id_token"])
    assert (before["alg"], before["kid"]) == ("RS256", header["kid"])


def test_a_refresh_gives_one_without_the_nonce(flow: Flow):
    """Core section 12.2: the same iss, sub, aud and auth_time, and a new iat."""
    clock = Clock(flow.server)
    first = flow.tokens(scope="openid", nonce="n")
    clock.now += 10
    second = flow.refresh(first["refresh_token"]).json
    _, before = parts(first["id_token"])
    _, after = parts(second["id_token"])
    same = ("iss", "sub", "aud", "auth_time", "acr", "amr")
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    assert "nonce" not in after
    assert after["iat"] == before["iat"] + 10
    assert after["at_hash"] != before["at_hash"]


def test_a_repeated_refresh_gives_the_same_bytes(flow: Flow):
    """It is sealed with the response."""
    clock = Clock(flow.server)
    first = flow.tokens(scope="openid")
    second = flow.refresh(first["refresh_token"])
    clock.now += 10
    assert flow.refresh(first["refresh_token"]).body == second.body
    assert parts(second.json["id_token"])[1]["iat"] == clock.now - 10


def test_a_narrowed_refresh_gives_one_too(flow: Flow):
    """The grant is one of OpenID Connect; which scope this access token has does not matter."""
    first = flow.tokens(scope="openid read")
    assert "id_token" in flow.refresh(first["refresh_token"], scope="read").json


@pytest.mark.parametrize("form", [{"scope": "read"}, {"scope": "read email", "nonce": "n"}])
def test_without_the_scope_openid_there_is_none(flow: Flow, form: dict[str, str]):
    first = flow.tokens(**form)
    assert "id_token" not in first
    assert "id_token" not in flow.refresh(first["refresh_token"]).json


def test_a_user_who_unticks_the_scope_sends_none(flow: Flow):
    give_scopes(flow, optional_scope=frozenset({"openid"}))
    page = flow.page(scope="openid read")
    form = dict(page.form.submit_fields("decision", submit_value="allow"))
    form.pop("scope", None)
    answer = flow.browser.post("/oauth2/authorize", form)
    issued = flow.redeem(answer_in(answer.location)["code"]).json
    assert issued["scope"] == "read"
    assert "id_token" not in issued


def test_other_grants_have_none(flow: Flow):
    """Only the code flow is OpenID Connect here."""
    every = ("password", "authorization_code", "refresh_token")
    flow.server.register("pwd", grant_types=("password", "refresh_token"), scope={"openid"})
    form = {"grant_type": "password", "username": "bob", "password": "bob's password"}
    issued = flow.server.post({**form, "scope": "openid"}, flow.server.login("pwd")).json
    assert issued["scope"] == "openid", every
    assert "id_token" not in issued
    form = {"grant_type": "refresh_token", "refresh_token": issued["refresh_token"]}
    assert "id_token" not in flow.server.post(form, flow.server.login("pwd")).json


def test_the_response_type_token_has_none(start_flow: StartFlow):
    """It is no flow of OpenID Connect, and the URL would show who the user is."""
    flow = give_scopes(start_flow(provider, response_types="code token", **PROVIDER))
    give_scopes(
        flow,
        response_types=("code", "token"),
        grant_types=("authorization_code", "refresh_token", "implicit"),
    )
    answer = flow.decide(flow.page(scope="openid", response_type="token", nonce="n"))
    response = answer_in(answer.location, "fragment")
    assert response["scope"] == "openid"
    assert "id_token" not in response


def test_a_view_sees_what_the_grant_keeps(flow: Flow):
    """Not the nonce, which was for the response to the code alone."""
    issued = flow.tokens(scope="openid read", nonce="n")
    token = flow.server.service.resolve(presented(issued["access_token"]))
    assert token.kept == {"openid": True}


def test_the_lifetime_is_a_setting(start_flow: StartFlow):
    flow = give_scopes(start_flow(provider, **PROVIDER, **{"openid.id_token_lifetime": "5m"}))
    _, claims = parts(flow.tokens(scope="openid")["id_token"])
    assert claims["exp"] - claims["iat"] == 300


def test_of_a_session_it_has_the_sid(start_flow: StartFlow):
    """OpenID Connect Back-Channel Logout section 2.1."""

    class WithSessions(Users):
        def authentication(self, request: Any) -> Authentication:
            return Authentication(SIGNED_IN_AT, sid="session-1")

    def configure(config: Any) -> None:
        config.set_oauth2_resource_owners(WithSessions())

    flow = give_scopes(start_flow(configure, **PROVIDER))
    _, claims = parts(flow.tokens(scope="openid")["id_token"])
    assert claims["sid"] == "session-1"
    assert claims.keys().isdisjoint({"acr", "amr"})


class TestClaims:
    """Core section 5.4: the claims of scopes are at the userinfo endpoint."""

    def test_of_scopes_are_not_in_it(self, flow: Flow):
        _, claims = parts(flow.tokens(scope="openid profile email")["id_token"])
        assert claims.keys().isdisjoint(openid_provider.CLAIMS)

    def test_are_in_it_if_a_setting_says_so(self, start_flow: StartFlow):
        changes = {**PROVIDER, "openid.claims_in_id_token": "true"}
        flow = give_scopes(start_flow(provider, **changes))
        _, claims = parts(flow.tokens(scope="openid email")["id_token"])
        assert (claims["email"], claims["email_verified"]) == ("bob@example.org", False)
        assert "name" not in claims

    def test_a_failure_of_the_application_spends_no_code(self, start_flow: StartFlow):
        """503, after which the client may try again."""

        class Failing(Users):
            fails = True

            def claims(self, subject: str, names: Any) -> dict[str, Any]:
                if self.fails:
                    raise RuntimeError("The directory is away.")
                return {"email": "bob@example.org"}

        users = Failing()

        def configure(config: Any) -> None:
            config.set_oauth2_resource_owners(users)

        changes = {**PROVIDER, "openid.claims_in_id_token": "true"}
        flow = give_scopes(start_flow(configure, **changes))
        code = flow.code(scope="openid email")
        assert flow.redeem(code).status_int == 503
        users.fails = False
        assert parts(flow.redeem(code).json["id_token"])[1]["email"] == "bob@example.org"


class TestWhatItIsNot:
    def test_no_view_accepts_it(self, flow: Flow):
        token = flow.tokens(scope="openid read")["id_token"]
        answer = flow.server.get("/read", bearer(token))
        assert answer.status_int == 401

    def test_introspection_says_nothing_of_it(self, flow: Flow):
        token = flow.tokens(scope="openid read")["id_token"]
        answer = flow.exchange(path="/oauth2/introspect", token=token)
        assert answer.json == {"active": False}

    def test_a_replayed_code_ends_what_came_with_it(self, flow: Flow):
        code = flow.code(scope="openid read")
        issued = flow.redeem(code).json
        assert flow.redeem(code).json["error"] == "invalid_grant"
        assert flow.refresh(issued["refresh_token"]).json["error"] == "invalid_grant"


class TestSwitchedOff:
    def test_nothing_of_it_is_there(self, start_flow: StartFlow):
        flow = start_flow(openid="false")
        metadata = flow.server.get("/.well-known/oauth-authorization-server").json
        assert not [name for name in metadata if "id_token" in name or "claim" in name]
        assert flow.server.service.server.known_scopes == {"read", "write"}
        assert "id_token_signed_response_alg" not in flow.server.service.server.client_fields

    def test_a_code_from_before(self, flow: Flow):
        """Its values are not critical: they are ignored, and kept where the record is changed."""
        code = flow.code(scope="openid read", nonce="n")
        factories = flow.server.service.server.factories
        flow.server.change(factories=replace(factories, token_responses={}, request_extensions={}))
        first = flow.redeem(code)
        assert first.status_int == 200
        assert "id_token" not in first.json
        flow.server.change(factories=factories)
        assert "id_token" in flow.refresh(first.json["refresh_token"]).json
