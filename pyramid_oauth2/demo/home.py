"""The home page: what to try."""

from __future__ import annotations

from typing import Any

from pyramid.response import Response

from pyramid_oauth2 import Request

from .clients import DEMO_CLIENT
from .pages import protected_page


def home(request: Request) -> dict[str, Any]:
    """The home page, for signed-in and anonymous users."""
    return {
        "issuer": request.oauth2.service.settings.issuer,
        "client_id": DEMO_CLIENT.client_id,
    }


def no_icon(request: Request) -> Response:
    """Nothing: every browser asks for an icon, and the log would have an error."""
    return Response(status=204, headers={"Cache-Control": "max-age=86400"})


def includeme(config: Any) -> None:
    """Add the page, and the icon that browsers ask for."""
    config.add_route("icon", "/favicon.ico")
    config.add_view(no_icon, route_name="icon")
    config.add_route("home", "/")
    config.add_view(
        home, route_name="home", renderer="templates/home.jinja2", decorator=protected_page
    )
