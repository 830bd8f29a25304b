"""What the core does around a registered endpoint, without HTTP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pyramid_oauth2.protocol.client_endpoint import process_request
from pyramid_oauth2.protocol.endpoints import EndpointRequest, EndpointResponse
from pyramid_oauth2.protocol.errors import InvalidClient, InvalidRequest
from pyramid_oauth2.protocol.events import emit_nothing
from pyramid_oauth2.protocol.http import FORM, HTTPRequest
from pyramid_oauth2.protocol.parameters import Parameter
from pyramid_oauth2.protocol.server_metadata import EndpointURL, server_metadata
from pyramid_oauth2.protocol.token.confirmation import Proof

from .worlds import FACTORIES, make_client, make_server

CLIENT = make_client(client_id="app", token_endpoint_auth_method="none")
Process = Callable[[EndpointRequest], EndpointResponse]


class Nobody:
    def authenticate(self, username: str, password: str) -> str | None:
        return None


class Endpoint:
    methods = ("POST",)
    cross_origin = False
    parameters = (Parameter("colour"), Parameter("tag"))

    def __init__(self, process: Process) -> None:
        self.process = process


class Key:
    """A sender constraint: every request proves the key "k"."""

    scheme = None
    members = ("x",)
    parameters = ()

    def __init__(self, server: Any) -> None:
        pass

    def confirm(self, http: HTTPRequest, client: Any) -> Proof:
        return Proof({"x": "k"}, headers={"Next": "of the core", "Own": "of the core"})


@pytest.fixture
def server() -> Any:
    factories = replace(FACTORIES, sender_constraints={"key": Key})
    server = make_server(factories=factories)
    server.clients.add(CLIENT)
    return server


def call(
    server: Any, process: Process, body: bytes = b"client_id=app&colour=gold&x=y", **http: Any
):
    request = HTTPRequest(
        "POST", "https://x", headers={"content-type": FORM}, body=body, remote_addr="::1"
    )
    return process_request(
        server, Endpoint(process), replace(request, **http), Nobody(), emit_nothing
    )


def test_the_client_and_the_declared_parameters(server: Any):
    seen = []

    def process(request: EndpointRequest) -> EndpointResponse:
        seen.append(request.client_request(public=True))
        return EndpointResponse()

    response = call(server, process)
    (found,) = seen
    assert (found.client, found.parameters) == (CLIENT, {"colour": "gold"})
    assert found.proof.methods == {"x": "k"}
    assert response.client == CLIENT


def test_headers_of_a_proof_are_sent_with_the_response(server: Any):
    def process(request: EndpointRequest) -> EndpointResponse:
        request.client_request(public=True)
        return EndpointResponse(headers={"Own": "own"})

    assert call(server, process).headers == {"Next": "of the core", "Own": "own"}


def test_an_endpoint_that_is_not_for_clients(server: Any):
    response = EndpointResponse.json({"a": [1]})
    assert call(server, lambda request: response, b"") is response
    assert (response.body, response.media_type) == (b'{"a":[1]}', "application/json")


def test_an_error_names_the_client(server: Any):
    def process(request: EndpointRequest) -> EndpointResponse:
        request.client_request(public=True)
        raise InvalidRequest("No.")

    with pytest.raises(InvalidRequest) as caught:
        call(server, process)
    assert caught.value.client == CLIENT


def test_a_client_that_did_not_authenticate_is_not_named(server: Any):
    with pytest.raises(InvalidClient) as caught:
        call(server, lambda request: request.client_request(public=True), b"client_id=web")
    assert caught.value.client is None


def test_plain_http_never_reaches_it(server: Any):
    def process(request: EndpointRequest) -> EndpointResponse:
        raise AssertionError

    with pytest.raises(InvalidRequest, match="https"):
        call(server, process, secure=False)


def test_the_metadata_has_the_urls_of_endpoints():
    made = {"badge": lambda server: EndpointURL(server, endpoint="badge", member="badge_url")}
    server = make_server(factories=replace(FACTORIES, server_metadata=made))
    document = server_metadata(server)
    assert document["badge_url"] == "https://auth.example.com/oauth2/badge"
    assert list(document)[-1] == "badge_url"


def test_no_request_shows_what_a_client_sent(server: Any):
    seen = []

    def process(request: EndpointRequest) -> EndpointResponse:
        seen.extend([request, request.client_request(public=True)])
        return EndpointResponse.json({"secret": "gold"}, headers={"A": "gold"})

    seen.append(call(server, process))
    assert "gold" not in repr(seen)


def test_a_public_client_must_be_expected(server: Any):
    """RFC 6749 section 2.1: its client_id proves nothing."""

    def process(request: EndpointRequest) -> EndpointResponse:
        request.client_request()
        raise AssertionError("the client proved nothing")

    with pytest.raises(InvalidClient) as caught:
        call(server, process)
    assert caught.value.refusal.check == "client_authenticates"
    assert caught.value.client == CLIENT
