"""What an application plugs into tokens and client authentication, over HTTP."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any, NoReturn

import pytest
from zope.interface import implementer

from pyramid_oauth2.events import ClientAuthenticationFailed
from pyramid_oauth2.extension import (
    Access,
    Authenticated,
    Client,
    Credentials,
    IAccessTokenFormat,
    IClientAuthentication,
    InvalidClient,
    IServer,
    ITokenResponseExtension,
    NewToken,
    Parameter,
    RecognisedToken,
    Refusal,
    SingleUse,
    TokenRef,
    masked,
    new_token,
    parse_token,
)

from . import host
from .errors import assert_error
from .flow import Flow
from .server import Server, bearer


@implementer(IAccessTokenFormat)
class Readable:
    """Access tokens that say what they are, without a signature: ``r.<claims>.<secret>``."""

    def __init__(self, server: IServer, settings: object) -> None:
        self._random = server.random

    lifetime = None

    def suits(self, client: Client, access: Access) -> bool:
        return "read" in access.scope

    def make(self, family: str, claims: Callable[[], Any]) -> NewToken:
        says = base64.urlsafe_b64encode(json.dumps(claims()).encode()).decode().rstrip("=")
        secret = new_token("access_token", family, self._random).value
        value = f"r.{says}.{secret}"
        ref = TokenRef("access_token", family, hashlib.sha256(value.encode()).digest())
        return NewToken(value, ref)

    def recognise(self, value: str) -> RecognisedToken | None:
        if not value.startswith("r."):
            return None
        inner = parse_token(value.rpartition(".")[2])
        if inner is None:
            return RecognisedToken(None)
        digest = hashlib.sha256(value.encode()).digest()
        return RecognisedToken(TokenRef(inner.kind, inner.family, digest))


class TestAFormat:
    @pytest.fixture
    def flow(self, start_flow: Callable[..., Flow]) -> Flow:
        return start_flow(lambda config: config.add_oauth2_access_token_format("r", Readable))

    def claims(self, token: str) -> Any:
        return json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))

    def test_in_every_way_of_a_token(self, flow: Flow) -> None:
        issued = flow.redeem(flow.code()).json
        token = issued["access_token"]
        assert flow.server.get("/read", bearer(token)).text == "bob"
        said = flow.exchange(path="/oauth2/introspect", token=token).json
        assert self.claims(token) == {k: v for k, v in said.items() if k in self.claims(token)}
        assert self.claims(token)["sub"] == "bob"
        refreshed = flow.refresh(issued["refresh_token"]).json["access_token"]
        assert self.claims(refreshed)["sub"] == "bob"
        flow.exchange(path="/oauth2/revoke", token=token)
        assert flow.server.get("/read", bearer(token)).status_int == 401
        assert flow.server.get("/read", bearer(refreshed)).text == "bob"

    def test_its_lifetime_is_an_upper_limit(
        self, flow: Flow, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        issued = flow.redeem(flow.code()).json
        for lifetime, seconds in ((60, 60), (100_000, 3600), (None, 3600)):
            monkeypatch.setattr(Readable, "lifetime", lifetime)
            issued = flow.refresh(issued["refresh_token"]).json
            assert issued["expires_in"] == seconds
            claims = self.claims(issued["access_token"])
            assert claims["exp"] - claims["iat"] == seconds

    def test_it_may_refuse_a_token_whose_record_is_valid(
        self, flow: Flow, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        token = flow.redeem(flow.code()).json["access_token"]
        refusal = Refusal("readable_key", "RFC 9068 section 4")
        monkeypatch.setattr(RecognisedToken, "refusal", lambda self: refusal)
        assert flow.server.get("/read", bearer(token)).status_int == 401
        said = flow.exchange(path="/oauth2/introspect", token=token).json
        assert said == {"active": False}

    def test_it_is_ours_only_where_it_suits(self, flow: Flow) -> None:
        assert flow.server.token("write").startswith("oat_")
        assert flow.server.token("read").startswith("r.")

    def test_what_it_recognises_is_never_the_cookies_user(self, flow: Flow) -> None:
        """At a view with a permission alone, to which such a token is foreign no more."""
        assert flow.browser.get("/edit").text == "bob"
        answer = flow.browser.get("/edit", headers=bearer("r.e30.x"), status="*")
        assert answer.status_int == 401

    @pytest.mark.parametrize("method", ["make", "recognise"])
    def test_a_token_of_another_kind_is_no_access_token(
        self, flow: Flow, monkeypatch: pytest.MonkeyPatch, method: str
    ) -> None:
        """A format cannot say otherwise: a refresh token opens no view (RFC 6749 section 1.5)."""
        if method == "recognise":
            refresh = flow.redeem(flow.code()).json["refresh_token"]
            found = RecognisedToken(parse_token(refresh))
            monkeypatch.setattr(Readable, "recognise", lambda self, value: found)
            assert flow.server.get("/read", bearer("r.e30.x")).status_int == 401
            return
        monkeypatch.setattr(
            Readable,
            "make",
            lambda self, family, claims: new_token("refresh_token", family, self._random),
        )
        with pytest.raises(ValueError, match="another kind or family"):
            flow.server.token("read")

    def test_a_token_without_a_digest_of_its_string_is_not_stored(
        self, flow: Flow, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Such as the 16 bytes of a UUID, which some store would not find again."""

        def make(self: Readable, family: str, claims: object) -> NewToken:
            return NewToken("r.x", TokenRef("access_token", family, bytes(16)))

        monkeypatch.setattr(Readable, "make", make)
        with pytest.raises(ValueError, match="a digest of 16 bytes instead of 32"):
            flow.server.token("read")

    def test_a_changed_token_has_no_record(self, flow: Flow) -> None:
        token = flow.server.token("read")
        head, claims, secret = token.split(".")
        assert flow.server.get("/read", bearer(f"{head}.{claims}A.{secret}")).status_int == 401


TICKET = Refusal("ticket_is_good", "the test", decided_by="client")


@implementer(IClientAuthentication)
class Ticket:
    """A client proves itself by a ticket, which can be used once."""

    confidential = True
    by_secret = False
    ambient = False
    challenge = 'Ticket realm="oauth2"'
    parameters = (Parameter("client_assertion", secret=True), Parameter("client_assertion_type"))

    def __init__(self, server: IServer, settings: object) -> None:
        self._server = server

    def credentials(self, http: Any, form: Any) -> Credentials | None:
        if "client_assertion" not in form:
            return None
        client_id, _, ticket = form["client_assertion"].partition(":")
        return Credentials("ticket", client_id, ticket)

    def authenticate(
        self, credentials: Credentials, client: Client | None
    ) -> Authenticated | Refusal:
        if client is None or not credentials.secret.startswith("good"):
            return TICKET.comparing(ticket=masked(credentials.secret))
        end = self._server.clock() + 60
        used = InvalidClient("The ticket was used before.")
        return Authenticated((SingleUse.of("ticket", credentials.secret, end, used),))


class TestClientAuthenticationThatIsUsedOnce:
    @pytest.fixture
    def server(self, build: Callable[..., Server]) -> Server:
        server = build(
            host.pages,
            lambda config: config.add_oauth2_client_authentication("ticket", Ticket),
        )
        server.register("ticketed", token_endpoint_auth_method="ticket")
        return server

    def ask(
        self,
        server: Server,
        ticket: str,
        path: str = "/oauth2/token",
        client: str = "ticketed",
        **form: str,
    ) -> Any:
        form = {"grant_type": "client_credentials", "token": "x", **form}
        return server.post({**form, "client_assertion": f"{client}:{ticket}"}, path=path)

    @pytest.mark.parametrize("path", ["/oauth2/token", "/oauth2/introspect", "/oauth2/revoke"])
    def test_a_ticket_is_used_once(self, server: Server, path: str) -> None:
        assert self.ask(server, "good 1", path).status_int == 200
        assert_error(self.ask(server, "good 1", path), 401, "invalid_client")
        assert self.ask(server, "good 2", path).status_int == 200

    def test_a_refused_request_does_not_spend_it(self, server: Server) -> None:
        """Nothing is written before everything was checked."""
        assert_error(self.ask(server, "good", scope="admin"), 400, "invalid_scope")
        assert self.ask(server, "good").status_int == 200

    def test_after_a_change_by_another_process_it_is_asked_twice_and_reserves_once(
        self, server: Server
    ) -> None:
        """The cached client is outdated: the stored one is tried as well."""
        store = server.service.backends[
            "memory" if "memory" in server.service.backends else "sqlalchemy"
        ].clients
        assert self.ask(server, "good 1").status_int == 200
        client = store.get("ticketed")
        assert store.edit("ticketed", client.version, {"client_name": "Changed"})
        assert_error(self.ask(server, "bad"), 401, "invalid_client")
        assert self.ask(server, "good 2").status_int == 200

    def test_its_reason_is_for_the_operator_alone(self, server: Server) -> None:
        """The response is that of an unknown client; the event has the reason."""
        heard: list[ClientAuthenticationFailed] = []
        server.hear(heard.append, ClientAuthenticationFailed)
        known, unknown = self.ask(server, "bad"), self.ask(server, "bad", client="nobody")
        assert (known.status, known.body) == (unknown.status, unknown.body)
        assert [event.refusal.check for event in heard] == ["ticket_is_good", "client_known"]
        assert "bad" not in repr(heard)

    def test_its_challenge_is_beside_ours(self, server: Server) -> None:
        answer = self.ask(server, "bad")
        assert answer.headers["WWW-Authenticate"] == (
            'Basic realm="oauth2", charset="UTF-8", Ticket realm="oauth2"'
        )

    def test_an_error_of_the_method_counts_as_a_failure(
        self, server: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Else a method that raises could be guessed without limit."""

        def refuse(self: Any, credentials: Credentials, client: Client | None) -> NoReturn:
            raise InvalidClient("No.", refusal=TICKET)

        monkeypatch.setattr(Ticket, "authenticate", refuse)
        heard: list[ClientAuthenticationFailed] = []
        server.hear(heard.append, ClientAuthenticationFailed)
        assert "No." not in self.ask(server, "bad").text
        assert [event.refusal.check for event in heard] == ["ticket_is_good"]

    def test_beside_a_secret_it_is_a_second_method(self, server: Server) -> None:
        form = {"grant_type": "client_credentials", "client_assertion": "robot:good"}
        assert_error(server.post(form, server.login()), 400, "invalid_request")

    def test_it_must_not_be_in_the_url(self, server: Server) -> None:
        answer = server.post({"grant_type": "x"}, path="/oauth2/token?client_assertion=x")
        assert_error(answer, 400, "invalid_request")


@implementer(ITokenResponseExtension)
class Numbered:
    """Numbers its responses, so that a repeated one is seen."""

    names = ("number", "user")

    def __init__(self, server: IServer, settings: object) -> None:
        self.count = 0

    def members(self, issuing: Any) -> dict[str, Any]:
        self.count += 1
        return {"number": self.count, "user": [issuing.subject, issuing.grant_type]}


class TestMembersOfTheTokenResponse:
    @pytest.fixture
    def flow(self, start_flow: Callable[..., Flow]) -> Flow:
        return start_flow(
            lambda config: config.add_oauth2_token_response("numbers", Numbered),
            response_types="code token",
        )

    def test_in_every_response(self, flow: Flow) -> None:
        first = flow.redeem(flow.code()).json
        assert first["user"] == ["bob", "authorization_code"]
        second = flow.refresh(first["refresh_token"])
        assert second.json["user"] == ["bob", "refresh_token"]
        assert flow.refresh(first["refresh_token"]).body == second.body
        assert flow.server.ask().json["user"] == [None, "client_credentials"]

    def test_in_that_of_the_implicit_grant(self, flow: Flow) -> None:
        flow.server.register(
            "spa",
            redirect_uris=("https://client.example/back",),
            grant_types=("implicit",),
            response_types=("token",),
        )
        spa = Flow(flow.server, "spa", flow.browser)
        location = spa.allow(response_type="token", code_challenge=None, code_challenge_method=None)
        assert "number=1" in location

    @pytest.mark.parametrize(
        ("members", "message"),
        [
            ({"other": 1}, "numbers adds ['other'] without declaring it"),
            ({"number": {1}}, "not JSON serializable"),
        ],
    )
    def test_a_mistake_issues_nothing(
        self, flow: Flow, monkeypatch: pytest.MonkeyPatch, members: Any, message: str
    ) -> None:
        monkeypatch.setattr(Numbered, "members", lambda self, issuing: members)
        with pytest.raises((ValueError, TypeError)) as failed:
            flow.server.ask()
        assert message in str(failed.value)
        assert flow.server.records() == []
