"""Programs in a browser, on pages of other origins (the Fetch standard's CORS protocol)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pyramid_oauth2.interfaces import IService
from pyramid_oauth2.protocol.clients.cache import ClientCache
from pyramid_oauth2.protocol.records import StoreUnavailable

from .flow import VERIFIER, Flow
from .server import Server

METADATA = "/.well-known/oauth-authorization-server"
TOKEN = "/oauth2/token"
SPA = "https://spa.example"
PREFIX = "Access-Control-"


@pytest.fixture
def storage() -> dict[str, str]:
    """Nothing here depends on the store."""
    return {"oauth2.backend": "memory"}


@pytest.fixture
def flow(start_flow: Callable[..., Flow]) -> Flow:
    """A single-page application."""
    flow = start_flow(client_id="app")
    flow.edit(allowed_origins=(SPA, "http://localhost:5173"))
    return flow


def cors(answer: Any) -> dict[str, str]:
    assert f"{PREFIX}Allow-Credentials" not in answer.headers
    return {
        name.removeprefix(PREFIX): value
        for name, value in answer.headers.items()
        if name.startswith(PREFIX)
    }


EXPOSED = {"Expose-Headers": "Retry-After, WWW-Authenticate"}
ANYBODY = {"Allow-Origin": "*", **EXPOSED}


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        (TOKEN, "POST"),
        (f"{TOKEN}/", "POST"),
        ("/oauth2/revoke", "POST"),
        (METADATA, "GET, HEAD"),
    ],
)
def test_preflight(flow: Flow, path: str, methods: str):
    """It carries no authentication, so it is handled before authentication."""
    headers = {
        "Origin": "https://anybody.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type",
    }
    answer = flow.server.browser.options(path, headers=headers, status=204)
    assert answer.body == b""
    assert "Content-Type" not in answer.headers
    # Any header, but a wildcard does not cover Authorization.
    assert cors(answer) == {
        "Allow-Origin": "*",
        "Allow-Methods": methods,
        "Allow-Headers": "*, authorization, content-type, dpop",
        "Max-Age": "3600",
    }
    assert answer.headers["Allow"] == f"{methods}, OPTIONS"


@pytest.mark.parametrize("origin", [None, SPA, "null", "https://anybody.example"])
def test_metadata_is_for_everybody(server: Server, origin: str | None):
    assert cors(server.get(METADATA, {"Origin": origin} if origin else {})) == ANYBODY


class TestKnownClient:
    """Only pages of the client's own origins may read the response to it."""

    def redeem(self, flow: Flow, origin: str | None, **changes: str):
        form = {"grant_type": "authorization_code", "client_id": "app", "code": flow.code()}
        form |= {"redirect_uri": "https://app.example/back", "code_verifier": VERIFIER}
        return flow.server.post(form | changes, {"Origin": origin} if origin else {})

    @pytest.mark.parametrize("origin", [SPA, "http://localhost:5173"])
    @pytest.mark.parametrize("changes", [{}, {"code": "x"}], ids=["success", "error"])
    def test_its_own(self, flow: Flow, origin: str, changes: dict[str, str]):
        answer = self.redeem(flow, origin, **changes)
        assert answer.status_int == (400 if changes else 200)
        assert cors(answer) == {"Allow-Origin": origin, **EXPOSED}
        assert "Origin" in answer.headers["Vary"]

    @pytest.mark.parametrize(
        "origin",
        [
            None,
            "",
            "null",
            "*",
            "https://evil.example",
            "https://SPA.example",
            f"{SPA}/",
            f"{SPA}.evil.example",
            f"{SPA}:443",
            "http://spa.example",
            "http://localhost",
        ],
    )
    @pytest.mark.parametrize("changes", [{}, {"code": "x"}], ids=["success", "error"])
    def test_another(self, flow: Flow, origin: str | None, changes: dict[str, str]):
        answer = self.redeem(flow, origin, **changes)
        assert cors(answer) == {}
        assert "Origin" in answer.headers["Vary"]

    def test_without_any_origin(self, start_flow: Callable[..., Flow]):
        flow = start_flow()
        answer = flow.server.post(
            {"grant_type": "client_credentials"},
            {**flow.server.login(), "Origin": "https://evil.example"},
        )
        assert (answer.status_int, cors(answer)) == (200, {})


class TestNoClientKnown:
    """There is nothing to protect then, and a developer can read the error."""

    HEADERS = {"Origin": "https://anybody.example"}

    @pytest.mark.parametrize(
        ("form", "status"),
        [
            ({}, 400),
            ({"grant_type": "unknown"}, 400),
            ({"grant_type": "authorization_code", "client_id": "nobody"}, 401),
            ({"grant_type": "authorization_code", "client_id": "web"}, 401),
        ],
        ids=["nothing", "grant type", "unknown client", "no secret"],
    )
    def test_an_error(self, flow: Flow, form: dict[str, str], status: int):
        answer = flow.server.post(form, self.HEADERS)
        assert answer.status_int == status
        assert cors(answer) == ANYBODY

    @pytest.mark.parametrize(("path", "method"), [(TOKEN, "GET"), (METADATA, "PUT")])
    def test_another_method(self, flow: Flow, path: str, method: str):
        browser = flow.server.browser
        answer = browser.request(path, method=method, headers=self.HEADERS, status=405)
        assert cors(answer) == ANYBODY

    def test_a_store_that_cannot_answer(self, flow: Flow):
        class Down:
            def get(self, client_id: str) -> None:
                raise StoreUnavailable("down")

        service = flow.server.service
        down = replace(
            service, server=replace(service.server, clients=ClientCache(Down(), 0, lambda: 0))
        )
        flow.server.registry.registerUtility(down, IService)
        form = {"grant_type": "authorization_code", "client_id": "app", "code": "x"}
        answer = flow.server.post(form, self.HEADERS)
        assert (answer.status_int, cors(answer)) == (503, ANYBODY)
