"""The single-page application: static files, which any other server could serve as well."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther

from .clients import SPA_PATH


def to_folder(request: Any) -> Any:
    """From ``/spa`` to ``/spa/``, where the page finds its files beside it."""
    # Not relative: that is made absolute from the Host header, which anybody can write.
    return HTTPSeeOther(request.oauth2.service.settings.issuer + SPA_PATH)


def includeme(config: Any) -> None:
    """Serve the folder, which has the style sheet of all the demo's pages too."""
    config.add_static_view(SPA_PATH.strip("/"), "pyramid_oauth2.demo:static")
    config.add_route("spa", SPA_PATH.rstrip("/"))
    config.add_view(to_folder, route_name="spa")
