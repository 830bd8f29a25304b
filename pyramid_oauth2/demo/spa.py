"""The single-page application: static files, which any other server could serve too."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther

from pyramid_oauth2 import Request

from .clients import SPA_PATH


def to_folder(request: Request) -> Any:
    """Redirect ``/spa`` to ``/spa/``, so that the page finds its files by relative URLs."""
    # Not relative: that is made absolute from the Host header, which an attacker can set.
    return HTTPSeeOther(request.oauth2.service.settings.issuer + SPA_PATH)


def includeme(config: Any) -> None:
    """Serve the folder; it also has the style sheet of all the demo's pages."""
    config.add_static_view(SPA_PATH.strip("/"), "pyramid_oauth2.demo:static")
    config.add_route("spa", SPA_PATH.rstrip("/"))
    config.add_view(to_folder, route_name="spa")
