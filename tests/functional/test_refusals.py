"""Why a token request was refused: the audit log says it, and the client is not shown it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from webtest import TestResponse
from zope.interface import implementer

from pyramid_oauth2.interfaces import IGrantType
from pyramid_oauth2.protocol.errors import InvalidGrant, InvalidToken

from . import host
from .errors import assert_error
from .flow import BACK, VERIFIER, Flow, challenge_of
from .server import Clock, Server, basic, bearer
from .test_audit import Log

BADGE = "https://app.example/grants/badge"
OTHER = "another-verifier-of-43-characters-is-long-enough"
NO_REFUSAL = {"event", "client_id", "grant_type", "error", "remote_addr", "method"}


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Log:
    return Log(caplog)


@pytest.fixture
def flow(start_flow: Callable[..., Flow]) -> Flow:
    return start_flow()


@implementer(IGrantType)
class Badge:
    """A grant type of an application, which knows no badge."""

    parameters = ()

    def __init__(self, server: Any, settings: Any) -> None:
        """It needs nothing of the server."""

    def validate(self, request: Any) -> Any:
        raise InvalidGrant(
            "The badge is unknown.",
            headers={"DPoP-Nonce": "n0nce", "cache-control": "public"},
            members={"error_uri": "https://app.example/badges", "error": "evil", "interval": 5},
        )


def last(log: Log) -> dict[str, str]:
    """The refusal in the last line of the log."""
    return {name: value for name, value in log.read()[-1].items() if name not in NO_REFUSAL}


def wire(answer: TestResponse) -> tuple[Any, ...]:
    return answer.status, answer.body, answer.headerlist


def grant_of(token: str) -> str:
    return token[4:20]


class TestACode:
    def test_that_is_unknown(self, flow: Flow, log: Log):
        flow.redeem("oac_hush")
        assert last(log) == {
            "check": "code_known",
            "source": "RFC 6749 section 4.1.3",
            "decided_by": "code",
            "compared_code": "(masked, 8 characters)",
        }

    def test_of_another_client(self, flow: Flow, log: Log):
        code = flow.code()
        flow.redeem(code, client_id="app")
        assert last(log) == {
            "check": "code_of_client",
            "source": "RFC 6749 section 4.1.3",
            "decided_by": "grant",
            "compared_client_id": "app",
            "compared_code_of": "web",
        }

    def test_with_another_redirect_uri(self, flow: Flow, log: Log):
        flow.redeem(flow.code(), redirect_uri="https://client.example/other")
        assert last(log) == {
            "check": "code_redirect_uri",
            "source": "RFC 6749 section 4.1.3",
            "decided_by": "code",
            "compared_sent": "https://client.example/other",
            "compared_requested": BACK,
        }

    def test_with_another_verifier(self, flow: Flow, log: Log):
        flow.redeem(flow.code(), code_verifier=OTHER)
        assert last(log) == {
            "check": "code_verifier",
            "source": "RFC 7636 section 4.6",
            "decided_by": "code",
            "compared_code_challenge": challenge_of(VERIFIER),
            "compared_challenge_of_verifier": challenge_of(OTHER),
        }

    def test_without_a_verifier(self, flow: Flow, log: Log):
        flow.redeem(flow.code(), code_verifier=None)
        assert last(log)["check"] == "code_verifier_sent"

    def test_with_a_malformed_verifier(self, flow: Flow, log: Log):
        flow.redeem(flow.code(), code_verifier="hush")
        refused = last(log)
        assert refused["check"] == "code_verifier_syntax"
        assert refused["compared_code_verifier"] == "(masked, 4 characters)"

    def test_that_was_used(self, flow: Flow, log: Log):
        code = flow.code()
        clock = Clock(flow.server)
        flow.redeem(code)
        flow.redeem(code)
        assert last(log) == {
            "check": "code_used_once",
            "source": "RFC 6749 section 4.1.2",
            "decided_by": "code",
            "compared_grant_id": grant_of(code),
            "compared_used_at": str(clock.now),
        }
        flow.redeem(code)
        assert last(log)["compared_outcome"] == "dead"

    def test_that_has_expired(self, flow: Flow, log: Log):
        code, clock = flow.code(), Clock(flow.server)
        clock.now += 100
        flow.redeem(code)
        refused = last(log)
        assert (refused["check"], refused["compared_outcome"]) == ("token_redeemable", "expired")


class TestARefreshToken:
    def test_that_is_unknown(self, flow: Flow, log: Log):
        flow.refresh("hush")
        assert last(log)["check"] == "refresh_token_known"

    def test_of_another_client(self, flow: Flow, log: Log):
        flow.refresh(flow.tokens()["refresh_token"], client_id="app")
        refused = last(log)
        assert refused["check"] == "refresh_token_of_client"
        assert (refused["compared_client_id"], refused["compared_token_of"]) == ("app", "web")

    def test_for_more_than_was_granted(self, flow: Flow, log: Log):
        flow.refresh(flow.tokens(scope="read")["refresh_token"], scope="read write")
        assert last(log) == {
            "check": "scope_granted",
            "source": "RFC 6749 section 6",
            "decided_by": "grant",
            "compared_excess": "write",
            "compared_granted": "read",
        }

    def test_of_a_user_who_is_deactivated(self, flow: Flow, log: Log):
        tokens = flow.tokens()
        flow.server.change(is_active=lambda subject: False)
        flow.refresh(tokens["refresh_token"])
        refused = last(log)
        assert (refused["check"], refused["compared_subject"]) == ("user_active", "bob")

    def test_whose_client_lost_the_scope(self, flow: Flow, log: Log):
        tokens = flow.tokens(scope="read")
        flow.edit(scope=frozenset({"write"}))
        flow.refresh(tokens["refresh_token"])
        refused = last(log)
        assert (refused["check"], refused["decided_by"]) == ("scope_of_client", "client.scope")


class TestAClient:
    @pytest.mark.parametrize(
        ("form", "check", "decided_by"),
        [
            ({"scope": "admin"}, "scope_known", "oauth2.scopes"),
            ({"scope": 'read"'}, "scope_syntax", None),
            ({"grant_type": "authorization_code"}, "grant_type_of_client", "client.grant_types"),
            ({"grant_type": "password"}, "parameter_required", "grant_type"),
            ({"grant_type": "password", "username": "bob", "password": "hush"}, "password", "user"),
        ],
    )
    def test_that_requests_what_it_cannot_have(
        self, flow: Flow, log: Log, form: dict[str, str], check: str, decided_by: str | None
    ):
        flow.server.ask(**form)
        refused = last(log)
        assert (refused["check"], refused.get("decided_by")) == (check, decided_by)
        assert "hush" not in log.everything


def test_what_a_stranger_learns_is_the_same(server: Server, log: Log):
    """Unknown, disabled, a wrong secret, another method: one answer, and four checks."""
    server.register("off")
    server.register("app", token_endpoint_auth_method="none", grant_types=("password",))
    client = server.service.clients.get("off")
    server.service.clients.disable(client.client_id)
    form = {"grant_type": "client_credentials"}
    checks, answers = [], []
    for name in ("ghost", "off", "robot", "app"):
        answers.append(wire(server.post(form, basic(name, "wrong"))))
        checks.append(last(log))
    assert len(set(map(str, answers))) == 1
    assert [each["check"] for each in checks] == [
        "client_known",
        "client_enabled",
        "client_secret",
        "client_authentication_method",
    ]
    assert checks[0].keys() == {"check", "source", "decided_by"}, "nothing that was sent"
    assert checks[3]["compared_registered"] == "none"


def test_what_the_holder_of_a_stolen_code_learns_is_the_same(flow: Flow, log: Log):
    used, stolen = flow.code(), flow.code(prompt="consent")
    flow.redeem(used)
    answers = [
        flow.redeem("oac_unknown"),
        flow.redeem(stolen, client_id="app"),
        flow.redeem(used),
        flow.redeem(used),
    ]
    assert len({str(wire(answer)[:2]) for answer in answers}) == 1
    refused = [line for line in log.read() if line["event"] == "TokenRefused"]
    assert [line["check"] for line in refused] == [
        "code_known",
        "code_of_client",
        "code_used_once",
        "token_redeemable",
    ]


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("https://x.example/\nevent=TokenIssued", r"https://x\.example/\\nevent=TokenIssued"),
        ("https://x.example/" + "a" * 4000, r"https://x\.example/a+\.\.\. \(4018 characters\)"),
        ("oac_" + "a" * 65, r"oac_\*{8}"),
        ("\x1b[2J\u2028é", r"\\x1b\[2J\\u2028\\xe9"),
    ],
)
def test_text_of_a_request(flow: Flow, log: Log, sent: str, shown: str):
    """A public client is anyone: no line break, no control character, no secret, and not long."""
    flow.redeem(flow.code(), redirect_uri=sent)
    assert re.fullmatch(shown, last(log)["compared_sent"])


class TestAnIntrospection:
    """The response is that to an unknown token (RFC 7662 section 2.2)."""

    @staticmethod
    def introspect(flow: Flow, token: str, client_id: str = "robot") -> TestResponse:
        return flow.server.post(
            {"token": token}, flow.server.login(client_id), "/oauth2/introspect"
        )

    def test_by_a_client_that_is_no_resource_server(self, flow: Flow, log: Log):
        token = flow.tokens()["access_token"]
        log.read()
        answer = self.introspect(flow, token)
        assert wire(answer) == wire(self.introspect(flow, "oat_unknown"))
        assert log.read() == [
            {
                "event": "IntrospectionRefused",
                "client_id": "robot",
                "check": "introspection_of_token",
                "source": "RFC 7662 section 2.2",
                "decided_by": "client.resource_server",
                "compared_client_id": "robot",
                "compared_token_of": "web",
            }
        ]
        assert token not in log.everything

    def test_of_a_token_that_is_not_valid(self, flow: Flow, log: Log):
        """No client may know it, so the client is not the reason."""
        tokens = flow.tokens()
        flow.exchange(path="/oauth2/revoke", token=tokens["access_token"])
        log.read()
        for value in (*tokens.values(), "oat_unknown"):
            self.introspect(flow, str(value))
        assert log.read() == []

    def test_of_its_own_token(self, flow: Flow, log: Log):
        token = flow.tokens()["access_token"]
        log.read()
        assert self.introspect(flow, token, "web").json["active"] is True
        assert log.read() == []


class TestAtTheAuthorizationEndpoint:
    @pytest.mark.parametrize(
        ("changes", "error", "check", "compared"),
        [
            ({"redirect_uri": "https://x.example/"}, "invalid_request", "redirect_uri", "sent"),
            ({"scope": "read fly"}, "invalid_scope", "scope_known", "unknown"),
            ({"response_type": "id_token"}, "unsupported_response_type", "response_type", ""),
            ({"code_challenge": None}, "invalid_request", "code_challenge_sent", ""),
        ],
        ids=["on a page", "scope", "response type", "PKCE"],
    )
    def test_a_wrong_request(
        self,
        flow: Flow,
        log: Log,
        changes: dict[str, str | None],
        error: str,
        check: str,
        compared: str,
    ):
        """Whether the client or the user gets the error."""
        flow.ask(**changes)
        (line,) = log.read()
        assert (line["event"], line["client_id"]) == ("AuthorizationRefused", "web")
        assert line["error"] == error
        assert line["check"].startswith(check)
        if compared:
            assert line[f"compared_{compared}"] in (changes.get("redirect_uri"), "fly")

    def test_silent_authentication(self, flow: Flow, log: Log):
        flow.ask(prompt="none")
        assert log.read()[-1]["error"] == "consent_required"

    def test_a_form_without_a_decision(self, flow: Flow, log: Log):
        flow.decide(flow.page(), decision="perhaps")
        assert log.events() == ["AuthorizationRefused"]

    def test_a_request_whose_client_was_changed_meanwhile(self, flow: Flow, log: Log):
        page = flow.page()
        flow.edit(redirect_uris=("https://client.example/new",))
        flow.decide(page)
        flow.server.service.clients.disable("web")
        flow.decide(page)
        flow.ask()
        refused = [each for each in log.read() if each["event"] == "AuthorizationRefused"]
        assert [(each["client_id"], each["check"]) for each in refused] == [
            ("web", "redirect_uri_registered"),
            ("web", "client_usable"),
            ("web", "client_usable"),
        ]

    def test_an_unknown_client_is_no_event(self, flow: Flow, log: Log):
        """It may be a secret in the wrong field, and there is no end of such requests."""
        flow.ask(client_id="ghost")
        assert log.read() == []

    def test_the_user_who_denies_is_no_event(self, flow: Flow, log: Log):
        flow.decide(flow.page(), "deny")
        assert log.read() == []


class TestAFeature:
    def test_its_error_over_http(self, build: Callable[..., Server], log: Log):
        """It adds headers and members, and replaces nothing; its refusal is optional."""
        server = build(
            lambda config: config.add_oauth2_grant_type(BADGE, Badge),
            changes={"oauth2.grant_types": f"client_credentials password {BADGE}"},
        )
        server.register("badger", grant_types=(BADGE,))
        answer = server.post({"grant_type": BADGE}, server.login("badger"))
        assert answer.json == {
            "error": "invalid_grant",
            "error_description": "The badge is unknown.",
            "error_uri": "https://app.example/badges",
            "interval": 5,
        }
        assert answer.headers["DPoP-Nonce"] == "n0nce"
        assert answer.headers.getall("Cache-Control") == ["no-store"]
        assert last(log) == {"check": "invalid_grant", "source": "RFC 6749 section 5.2"}

    def test_its_challenge(self, build: Callable[..., Server]):
        class Strict:
            def find(self, ref: Any) -> Any:
                headers = {"DPoP-Nonce": "n0nce", "WWW-Authenticate": "DPoP"}
                raise InvalidToken("It needs a proof.", headers=headers)

        server = build(host.pages)
        token = server.token()
        server.change(grants=Strict())
        answer = server.get("/read", bearer(token))
        assert answer.headers["DPoP-Nonce"] == "n0nce"
        (challenge,) = answer.headers.getall("WWW-Authenticate")
        assert challenge.startswith("Bearer ")
        assert 'error_description="It needs a proof."' in challenge


def test_an_error_of_the_table_has_nothing_of_the_refusal(flow: Flow):
    assert_error(flow.redeem(flow.code(), redirect_uri="https://x.example/"), 400, "invalid_grant")
