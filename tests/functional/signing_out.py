"""A client at which bob has signed in, and what he sees where he signs out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from pyramid_oauth2.events import SessionEnded

from .flow import Flow
from .openid_provider import give_scopes, parts

StartFlow = Callable[..., Flow]


END_SESSION = "/oauth2/end_session"


BYE = "https://client.example/bye"


@pytest.fixture
def storage() -> dict[str, str]:
    """Nothing here depends on the store."""
    return {"oauth2.backend": "memory"}


class Party:
    """A client at which bob has signed in, and his browser."""

    def __init__(self, flow: Flow) -> None:
        self.flow = give_scopes(flow, post_logout_redirect_uris=(BYE, f"{BYE}?a=b"))
        self.tokens = self.sign_in()
        self.id_token = str(self.tokens["id_token"])
        self.events: list[Any] = []
        flow.server.hear(self.events.append, SessionEnded)

    def sign_in(self, **changes: str) -> Any:
        return self.flow.tokens(scope="openid read", **changes)

    def send(self, method: str = "get", **parameters: str | None) -> Any:
        """The last response on our site; of a redirect to the client, that redirect."""
        given = {name: value for name, value in parameters.items() if value is not None}
        if method == "post":
            answer = self.flow.browser.post(END_SESSION, given, status="*")
        else:
            answer = self.flow.browser.get(f"{END_SESSION}?{urlencode(given)}", status="*")
        return self.followed(answer)

    def followed(self, answer: Any) -> Any:
        while answer.status_int in (302, 303) and answer.location.startswith("http://localhost"):
            answer = self.flow.browser.get(answer.location, status="*")
        return answer

    def press(self, page: Any) -> Any:
        """Press the button of the page that asks."""
        fields = page.form.submit_fields()
        return self.followed(self.flow.browser.post(page.form.action, fields, status="*"))

    @property
    def user(self) -> str:
        """Who is signed in to the application."""
        return str(self.flow.browser.get("/whoami").text)

    @property
    def sid(self) -> str:
        return str(parts(self.id_token)[1]["sid"])

    def is_over(self) -> bool:
        """Whether login, session and grant have ended."""
        service = self.flow.server.service
        lasts = any(each.sid == self.sid for each in service.sessions.list("bob"))
        refreshed = self.flow.refresh(self.tokens["refresh_token"])
        over = (self.user, lasts, refreshed.status_int)
        assert over in (("anonymous", False, 400), ("bob", True, 200)), over
        return over[0] == "anonymous"


def asks(answer: Any) -> bool:
    return answer.status_int == 200 and answer.html.h1.string == "Sign out?"


def says_signed_out(answer: Any) -> bool:
    return answer.status_int == 200 and answer.html.h1.string == "You are signed out"


def browser_cookie(party: Party) -> str:
    (value,) = (each.value for each in party.flow.browser.cookiejar if "browser" in each.name)
    return str(value)
