"""Views for tokens under pyramid_tm and pyramid_retry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import transaction
from pyramid.response import Response
from pyramid_retry import RetryableException

from pyramid_oauth2.testing import bearer

from . import host
from .protections import transactional
from .server import Server


class Application:
    """Records how each transaction ends, and which user made the request."""

    def __init__(self) -> None:
        self.ends: list[str] = []
        self.users: list[str] = []

    def join(self, request: Any) -> None:
        request.tm.get().addAfterCommitHook(
            lambda committed: self.ends.append("committed" if committed else "aborted")
        )

    def busy(self, request: Any) -> Response:
        """Fails at its first attempt, so that it is retried."""
        self.join(request)
        self.users.append(request.authenticated_userid)
        if len(self.users) == 1:
            raise RetryableException
        return Response(request.authenticated_userid)

    def demanding(self, request: Any) -> Response:
        self.join(request)
        request.tm.get().addBeforeCommitHook(self.ends.append, ("about to commit",))
        request.oauth2.require("write")
        return Response("in")

    def failing(self, request: Any) -> Response:
        raise LookupError

    def emit(self, error: Any, request: Any) -> Response:
        return Response(f"not found for {request.authenticated_userid}", status=404)

    def __call__(self, config: Any) -> None:
        host.pages(config)
        transactional(config)
        config.add_exception_view(self.emit, context=LookupError)
        for name in ("busy", "demanding", "failing"):
            config.add_route(name, f"/{name}")
            config.add_view(getattr(self, name), route_name=name, oauth2_scope="read")


@pytest.fixture
def application() -> Application:
    return Application()


@pytest.fixture
def server(build: Callable[..., Server], application: Application) -> Server:
    return build(application)


def test_a_second_attempt_is_the_same_users(server: Server, application: Application):
    assert server.get("/busy", bearer(server.app, "bob", "read")).text == "bob"
    assert application.users == ["bob", "bob"]
    assert application.ends[-1] == "committed"


def test_require_undoes_what_the_view_began(server: Server, application: Application):
    answer = server.get("/demanding", bearer(server.app, "bob", "read"))
    assert answer.json["error"] == "insufficient_scope"
    assert "about to commit" not in application.ends


def test_an_exception_view_knows_the_user(server: Server):
    answer = server.get("/failing", bearer(server.app, "bob", "read"))
    assert (answer.status_int, answer.text) == (404, "not found for bob")


def test_a_refusal_passes_no_exception_view(server: Server):
    """It would respond in the application's own way, without the challenge."""
    for headers in ({}, bearer(server.app, "bob", "write"), {"Authorization": "Bearer oat_x"}):
        assert "WWW-Authenticate" in server.get("/failing", headers).headers


def test_the_transaction_is_named_for_no_user_who_is_not_let_in(
    build: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
):
    """pyramid_tm reads the userid before the route is known."""
    named: list[str] = []
    monkeypatch.setattr(
        transaction.Transaction,
        "user",
        property(lambda self: "", lambda self, name: named.append(name)),
    )
    server = build(host.pages, transactional)
    server.get("/read", bearer(server.app, "bob", "read"))
    assert named == []
    server.browser.get("/login?user=alice", status=200)
    server.get("/read", bearer(server.app, "bob", "read"))
    assert "alice" not in "".join(named)
    server.get("/whoami")
    assert "alice" in "".join(named)
