"""Applications that know, or do not know, when a user logged in, with clients that demand it."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from pyramid_oauth2.protocol.authentication import Authentication
from pyramid_oauth2.protocol.authorization.login_demand import end_login
from pyramid_oauth2.protocol.authorization.results import (
    Again,
    Login,
    LoginAgain,
    Result,
)
from pyramid_oauth2.protocol.http import Parameters

from .test_flow import World
from .worlds import NOW

# Too long for the URL of a login, so that the request is stored.
LONG = "%" * 1000


def mark_in(result: Result) -> str:
    """The mark in the URL that a result leads to."""
    assert isinstance(result, Login | Again)
    return dict(parse_qsl(result.query))["oauth2_login"]


def session_in(result: Result) -> str:
    """What the mark says of the session."""
    return mark_in(result).split(".")[1]


def request_in(query: str) -> dict[str, str]:
    """The parameters of a URL of ours without the mark."""
    return {name: value for name, value in parse_qsl(query) if name != "oauth2_login"}


class LoginWorld(World):
    """An application that may know when its users logged in, and a client that demands a login."""

    known = False

    def log_in(self) -> None:
        """The user logs in now."""
        self.authentication = Authentication(self.clock.now) if self.known else None

    def ask(self, user: Any = None, **changes: str) -> Any:
        return self.begin(user, **{"prompt": "login", **changes})

    def press(self, page: Any, user: Any = None) -> Again:
        """Press the button of the page that ends the login."""
        assert isinstance(page, LoginAgain)
        values = {name: (value,) for name, value in parse_qsl(page.query)}
        (handle,) = values.get("interaction", ("",))
        parameters = None if handle else Parameters(values)
        return end_login(self.server, parameters, handle, user or self.user())

    def sent_to_login(self, **changes: str) -> Login:
        """From a signed-in user's request to the login."""
        result, user = self.ask(**changes), self.user()
        while not isinstance(result, Login):
            if isinstance(result, LoginAgain):
                result, user = self.press(result), self.user(None)
            result = self.follow(result.query, user)
        return result


class Known(LoginWorld):
    known = True

    def __init__(self) -> None:
        super().__init__()
        self.authentication = Authentication(NOW - 60)
