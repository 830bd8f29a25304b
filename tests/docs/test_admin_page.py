"""docs/admin.md: its settings and its policy admit the right users."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from pyramid.config import Configurator
from webtest import TestApp

from .page import Page


@pytest.fixture
def app(follow: Callable[..., Page], load: Callable[[str], Any]) -> Any:
    page = follow("docs/admin.md")
    page.write_files()

    class Policy(load("policy").Policy):  # type: ignore[misc]
        """The policy of the page, with users taken from a header."""

        def identity(self, request: Any) -> Any:
            name, _, groups = request.headers.get("X-User", "").partition(" ")
            return SimpleNamespace(name=name, groups=groups.split()) if name else None

        def authenticated_userid(self, request: Any) -> Any:
            user = self.identity(request)
            return user and user.name

    config = Configurator(
        settings={
            "oauth2.issuer": "http://localhost",
            "oauth2.backend": "memory",
            "oauth2.scopes": "read = Read",
            **page.settings("oauth2.admin ="),
            **page.settings("oauth2.self_service ="),
        }
    )
    config.set_security_policy(Policy())
    config.include("pyramid_oauth2")
    return TestApp(config.make_wsgi_app())


@pytest.mark.parametrize(
    ("user", "admin", "applications"),
    [("", 403, 403), ("alice", 403, 200), ("bob group:admin", 200, 200)],
)
def test_who_gets_where(app: Any, user: str, admin: int, applications: int) -> None:
    headers = {"X-User": user}
    app.get("/oauth2/admin/clients", headers=headers, status=admin)
    app.get("/oauth2/applications", headers=headers, status=applications)
