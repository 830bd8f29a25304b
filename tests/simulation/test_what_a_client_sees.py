"""What a client refuses of what it sees, at a server whose responses are written down here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from pyramid_oauth2.known_clients import known_clients
from pyramid_oauth2.simulation.apis import API
from pyramid_oauth2.simulation.conversation import Conversation
from pyramid_oauth2.simulation.exchange import Exchanged
from pyramid_oauth2.simulation.play import PUBLIC_STEPS, played
from pyramid_oauth2.simulation.step import PASSED, REFUSED, Step

HOST = "https://app.example"
MCP = f"{HOST}/mcp"
OF_API = f"{HOST}/.well-known/oauth-protected-resource/mcp"
OF_SERVER = f"{HOST}/.well-known/oauth-authorization-server"
REGISTER = f"{HOST}/register"
CORS = {"access-control-allow-origin": "*"}
CHALLENGE = {"www-authenticate": f'Bearer realm="x", scope="read", resource_metadata="{OF_API}"'}
METADATA: dict[str, Any] = {
    "issuer": HOST,
    "authorization_endpoint": f"{HOST}/authorize",
    "token_endpoint": f"{HOST}/token",
    "registration_endpoint": REGISTER,
    "response_types_supported": ["code"],
    "grant_types_supported": ["authorization_code", "refresh_token"],
    "code_challenge_methods_supported": ["S256"],
    "token_endpoint_auth_methods_supported": ["none"],
    "client_id_metadata_document_supported": True,
}
REGISTERED = {"client_id": "c", "token_endpoint_auth_method": "none"}


def of_json(members: Any, status: int = 200) -> Exchanged:
    return Exchanged(status, CORS, json.dumps(members).encode())


RESPONSES: dict[str, Exchanged] = {
    MCP: Exchanged(401, CHALLENGE),
    OF_API: of_json({"resource": MCP, "authorization_servers": [HOST]}),
    OF_SERVER: of_json(METADATA),
    REGISTER: of_json(REGISTERED, 201),
    f"{HOST}/authorize": Exchanged(303, {"location": f"{HOST}/login"}),
}


class Written:
    """Responds as it is written."""

    def __init__(self, changes: Mapping[str, Exchanged]) -> None:
        self.responses = {**RESPONSES, **changes}

    def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] = {},
        body: bytes = b"",
        *,
        of_user: bool = False,
    ) -> Exchanged:
        return self.responses.get(url.partition("?")[0], Exchanged(404))


def steps_of(name: str, changes: Mapping[str, Exchanged] = {}) -> tuple[Step, ...]:
    return played(Conversation(known_clients()[name], Written(changes), API(MCP)), PUBLIC_STEPS)


def metadata(**changes: Any) -> dict[str, Exchanged]:
    return {OF_SERVER: of_json({**METADATA, **changes})}


@pytest.mark.parametrize("name", known_clients())
def test_it_goes_as_far_as_the_login(name: str):
    if name == "claude":
        assert steps_of(name)[-2].text.startswith("By its document")
    assert {each.state for each in steps_of(name)} == {PASSED}


def of_api(**members: Any) -> dict[str, Exchanged]:
    usual = {"resource": MCP, "authorization_servers": [HOST]}
    return {OF_API: of_json({**usual, **members})}


@pytest.mark.parametrize(
    ("changes", "step", "text"),
    [
        ({MCP: Exchanged(200)}, "challenge", "answers with 200 to a request without a token"),
        ({MCP: Exchanged(401)}, "challenge", "without a challenge that names its metadata"),
        ({OF_API: Exchanged(404)}, "metadata of the API", "answers with 404"),
        ({OF_API: Exchanged(200, CORS, b"<html>")}, "metadata of the API", "answers with 200"),
        (of_api(resource=f"{MCP}/"), "metadata of the API", f"Let them type {MCP}/"),
        (of_api(resource=HOST), "metadata of the API", f"and the metadata say {HOST}"),
        (of_api(resource=MCP.replace("https", "http")), "metadata of the API", "http://"),
        (of_api(authorization_servers=[]), "metadata of the API", "no authorization server"),
        (of_api(authorization_servers=[f"{HOST}/"]), "metadata of the server", "every character"),
        ({OF_SERVER: Exchanged(404)}, "metadata of the server", "a proxy has to forward it"),
        (metadata(issuer="http://app.example"), "metadata of the server", "every character"),
        (metadata(code_challenge_methods_supported=["plain"]), "metadata of the server", "S256"),
        (metadata(response_types_supported=["token"]), "metadata of the server", "type code"),
        (metadata(grant_types_supported=["password"]), "metadata of the server", "grant type"),
        (
            metadata(token_endpoint="http://app.example/token"),
            "metadata of the server",
            "token_endpoint is http://app.example/token, which is not https",
        ),
        (
            metadata(registration_endpoint=None, client_id_metadata_document_supported=False),
            "client",
            "no way by which this client becomes known",
        ),
        (
            {f"{HOST}/authorize": Exchanged(500, failed="ZeroDivisionError")},
            "login",
            "ZeroDivisionError",
        ),
    ],
)
def test_what_stops_it(changes: Mapping[str, Exchanged], step: str, text: str):
    found = [each for each in steps_of("codex", changes) if each.state == REFUSED]
    assert [each.name for each in found] == [step]
    assert text in found[0].text


def test_without_the_method_none_a_client_with_a_document_registers_itself():
    changes = metadata(token_endpoint_auth_methods_supported=["client_secret_basic"])
    assert steps_of("claude", changes)[-2].text.startswith("By registration")


@pytest.mark.parametrize(
    "changes",
    [
        {OF_SERVER: Exchanged(200, {}, json.dumps(METADATA).encode())},
        {REGISTER: Exchanged(201, {}, json.dumps(REGISTERED).encode())},
    ],
)
def test_a_page_in_a_browser_needs_cors(changes: Mapping[str, Exchanged]):
    (refused,) = [each for each in steps_of("inspector", changes) if each.state == REFUSED]
    assert "it has no CORS header" in refused.text
    assert {each.state for each in steps_of("cursor", changes)} == {PASSED}


@pytest.mark.parametrize(
    ("response", "text"),
    [
        (of_json({"error": "invalid_redirect_uri"}, 400), "is refused: invalid_redirect_uri"),
        (of_json({**REGISTERED, "token_endpoint_auth_method": "client_secret_basic"}), "another"),
    ],
)
def test_a_registration_that_is_of_no_use(response: Exchanged, text: str):
    (refused,) = [e for e in steps_of("cursor", {REGISTER: response}) if e.state == REFUSED]
    assert refused.name == "client"
    assert text in refused.text
