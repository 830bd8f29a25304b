"""An application with a view of every kind, for ``poauth2 INI views``."""

from __future__ import annotations

from typing import Any

from pyramid.config import Configurator
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config, view_defaults


class Policy:
    """Permits nothing; the views need only be listed."""

    def identity(self, request: Any) -> None:
        return None

    authenticated_userid = identity

    def permits(self, request: Any, context: Any, permission: str) -> bool:
        return False


class Folder:
    pass


@view_defaults(route_name="notes", oauth2_scope="write read", permission="edit")
class Notes:
    def __init__(self, request: Any) -> None:
        pass

    @view_config(request_method="GET", permission="view", oauth2_only=False)
    def read(self) -> Response:
        return Response("read")

    @view_config(request_method="OPTIONS", permission=NO_PERMISSION_REQUIRED)
    def preflight(self) -> Response:
        return Response("preflight")

    @view_config(request_method=("PUT", "DELETE"))
    def change(self) -> Response:
        return Response("changed")


@view_config(context=Folder, name="peek")
@view_config(route_name="ping")
def ping(request: Any) -> Response:
    return Response("pong")


def main(global_config: dict[str, str], **settings: str) -> Any:
    config = Configurator(settings=settings)
    config.set_security_policy(Policy())
    config.set_default_permission("see")
    config.add_route("notes", "notes/{id}")
    config.add_route("ping", "/ping", request_method="POST")
    config.add_static_view("pictures", "pyramid_oauth2:static")
    config.scan(__name__)
    return config.make_wsgi_app()
