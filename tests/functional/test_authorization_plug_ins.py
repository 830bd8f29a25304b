"""Plug-ins of the authorization endpoint, registered by directives, over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationConflictError, ConfigurationError

from pyramid_oauth2.events import ClientChanged
from pyramid_oauth2.extension import (
    Client,
    InvalidClient,
    InvalidRequest,
    Issuing,
    OAuth2Error,
    Parameter,
    TemporarilyUnavailable,
)
from pyramid_oauth2.protocol.authorization.client_lookup import ClientLookup
from pyramid_oauth2.protocol.authorization.response_types import CodeResponse
from tests.protocol.test_request_extensions import Nonce, Tenants

from .flow import BACK, Flow, answer_in
from .server import Server, bearer
from .test_login import way_back
from .test_lost_responses import LosesResponses

CLIENT = "https://client.example/about"


def returning(plug_in: Any) -> Callable[[Any, Any], Any]:
    return lambda server, settings: plug_in


class ReceiptResponse(CodeResponse):
    """A code in a fragment."""

    default_mode = "fragment"
    fragment_only = True


class Kept:
    names = ("kept",)

    def members(self, issuing: Issuing) -> Mapping[str, Any]:
        return {"kept": dict(issuing.kept)}


def extensions(config: Configurator) -> None:
    config.add_oauth2_request_extension("nonce", returning(Nonce()))
    config.add_oauth2_request_extension("tenants", returning(Tenants()))
    config.add_oauth2_token_response("kept", returning(Kept()))


class TestResponseTypes:
    @pytest.fixture
    def flow(self, start_flow: Callable[..., Flow]) -> Flow:
        def configure(config: Configurator) -> None:
            config.add_oauth2_response_type("receipt", ReceiptResponse)

        flow = start_flow(configure, response_types="code receipt")
        flow.edit(response_types=("receipt",))
        return flow

    def test_it_is_used(self, flow: Flow) -> None:
        answer = answer_in(flow.allow(response_type="receipt"), "fragment")
        assert flow.redeem(answer["code"]).status_int == 200

    def test_the_metadata_has_it(self, flow: Flow) -> None:
        document = flow.server.get("/.well-known/oauth-authorization-server").json
        assert document["response_types_supported"] == ["code", "receipt"]

    def test_one_that_is_not_registered(self, build: Callable[..., Server]) -> None:
        message = r"oauth2\.response_types names receipt, .* Registered are: code, token\."
        with pytest.raises(ConfigurationError, match=message):
            build(changes={"oauth2.response_types": "code receipt"})


class TestRequestExtensions:
    @pytest.fixture
    def flow(self, start_flow: Callable[..., Flow]) -> Flow:
        return start_flow(extensions)

    def test_a_value_reaches_the_token_response(self, flow: Flow) -> None:
        page = flow.page(nonce="n", tenant="north")
        assert "It sees north only." in page
        code = answer_in(flow.decide(page).location)["code"]
        issued = flow.redeem(code).json
        assert issued["kept"] == {"nonce": "n", "tenants": ["north"]}
        # The nonce was for the code alone.
        again = flow.refresh(issued["refresh_token"]).json
        assert again["kept"] == {"tenants": ["north"]}

    def test_a_value_survives_the_login(self, flow: Flow) -> None:
        back = way_back(flow.log_out().ask(nonce="n", tenant="south"))
        page = flow.log_in().browser.get(back, status=200)
        assert "It sees south only." in page
        code = answer_in(flow.decide(page).location)["code"]
        assert flow.redeem(code).json["kept"] == {"nonce": "n", "tenants": ["south"]}

    def test_a_value_that_is_too_long(self, flow: Flow) -> None:
        answer = flow.ask(nonce="n" * 101)
        assert answer.status_int == 400
        assert "longer than 100 characters" in answer

    def test_a_repeated_parameter(self, flow: Flow) -> None:
        query = urlsplit(flow.ask(nonce="n", state=None).request.url).query
        assert "error=invalid_request" in flow.get(f"{query}&nonce=m").location
        assert "It sees north only." in flow.get(f"{query}&tenant=north&tenant=south")


class Asleep(OAuth2Error):
    """An error of the resolver itself."""

    code, status = "directory_asleep", 503


class Directory:
    """Finds the client of one URL."""

    def __init__(self) -> None:
        self.asked = 0
        self.error: OAuth2Error | None = None

    def recognises(self, client_id: str) -> bool:
        return client_id == CLIENT

    def resolve(self, lookup: ClientLookup) -> Client | None:
        self.asked += 1
        if self.error is not None:
            raise self.error
        return Client(
            lookup.client_id,
            redirect_uris=(BACK,),
            scope=frozenset({"read"}),
            token_endpoint_auth_method="none",
        )


class TestClientResolvers:
    @pytest.fixture
    def directory(self) -> Directory:
        return Directory()

    @pytest.fixture
    def flow(self, start_flow: Callable[..., Flow], directory: Directory) -> Flow:
        flow = start_flow(
            lambda config: config.add_oauth2_client_resolver("directory", returning(directory))
        )
        flow.client_id = CLIENT
        flow.server.secrets[CLIENT] = ""
        return flow

    def test_the_whole_flow_of_a_client_that_was_never_registered(
        self, flow: Flow, directory: Directory
    ) -> None:
        # Only the authorization endpoint asks for it.
        refused = flow.redeem("oac_x")
        assert (refused.status_int, refused.json["error"]) == (401, "invalid_client")
        assert directory.asked == 0
        heard: list[ClientChanged] = []
        flow.server.hear(heard.append, ClientChanged)
        token = flow.tokens()["access_token"]
        assert flow.server.get("/read", bearer(token)).text == "bob"
        assert [(event.client_id, event.change) for event in heard] == [(CLIENT, "resolved")]
        asked = directory.asked
        # It is in the store now, and users are asked each time.
        assert flow.ask().status_int == 200
        assert directory.asked == asked + 1

    def test_a_lost_response_of_the_store(self, flow: Flow) -> None:
        heard: list[ClientChanged] = []
        flow.server.hear(heard.append, ClientChanged)
        page = flow.page()
        clients = LosesResponses(flow.server.service.server.clients, "add")
        flow.server.change(clients=clients)
        clients.lost = 1
        assert "code" in answer_in(flow.decide(page).location)
        assert [(event.client_id, event.change) for event in heard] == [(CLIENT, "resolved")]

    def test_the_user_signs_in_first(self, flow: Flow, directory: Directory) -> None:
        flow.log_out()
        assert urlsplit(flow.ask().location).path == "/login"
        answer = flow.ask(prompt="none")
        assert (answer.status_int, directory.asked) == (400, 0)

    def test_a_new_login(self, flow: Flow) -> None:
        to_login = flow.press(flow.ask(prompt="login"))
        page = flow.log_in().browser.get(way_back(to_login), status=200)
        assert flow.redeem(answer_in(flow.decide(page).location)["code"]).status_int == 200

    @pytest.mark.parametrize(
        ("error", "status", "wait", "title"),
        [
            (TemporarilyUnavailable("It is down."), 503, "5", "not available at the moment"),
            (TemporarilyUnavailable("It is down.", retry_after=60), 503, "60", "not available at"),
            (Asleep("It is down."), 503, "5", "not available at the moment"),
            (TemporarilyUnavailable("Too many.", status=429), 429, "5", "Too many requests"),
            (InvalidRequest("It is wrong."), 400, None, "The application made a mistake"),
            # Not a 401, which needs a challenge (RFC 9110 section 15.5.2).
            (InvalidClient("It is wrong."), 400, None, "The application made a mistake"),
        ],
        ids=lambda value: value if isinstance(value, str) else None,
    )
    def test_one_that_cannot_find_it_now(
        self,
        flow: Flow,
        directory: Directory,
        error: OAuth2Error,
        status: int,
        wait: str | None,
        title: str,
    ) -> None:
        directory.error = error
        answer = flow.ask()
        assert (answer.status_int, answer.headers.get("Retry-After")) == (status, wait)
        assert title in answer.html.h1.string
        assert error.description in answer

    def test_a_client_that_an_operator_deleted(self, flow: Flow, directory: Directory) -> None:
        flow.tokens()
        flow.server.service.clients.delete(CLIENT)
        directory.asked = 0
        answer = flow.ask()
        assert (answer.status_int, directory.asked) == (400, 0)


@pytest.mark.parametrize(
    ("directive", "noun"),
    [
        ("add_oauth2_response_type", "IResponseType"),
        ("add_oauth2_request_extension", "IAuthorizationRequestExtension"),
        ("add_oauth2_request_source", "IAuthorizationRequestSource"),
        ("add_oauth2_client_resolver", "IClientResolver"),
        ("add_oauth2_client_policy", "IClientPolicy"),
    ],
)
def test_two_of_one_name_and_what_is_no_factory(
    settings: dict[str, Any], directive: str, noun: str
) -> None:
    config = Configurator(settings=settings)
    config.include("pyramid_oauth2")
    with pytest.raises(ConfigurationError, match=f"must be a factory: .* an {noun}"):
        getattr(config, directive)("x", object())
    for _ in range(2):
        getattr(config, directive)("x", returning(None))
    with pytest.raises(ConfigurationConflictError):
        config.commit()


def test_plug_ins_that_contradict_each_other(build: Callable[..., Server]) -> None:
    class Scope(Nonce):
        parameters = (Parameter("scope"),)

    message = "the authorization parameter scope is declared by two: pyramid_oauth2 and"
    with pytest.raises(ConfigurationError, match=message):
        build(lambda config: config.add_oauth2_request_extension("x", returning(Scope())))
