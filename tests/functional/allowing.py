"""A user who has allowed a client something, on the page that lists it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from webtest import TestResponse

from pyramid_oauth2.interfaces import IOAuth2Event

from .flow import Flow
from .server import Server, bearer

PAGE = "/oauth2/authorizations"


def articles(page: TestResponse) -> list[str]:
    """The text about each client on the page."""
    return [" ".join(tag.get_text(" ").split()) for tag in page.html.find_all("article")]


def form_of(page: TestResponse, number: int = 0) -> dict[str, str]:
    """The fields of the form to which a client's button leads."""
    button = page.html.select("article a.button")[number]
    return dict(page.goto(button["href"]).form.submit_fields())


class Allowing(Flow):
    """A signed-in user whose client holds tokens and a remembered consent; collects events."""

    def __init__(self, server: Server, user: str = "bob") -> None:
        super().__init__(server)
        self.user = user
        self.log_in(user)
        self.held = self.tokens(prompt="consent")
        self.heard: list[Any] = []
        server.hear(self.heard.append, IOAuth2Event)

    def show(self, status: int = 200, **query: Any) -> TestResponse:
        return self.browser.get(f"{PAGE}?{urlencode(query)}", status=status)

    def post(self, form: dict[str, str]) -> TestResponse:
        """The response to the form, of any status."""
        return self.browser.post(PAGE, form, status="*")

    def assert_untouched(self) -> None:
        """Check that nothing was withdrawn, and that no event was emitted."""
        token = bearer(self.held["access_token"])
        assert self.server.get("/read", token).status_int == 200
        assert self.server.service.server.consents.get(self.user, "web") is not None
        assert self.heard == []
