"""``request.oauth2.users``: a view of the application ends what a user allows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pyramid_oauth2.events import ConsentWithdrawn, GrantRevoked

from .allowing import Allowing
from .flow import Flow
from .server import bearer


def change_password(request: Any) -> dict[str, int]:
    ended = request.oauth2.users.revoke("bob", reason="password changed")
    return {"grants": ended.grants, "consents": ended.consents}


def with_password_view(config: Any) -> None:
    config.add_route("password", "/password")
    config.add_view(change_password, route_name="password", renderer="json", require_csrf=False)


@pytest.fixture
def bob(start_flow: Callable[..., Flow]) -> Allowing:
    return Allowing(start_flow(with_password_view).server)


def test_everything_ends_at_once(bob: Allowing):
    assert bob.browser.post("/password").json == {"grants": 1, "consents": 1}
    assert bob.server.get("/read", bearer(bob.held["access_token"])).status_int == 401
    assert "Continue" not in bob.show().text
    assert bob.ask().status_int == 200, "the user is asked again"


def test_the_events_have_the_request(bob: Allowing):
    bob.browser.post("/password")
    assert [type(event) for event in bob.heard] == [GrantRevoked, ConsentWithdrawn]
    assert {event.reason for event in bob.heard} == {"password changed"}
    assert {event.request.path for event in bob.heard} == {"/password"}
