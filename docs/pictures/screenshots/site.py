"""The application whose pages are photographed, with its clients and what alice has allowed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.browser.application import OPENID, CookiePolicy, Untimed, configurator, register
from tests.browser.conftest import served
from tests.devices import GRANT_TYPE, plug

SETTINGS = {
    "oauth2.site_name": "Albums",
    "oauth2.site_url": "https://albums.example/",
    "oauth2.admin": "true",
    "oauth2.admin_principals": "alice",
    "oauth2.self_service": "true",
    "oauth2.grant_types": "authorization_code refresh_token client_credentials",
}
CALLBACK = "https://prints.example/callback"


class EveryoneIsAdmin(CookiePolicy):
    """Each signed-in user sees the operators' pages, too."""

    def permits(self, request: Any, context: Any, permission: str) -> bool:
        """Whether a user is signed in."""
        return self.identity(request) is not None


@dataclass(frozen=True, slots=True)
class Site:
    """A running application."""

    url: str
    registry: Any


@contextlib.contextmanager
def site() -> Iterator[Site]:
    """Serve the application on a port of the loopback interface until the block ends."""
    late: list[Any] = []
    with served(lambda *call: late[0](*call)) as port:
        url = f"http://localhost:{port}"
        config = configurator(
            {**OPENID, **SETTINGS, "oauth2.issuer": url}, EveryoneIsAdmin(), Untimed()
        )
        late.append(config.make_wsgi_app())
        _add_clients(config.registry)
        yield Site(url, config.registry)


def _add_clients(registry: Any) -> None:
    plug(registry)
    register(
        registry,
        "prints",
        CALLBACK,
        client_name="Foto Print",
        optional_scope=frozenset({"orders", "profile"}),
        client_uri="https://prints.example/",
        policy_uri="https://prints.example/privacy",
        extra={"post_logout_redirect_uris": [CALLBACK]},
    )
    register(registry, "calendar", CALLBACK, client_name="The Year in Pictures", owner="bob")
    register(registry, "careless", CALLBACK, client_name="Careless", owner="eve", scope=frozenset())
    register(registry, "tv", CALLBACK, client_name="The living room", grant_types=(GRANT_TYPE,))
