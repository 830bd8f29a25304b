"""Two processes on one store while OpenID Connect is switched on: codes go back and forth."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from . import host
from .applications import Recipe
from .flow import SETTINGS, Flow
from .openid_provider import PROVIDER, parts, provider
from .server import Server

StartFlow = Callable[..., Flow]
SCOPES = "read = Read\nwrite = Write\nopenid = Know you\nemail = See your address"
REQUEST = {
    "scope": "openid email",
    "nonce": "n",
    "claims": json.dumps({"userinfo": {"nickname": None}, "id_token": {"email": None}}),
}

pytestmark = pytest.mark.stores("sqlite", reason="two applications share the store")


class Beside(Server):
    """A second process, on the store of the first."""

    def __init__(self, recipe: Recipe, first: Server) -> None:
        self.app = recipe.make()
        self.registry = self.app.registry
        self._heard: list[Any] = []
        self.secrets = first.secrets
        self.browser = self.fresh_browser()


@pytest.fixture
def before(start_flow: StartFlow) -> Flow:
    """A process without OpenID Connect, in which scopes happen to have these names."""
    flow = start_flow(scopes=SCOPES)
    client = flow.server.service.server.clients.get("web")
    scope = frozenset({"openid", "email", "read"})
    flow.server.service.clients.edit("web", client.version, scope=scope)
    return flow


@pytest.fixture
def after(before: Flow, settings: dict[str, Any]) -> Iterator[Flow]:
    """A process with it."""
    named = {f"oauth2.{name}": value for name, value in {**PROVIDER, "scopes": SCOPES}.items()}
    recipe = Recipe({**settings, **SETTINGS, **named}, (host.pages, provider))
    server = Beside(recipe, before.server)
    yield Flow(server).log_in()
    server.stop()


def test_a_code_of_before_is_redeemed_after(before: Flow, after: Flow):
    issued = after.redeem(before.code(**REQUEST))
    assert issued.status_int == 200
    assert issued.json["scope"] == "email openid"
    assert "id_token" not in issued.json, "no nonce was read, which the client would look for"


def test_a_code_of_after_is_redeemed_before(before: Flow, after: Flow):
    issued = before.redeem(after.code(**REQUEST))
    assert issued.status_int == 200
    assert "id_token" not in issued.json
    _, claims = parts(after.refresh(issued.json["refresh_token"]).json["id_token"])
    assert claims["sub"] == "bob", "what the grant keeps is still there"


def test_a_refresh_goes_back_and_forth(before: Flow, after: Flow):
    issued = after.tokens(**REQUEST)
    for flow, has_one in ((before, False), (after, True), (before, False)):
        issued = flow.refresh(issued["refresh_token"]).json
        assert ("id_token" in issued) is has_one


def test_a_consent_page_goes_back_and_forth(before: Flow, after: Flow):
    """The form of one process reaches the other."""
    before.browser.cookiejar = after.browser.cookiejar
    page = after.page(**REQUEST)
    form = dict(page.form.submit_fields("decision", submit_value="allow"))
    answer = before.browser.post("/oauth2/authorize", form, status=303)
    assert "code=" in answer.location
