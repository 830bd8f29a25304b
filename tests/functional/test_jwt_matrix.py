"""Every kind of JWT that the server signs, at every place that takes one (RFC 8725 section 2.8).

One that was made for one use is refused for every other. A new kind, or a new place, is one more
line of a table here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from pyramid_oauth2.jose.compact import access_token_of
from pyramid_oauth2.jose.public_keys import KeySet
from pyramid_oauth2.jose.refused import JWTRefused
from pyramid_oauth2.jose.signing import sign
from pyramid_oauth2.jose.uses import ACCESS_TOKEN
from pyramid_oauth2.jose.verification import verify
from pyramid_oauth2.openid.hint import read_hint
from pyramid_oauth2.openid.logout_token import logout_token

from .flow import BACK, VERIFIER, Flow, answer_in
from .openid_provider import ISSUER, PROVIDER, give_scopes, provider
from .server import bearer
from .test_userinfo import ask

StartFlow = Callable[..., Flow]


@pytest.fixture
def flow(start_flow: StartFlow) -> Flow:
    """A client for which everything is signed that can be."""
    return give_scopes(
        start_flow(provider, **PROVIDER),
        access_token_format="jwt",
        userinfo_signed_response_alg="RS256",
        introspection_signed_response_alg="RS256",
    )


def tokens(flow: Flow) -> Any:
    return flow.tokens(scope="openid read offline_access")


def introspection_response(flow: Flow) -> str:
    token = tokens(flow)["access_token"]
    return str(flow.exchange(path="/oauth2/introspect", token=token).text)


def logout_token_of(flow: Flow) -> str:
    """OpenID Connect Back-Channel Logout section 2.4."""
    server = flow.server.service.server
    client = server.client("web")
    assert client is not None
    return logout_token(server, client, "bob", "a session")


def foreign(flow: Flow) -> str:
    """An ID token of another issuer, signed by our key."""
    server = flow.server.service.server
    now = server.clock()
    claims = {
        "iss": "https://other.example",
        "sub": "bob",
        "aud": "web",
        "iat": now,
        "exp": now + 9,
    }
    return sign(server, "JWT", claims, "RS256")


KINDS: Mapping[str, Callable[[Flow], str]] = {
    "access token": lambda flow: str(tokens(flow)["access_token"]),
    "ID token": lambda flow: str(tokens(flow)["id_token"]),
    "userinfo response": lambda flow: str(ask(flow, tokens(flow)["access_token"]).text),
    "introspection response": introspection_response,
    "logout token": logout_token_of,
    "foreign ID token": foreign,
}


def at_a_view(flow: Flow, value: str) -> bool:
    return bool(flow.server.get("/read", bearer(value)).status_int == 200)


def beside_a_cookie(flow: Flow, value: str) -> bool:
    """At a view that takes both: a JWT that is refused is not the cookie's user."""
    answer = flow.browser.get("/read", headers=bearer(value), status="*")
    assert answer.status_int in (200, 401)
    return bool(answer.status_int == 200)


def at_userinfo(flow: Flow, value: str) -> bool:
    return bool(ask(flow, value).status_int == 200)


def in_introspection(flow: Flow, value: str) -> bool:
    give_scopes(flow, introspection_signed_response_alg="")
    return bool(flow.exchange(path="/oauth2/introspect", token=value).json["active"])


def in_revocation(flow: Flow, value: str) -> bool:
    before = flow.server.records()
    assert flow.exchange(path="/oauth2/revoke", token=value).status_int == 200
    return flow.server.records() != before


def as_a_code(flow: Flow, value: str) -> bool:
    form = {"code": value, "redirect_uri": BACK, "code_verifier": VERIFIER}
    return bool(flow.exchange(grant_type="authorization_code", **form).status_int == 200)


def as_a_refresh_token(flow: Flow, value: str) -> bool:
    return bool(flow.refresh(value).status_int == 200)


def as_a_hint(flow: Flow, value: str) -> bool:
    """RP-Initiated Logout section 2."""
    server = flow.server.service.server
    try:
        return read_hint(server, value, server.client("web")).sub == "bob"
    except JWTRefused:
        return False


def as_a_hint_to_the_user(flow: Flow, value: str) -> bool:
    """OpenID Connect Core section 3.1.2.1."""
    answer = flow.ask(scope="openid", id_token_hint=value, prompt="none")
    return answer_in(answer.location).get("error") != "invalid_request"


def at_an_api_elsewhere(flow: Flow, value: str) -> bool:
    """One that validates locally, by the published keys (RFC 9068 section 4)."""
    jwks = KeySet.of(flow.server.get("/oauth2/jwks").json["keys"])
    server = flow.server.service.server
    if access_token_of(ISSUER, value) is None:
        return False
    try:
        verify(
            value, ACCESS_TOKEN, lambda jwt: jwks.fitting(jwt.kid, jwt.algorithm), server.clock()
        )
    except JWTRefused:
        return False
    return True


PLACES: Mapping[str, Callable[[Flow, str], bool]] = {
    "a view": at_a_view,
    "a view beside a cookie": beside_a_cookie,
    "userinfo": at_userinfo,
    "introspection": in_introspection,
    "revocation": in_revocation,
    "code": as_a_code,
    "refresh_token": as_a_refresh_token,
    "id_token_hint at the authorization endpoint": as_a_hint_to_the_user,
    "id_token_hint at the end session endpoint": as_a_hint,
    "an API elsewhere": at_an_api_elsewhere,
}

ACCEPTED = {
    *(
        ("access token", place)
        for place in (
            *("a view", "a view beside a cookie", "userinfo"),
            *("introspection", "revocation", "an API elsewhere"),
        )
    ),
    ("ID token", "id_token_hint at the authorization endpoint"),
    ("ID token", "id_token_hint at the end session endpoint"),
}
"""Which kind is accepted where; everywhere else it is refused."""


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", KINDS)
def test_it_is_accepted_where_it_is_meant_for_alone(flow: Flow, kind: str, place: str):
    value = KINDS[kind](flow)
    assert value.count(".") == 2
    assert PLACES[place](flow, value) is ((kind, place) in ACCEPTED)


def test_each_kind_is_accepted_somewhere_or_is_for_others():
    """No line of the table is without an effect."""
    for_clients = {"userinfo response", "introspection response", "logout token"}
    assert {kind for kind, _ in ACCEPTED} == KINDS.keys() - for_clients - {"foreign ID token"}
    assert {place for _, place in ACCEPTED} == PLACES.keys() - {"code", "refresh_token"}
