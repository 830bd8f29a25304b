"""What the OpenID Foundation's test plans *config*, *basic* and *form_post basic* try.

One test for each module of the plans, by its name, written from the section of the specification
that it is about. Each is run by a client with PKCE and by one without, with the response in the
URL and by a form.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from .flow import BACK, VERIFIER, Flow
from .openid_provider import CLAIMS, ISSUER, PROVIDER
from .relying_party import USERINFO, RelyingParty, Users

StartFlow = Callable[..., Flow]
PROFILE = {"name", "given_name", "family_name", "preferred_username", "updated_at"}
EMAIL = {"email", "email_verified"}
PHONE = {"phone_number", "phone_number_verified"}


@pytest.fixture
def storage() -> dict[str, str]:
    """Nothing here depends on the store."""
    return {"oauth2.backend": "memory"}


@pytest.fixture(params=["with PKCE", "without PKCE"])
def pkce(request: pytest.FixtureRequest) -> bool:
    return request.param == "with PKCE"


@pytest.fixture(params=["query", "form_post"])
def party(start_flow: StartFlow, request: pytest.FixtureRequest, pkce: bool) -> RelyingParty:
    """A client of the plan; its user has not signed in."""
    return RelyingParty.of_plan(start_flow, request.param, pkce)


def test_oidcc_discovery_endpoint_verification(start_flow: StartFlow):
    """Discovery section 3, RFC 8414 section 2."""
    flow = start_flow(lambda config: config.set_oauth2_resource_owners(Users()), **PROVIDER)
    answer = flow.server.get("/.well-known/openid-configuration")
    assert (answer.status_int, answer.content_type) == (200, "application/json")
    members = answer.json
    assert members["issuer"] == ISSUER
    endpoints = [name for name in members if name.endswith("_endpoint") or name == "jwks_uri"]
    assert {"authorization_endpoint", "token_endpoint", "userinfo_endpoint"} <= set(endpoints)
    assert "jwks_uri" in endpoints
    for name in endpoints:
        url = urlsplit(members[name])
        assert members[name].startswith(f"{ISSUER}/")
        assert not url.fragment
    assert "code" in members["response_types_supported"]
    assert {"query", "form_post"} <= set(members["response_modes_supported"])
    assert {"authorization_code", "refresh_token"} <= set(members["grant_types_supported"])
    assert "openid" in members["scopes_supported"]
    assert "RS256" in members["id_token_signing_alg_values_supported"]
    assert members["subject_types_supported"] == ["public"]
    assert {"client_secret_basic", "client_secret_post"} <= set(
        members["token_endpoint_auth_methods_supported"]
    )
    assert members["request_uri_parameter_supported"] is False
    for name in ("claims_supported", "claim_types_supported", "code_challenge_methods_supported"):
        assert members[name]
        assert all(isinstance(each, str) for each in members[name])
    keys = flow.server.get("/oauth2/jwks").json["keys"]
    assert len({key["kid"] for key in keys}) == len(keys)
    assert all(key["use"] == "sig" and not {"d", "p", "q", "k"} & set(key) for key in keys)


def test_oidcc_server(party: RelyingParty):
    """Core section 3.1: the code flow."""
    tokens = party.tokens(scope="openid profile")
    claims = party.claims(tokens)
    assert claims["auth_time"] == party.users.at
    assert party.logins == 1
    assert party.userinfo(tokens).json["sub"] == claims["sub"]


def test_oidcc_response_type_missing(party: RelyingParty):
    """Core section 3.1.2.6."""
    assert party.authorize(response_type=None)["error"] in (
        "invalid_request",
        "unsupported_response_type",
    )


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_oidcc_userinfo_get_and_post_header(party: RelyingParty, method: str):
    """Core section 5.3.1."""
    tokens = party.tokens()
    answer = party.userinfo(tokens, method)
    assert (answer.status_int, answer.content_type) == (200, "application/json")
    assert answer.json["sub"] == party.claims(tokens)["sub"]


def test_oidcc_userinfo_post_body(party: RelyingParty):
    """RFC 6750 section 2.2: it "SHOULD NOT be used"; the plan only warns if it is refused."""
    form = {"access_token": party.tokens()["access_token"]}
    answer = party.flow.browser.post(USERINFO, form, status="*")
    assert (answer.status_int, answer.json["error"]) == (400, "invalid_request")


def test_oidcc_ensure_request_without_nonce_succeeds_for_code_flow(party: RelyingParty):
    """Core section 3.1.2.1: "Use of the nonce Claim is OPTIONAL"."""
    party.claims(party.tokens(nonce=None), nonce=None)


@pytest.mark.parametrize(
    ("scope", "names"),
    [
        pytest.param("openid profile", PROFILE, id="oidcc-scope-profile"),
        pytest.param("openid email", EMAIL, id="oidcc-scope-email"),
        pytest.param("openid address", {"address"}, id="oidcc-scope-address"),
        pytest.param("openid phone", PHONE, id="oidcc-scope-phone"),
        pytest.param(
            "openid profile email address phone",
            {*PROFILE, *EMAIL, *PHONE, "address"},
            id="oidcc-scope-all",
        ),
        pytest.param("email openid profile", {*PROFILE, *EMAIL}, id="other order"),
    ],
)
def test_oidcc_scope(party: RelyingParty, scope: str, names: set[str]):
    """Core section 5.4: the claims of the scopes, and no other, with the types of section 5.1."""
    tokens = party.tokens(scope=scope)
    # With an access token they are at the userinfo endpoint.
    assert not names & set(party.claims(tokens))
    found = party.userinfo(tokens).json
    assert set(found) == names | {"sub"}
    assert {name: found[name] for name in names - {"address"}} == {
        name: CLAIMS[name] for name in names - {"address"}
    }


def test_oidcc_alternate_happy_flow(party: RelyingParty):
    """RFC 6749 section 3.1.2: a redirect URI may have a query, which is kept."""
    party.redirect_uri = f"{BACK}?dummy1=lorem&dummy2=ipsum"
    party.flow.edit(redirect_uris=(BACK, party.redirect_uri))
    response = party.authorize(scope="profile openid")
    if party.mode is None:
        assert (response["dummy1"], response["dummy2"]) == ("lorem", "ipsum")
    answer = party.redeem(response["code"])
    party.claims(answer.json)


@pytest.mark.parametrize("display", ["page", "popup"])
def test_oidcc_display(party: RelyingParty, display: str):
    """Core section 3.1.2.1."""
    party.claims(party.tokens(display=display))


@pytest.mark.parametrize(
    "parameter",
    [
        pytest.param({"extra": "foobar"}, id="oidcc-ensure-request-with-unknown-parameter"),
        pytest.param({"login_hint": "bob@example.org"}, id="oidcc-login-hint"),
        pytest.param({"ui_locales": "se"}, id="oidcc-ui-locales"),
        pytest.param({"claims_locales": "se"}, id="oidcc-claims-locales"),
        pytest.param({"acr_values": "1 2"}, id="oidcc-ensure-request-with-acr-values"),
    ],
)
def test_what_a_server_may_ignore_succeeds(party: RelyingParty, parameter: dict[str, str]):
    """Core sections 3.1.2.1, 5.2 and 15.1: these "MUST NOT" cause an error."""
    claims = party.claims(party.tokens(**parameter))
    assert claims["sub"] == "bob"


@pytest.mark.parametrize(
    "seconds",
    [
        pytest.param(0, id="oidcc-codereuse"),
        pytest.param(30, id="oidcc-codereuse-30seconds"),
    ],
)
def test_oidcc_codereuse(party: RelyingParty, seconds: int):
    """RFC 6749 section 4.1.2: it is refused, and the tokens that came of it are revoked."""
    code = party.authorize()["code"]
    tokens = party.redeem(code).json
    assert party.userinfo(tokens).status_int == 200
    party.clock.now += seconds
    again = party.redeem(code)
    assert (again.status_int, again.json["error"]) == (400, "invalid_grant")
    assert party.userinfo(tokens).status_int == 401


def test_oidcc_ensure_registered_redirect_uri(party: RelyingParty):
    """Core section 3.1.2.1: an error page, and no redirect."""
    answer = party.flow.ask(scope="openid", redirect_uri="https://other.example/back")
    assert (answer.status_int, answer.content_type) == (400, "text/html")
    assert "Location" not in answer.headers


def test_oidcc_ensure_post_request_succeeds(party: RelyingParty):
    """Core section 3.1.2.1: GET and POST."""
    answer = party.redeem(party.posted()["code"])
    party.claims(answer.json)


def test_oidcc_server_client_secret_post(party: RelyingParty):
    """Core section 9."""
    party.flow.edit(token_endpoint_auth_method="client_secret_post")
    form = {
        "grant_type": "authorization_code",
        "code": party.authorize()["code"],
        "redirect_uri": BACK,
        "client_id": "web",
        "client_secret": party.flow.server.secrets["web"],
    }
    if party.pkce:
        form["code_verifier"] = VERIFIER
    party.claims(party.flow.server.post(form).json)


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param(
            {"nonce": "of the object"},
            id="oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported",
        ),
        pytest.param({"redirect_uri": BACK}, id="oidcc-ensure-request-object-with-redirect-uri"),
    ],
)
def test_oidcc_request_object(party: RelyingParty, claims: dict[str, str]):
    """Core section 6: refused by its own error; to ignore it would be to read another request."""
    parts = ({"alg": "none"}, {**claims, "iss": "web", "aud": ISSUER})
    encoded = [urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    response = party.authorize(request=".".join((*encoded, "")))
    assert response["error"] == "request_not_supported"


def test_oidcc_claims_essential(party: RelyingParty):
    """Core section 5.5: an essential claim of the userinfo endpoint, without its scope."""
    wanted = json.dumps({"userinfo": {"name": {"essential": True}}})
    tokens = party.tokens(claims=wanted)
    assert party.userinfo(tokens).json == {"sub": "bob", "name": CLAIMS["name"]}


def test_oidcc_refresh_token(party: RelyingParty):
    """Core section 12: new tokens of the same sign-in, for this client alone."""
    tokens = party.tokens(scope="openid offline_access", prompt="consent")
    first = party.claims(tokens)
    party.clock.now += 2
    new = party.flow.refresh(tokens["refresh_token"]).json
    second = party.claims(new, nonce=None)
    for name in ("iss", "sub", "aud", "auth_time"):
        assert second[name] == first[name]
    assert second["iat"] == first["iat"] + 2
    assert party.userinfo(new).json["sub"] == first["sub"]
    other = party.flow.server.register(
        "other", redirect_uris=(BACK,), grant_types=("authorization_code", "refresh_token")
    )
    refused = party.flow.refresh(new["refresh_token"], other.client_id)
    assert (refused.status_int, refused.json["error"]) == (400, "invalid_grant")


def test_oidcc_ensure_request_with_valid_pkce_succeeds(party: RelyingParty):
    """RFC 7636: also by a client that need not use it."""
    party.pkce = True
    party.claims(party.tokens())
    code = party.authorize()["code"]
    wrong = party.redeem(code, code_verifier="w" * 43)
    assert (wrong.status_int, wrong.json["error"]) == (400, "invalid_grant")
