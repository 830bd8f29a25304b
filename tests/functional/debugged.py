"""An application that runs with pyramid_debugtoolbar, in its developer's browser."""

from __future__ import annotations

from tempfile import TemporaryDirectory
from typing import Any

# Importing it gives the root logger the handler of the toolbar's panel; imported
# within a test, the handler would be removed with the test.
import pyramid_debugtoolbar.panels.logger  # noqa: F401
from bs4 import BeautifulSoup
from pyramid.httpexceptions import HTTPForbidden
from pyramid.response import Response

from pyramid_oauth2.views.browser import renew_browser

from .server import Server

PANEL = "pDebugPanel-oauth2"
_compiled = TemporaryDirectory()
DEVELOPMENT = {
    # The toolbar's templates are compiled once, not for each application.
    "dbtmako.module_directory": _compiled.name,
    "debugtoolbar.includes": "pyramid_oauth2.debugtoolbar",
    "oauth2.resource_paths": "/api",
}


def stock_toolbar(config: Any) -> None:
    config.include("pyramid_debugtoolbar")


def more_views(config: Any) -> None:
    """Views with different outcomes."""

    def ask_for_more(request: Any) -> Response:
        request.oauth2.require("write")
        return Response()

    def forbid(request: Any) -> Response:
        raise HTTPForbidden("quota exceeded")

    def fail(request: Any) -> Response:
        header = request.headers["Authorization"]
        raise RuntimeError(f"boom: {len(header)}")

    def new_browser(request: Any) -> Response:
        renew_browser(request)
        return Response()

    for view in (ask_for_more, forbid, fail, new_browser):
        config.add_route(view.__name__, f"/{view.__name__}")
        scope = {} if view is new_browser else {"oauth2_scope": "read"}
        config.add_view(view, route_name=view.__name__, **scope)


def _ours(page: str) -> str:
    """Our panel and its entry in the list; parsing the whole page takes a second."""
    entry = page.index(f'id="{PANEL}"')
    content = page.index(f'id="{PANEL}-content"')
    end = page.find('id="pDebugPanel-', content + 1)
    parts = (page[entry : page.index("</li>", entry)], page[content : end if end > 0 else None])
    return "".join(f"<div {part}</div>" for part in parts)


class Panel:
    """The OAuth 2 panel of one request."""

    def __init__(self, page: Any) -> None:
        content = page.find(id=f"{PANEL}-content")
        self.text = content.get_text(" ", strip=True)
        self.decision = content.find("p").get_text(strip=True)
        self.facts = {
            row.th.get_text(strip=True): row.td.get_text(strip=True)
            for row in content.find_all("tr")
        }
        # In the list of all panels.
        self.badge = page.find(id=PANEL).find(class_="badge")
        self.word = self.badge.get_text(strip=True)


class Debugged:
    """A server whose requests the toolbar records."""

    def __init__(self, server: Server) -> None:
        self.server = server
        # Recorded when another test had the application.
        server.registry.pdtb_history.clear()
        server.browser = server.fresh_browser(REMOTE_ADDR="127.0.0.1")

    def page(self, below: str = "") -> Any:
        """The toolbar's page of the last request, or one below it."""
        ((request_id, _),) = self.server.registry.pdtb_history.last(1)
        return self.server.get(f"/_debug_toolbar/{request_id}{below}")

    def panel(self, path: str, headers: dict[str, str] | None = None) -> Panel:
        """Our panel of a new request."""
        self.server.get(path, headers)
        return Panel(BeautifulSoup(_ours(self.page().text), "html.parser"))

    def seen(self) -> list[str]:
        """The paths of the recorded requests, the last one first."""
        return [toolbar.request.path for _, toolbar in self.server.registry.pdtb_history]
