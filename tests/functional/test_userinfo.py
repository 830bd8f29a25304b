"""The userinfo endpoint (OpenID Connect Core section 5.3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from . import host
from .flow import Flow
from .openid_provider import CLAIMS, ISSUER, PROVIDER, Users, give_scopes, parts, provider
from .server import FORM, Server, bearer
from .test_jwt_access_tokens import parts as jwt_parts

StartFlow = Callable[..., Flow]
USERINFO = "/oauth2/userinfo"
ORIGIN = "https://app.example"
ALGORITHMS = ("RS256", "ES256", "PS256", "Ed25519", "EdDSA")


@pytest.fixture
def flow(start_flow: StartFlow) -> Flow:
    return give_scopes(start_flow(provider, **PROVIDER))


def token_of(flow: Flow, scope: str = "openid") -> str:
    return str(flow.tokens(scope=scope)["access_token"])


def ask(flow: Flow, token: str, method: str = "GET", **headers: str) -> Any:
    sent = {**bearer(token), **headers}
    return flow.server.browser.request(USERINFO, method=method, headers=sent, status="*")


class TestClaims:
    @pytest.mark.parametrize(
        ("scope", "names"),
        [
            ("openid", set()),
            ("openid email", {"email", "email_verified"}),
            (
                "openid profile",
                {"name", "given_name", "family_name", "preferred_username", "updated_at"},
            ),
            ("openid phone", {"phone_number", "phone_number_verified"}),
        ],
    )
    def test_are_those_of_the_scopes(self, flow: Flow, scope: str, names: set[str]):
        """Core section 5.4. What is empty is left out, never null."""
        answer = ask(flow, token_of(flow, scope))
        assert answer.content_type == "application/json"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.json == {"sub": "bob"} | {name: CLAIMS[name] for name in names}

    def test_an_address(self, flow: Flow):
        answer = ask(flow, token_of(flow, "openid address"))
        assert answer.json["address"] == {"locality": "Bonn", "country": "Germany"}

    def test_are_asked_for_by_name(self, flow: Flow):
        Users.asked.clear()
        ask(flow, token_of(flow, "openid email"))
        assert Users.asked == [frozenset({"email", "email_verified"})]

    def test_the_sub_is_that_of_the_id_token(self, flow: Flow):
        """Core section 5.3.2: a client compares them."""
        issued = flow.tokens(scope="openid")
        _, claims = parts(issued["id_token"])
        assert ask(flow, issued["access_token"]).json["sub"] == claims["sub"]

    def test_an_application_cannot_say_another_sub(self, start_flow: StartFlow):
        class Others(Users):
            says = {"sub": "alice", "iss": "x", "email": "bob@example.org"}

        def configure(config: Any) -> None:
            config.set_oauth2_resource_owners(Others())

        flow = give_scopes(start_flow(configure, **PROVIDER))
        answer = ask(flow, token_of(flow, "openid email"))
        assert answer.json == {"sub": "bob", "email": "bob@example.org"}

    def test_a_narrowed_token_has_fewer(self, flow: Flow):
        issued = flow.tokens(scope="openid email")
        narrow = flow.refresh(issued["refresh_token"], scope="openid").json
        assert ask(flow, narrow["access_token"]).json == {"sub": "bob"}


class TestRequests:
    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_both_methods(self, flow: Flow, method: str):
        assert ask(flow, token_of(flow), method).json == {"sub": "bob"}

    def test_head(self, flow: Flow):
        answer = ask(flow, token_of(flow), "HEAD")
        assert (answer.status_int, answer.body) == (200, b"")

    def test_no_other(self, flow: Flow):
        assert ask(flow, token_of(flow), "PUT").status_int == 405

    def test_with_a_slash(self, flow: Flow):
        answer = flow.server.get(f"{USERINFO}/", bearer(token_of(flow)))
        assert answer.json == {"sub": "bob"}

    def test_the_scheme_in_any_case(self, flow: Flow):
        headers = {"Authorization": f"bEARER {token_of(flow)}"}
        assert flow.server.get(USERINFO, headers).status_int == 200

    def test_a_jwt_access_token(self, flow: Flow):
        give_scopes(flow, extra={"access_token_format": "jwt"})
        token = token_of(flow)
        assert jwt_parts(token)[0]["typ"] == "at+jwt"
        assert ask(flow, token).json == {"sub": "bob"}


class TestRefused:
    def test_without_a_token(self, flow: Flow):
        """RFC 6750 section 3.1: without an error code."""
        answer = flow.server.get(USERINFO)
        assert answer.status_int == 401
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="oauth2"'
        assert "error" not in answer.json

    def test_a_client_that_authenticates_instead(self, flow: Flow):
        assert flow.server.get(USERINFO, flow.server.login("web")).status_int == 401

    @pytest.mark.parametrize("value", ["nonsense", "oat_0000", "eyJ.eyJ.x"])
    def test_an_unknown_token(self, flow: Flow, value: str):
        answer = ask(flow, value)
        assert (answer.status_int, answer.json["error"]) == (401, "invalid_token")
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]

    def test_a_malformed_token(self, flow: Flow):
        self.check_misplaced(ask(flow, "two words"))

    @pytest.mark.parametrize("with_header", [True, False])
    def test_a_token_in_the_form(self, flow: Flow, with_header: bool):
        token = token_of(flow)
        headers = {"Content-Type": FORM, **(bearer(token) if with_header else {})}
        form = f"access_token={token}"
        self.check_misplaced(flow.server.browser.post(USERINFO, form, headers=headers, status="*"))

    @pytest.mark.parametrize("with_header", [True, False])
    def test_a_token_in_the_query(self, flow: Flow, with_header: bool):
        token = token_of(flow)
        headers = bearer(token) if with_header else {}
        self.check_misplaced(flow.server.get(f"{USERINFO}?access_token={token}", headers))

    def check_misplaced(self, answer: Any) -> None:
        """RFC 6750 section 3: what lacks a usable token is answered with WWW-Authenticate."""
        assert (answer.status_int, answer.json["error"]) == (400, "invalid_request")
        assert 'Bearer realm="oauth2", error="invalid_request"' in (
            answer.headers.get("WWW-Authenticate", "")
        )

    def test_a_token_without_openid(self, flow: Flow):
        answer = ask(flow, token_of(flow, "email read"))
        assert (answer.status_int, answer.json["error"]) == (403, "insufficient_scope")
        challenge = answer.headers["WWW-Authenticate"]
        assert challenge.startswith("Bearer ")
        assert 'error="insufficient_scope"' in challenge
        assert 'scope="openid"' in challenge

    @pytest.mark.parametrize("scope", ["read", "openid"])
    def test_a_token_of_a_client_alone(self, flow: Flow, scope: str):
        flow.server.register(
            "machine", grant_types=("client_credentials",), scope=frozenset({"read", "openid"})
        )
        answer = ask(flow, flow.server.token(scope, client="machine"))
        assert (answer.status_int, answer.json["error"]) == (403, "insufficient_scope")

    def test_a_revoked_token(self, flow: Flow):
        token = token_of(flow)
        flow.server.service.users.revoke("bob")
        assert ask(flow, token).json["error"] == "invalid_token"

    def test_a_deactivated_user(self, start_flow: StartFlow):
        class Active(Users):
            gone = False

            def is_active(self, subject: str) -> bool:
                return not self.gone

        users = Active()

        def configure(config: Any) -> None:
            config.set_oauth2_resource_owners(users)

        flow = give_scopes(start_flow(configure, **PROVIDER))
        token = token_of(flow)
        users.gone = True
        answer = ask(flow, token)
        assert (answer.status_int, answer.json["error"]) == (401, "invalid_token")

    def test_a_failure_of_the_application(self, start_flow: StartFlow):
        class Failing(Users):
            def claims(self, subject: str, names: Any) -> Any:
                raise RuntimeError("The directory is away.")

        def configure(config: Any) -> None:
            config.set_oauth2_resource_owners(Failing())

        flow = give_scopes(start_flow(configure, **PROVIDER))
        answer = ask(flow, token_of(flow, "openid email"))
        assert answer.status_int == 503
        assert "directory" not in answer.text

    def test_plain_http(self, build: Callable[..., Server]):
        server = build(
            host.pages,
            provider,
            changes={
                "oauth2.issuer": "https://localhost",
                "oauth2.grant_types": "authorization_code client_credentials",
                "oauth2.openid": "true",
                "oauth2.secret": "s" * 43,
            },
        )
        assert server.get(USERINFO).json["error"] == "invalid_request"


class TestCrossOrigin:
    """Only pages of the client's own origins read what is for it."""

    def test_a_preflight(self, flow: Flow):
        answer = flow.server.browser.options(USERINFO, headers={"Origin": ORIGIN})
        assert "authorization" in answer.headers["Access-Control-Allow-Headers"]
        assert answer.headers["Access-Control-Allow-Methods"] == "GET, POST, HEAD"

    def test_an_allowed_origin(self, flow: Flow):
        give_scopes(flow, allowed_origins=(ORIGIN,))
        answer = ask(flow, token_of(flow), Origin=ORIGIN)
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "Access-Control-Allow-Credentials" not in answer.headers

    def test_another_origin(self, flow: Flow):
        answer = ask(flow, token_of(flow), Origin=ORIGIN)
        assert "Access-Control-Allow-Origin" not in answer.headers

    def test_an_error(self, flow: Flow):
        answer = ask(flow, "nonsense", Origin=ORIGIN)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "WWW-Authenticate" in answer.headers["Access-Control-Expose-Headers"]

    def test_an_error_of_a_known_client(self, flow: Flow):
        give_scopes(flow, allowed_origins=(ORIGIN,))
        answer = ask(flow, token_of(flow, "read"), Origin=ORIGIN)
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN


def test_an_id_token_is_refused(flow: Flow):
    """OI14: it is never accepted at an API."""
    token = flow.tokens(scope="openid")["id_token"]
    assert ask(flow, token).json["error"] == "invalid_token"


def test_the_metadata_name_it(flow: Flow):
    metadata = flow.server.get("/.well-known/oauth-authorization-server").json
    assert metadata["userinfo_endpoint"] == f"{ISSUER}{USERINFO}"
    assert set(metadata["userinfo_signing_alg_values_supported"]) == set(ALGORITHMS)


def test_it_is_no_protected_resource_with_metadata(flow: Flow):
    """A client that read ``openid`` there would ask for an ID token to use an API."""
    answer = flow.server.get(f"/.well-known/oauth-protected-resource{USERINFO}")
    assert answer.status_int == 404
