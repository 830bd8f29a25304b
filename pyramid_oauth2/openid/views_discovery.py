"""``/.well-known/openid-configuration``: the server metadata where clients of OpenID Connect look.

It is the document of RFC 8414, member by member. With a path in the issuer, it is at both
places: OpenID Connect Discovery section 4 appends the well-known path to the issuer, RFC 8414
section 5 inserts it between host and path.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from ..interfaces import ISettings
from ..interfaces.request import PyramidRequest
from ..views.metadata import metadata
from ..views.routes import add_endpoint, route_prefix

WELL_KNOWN = "/.well-known/openid-configuration"


class MountedAt:
    """A predicate of routes: the application is mounted at this path, or where it begins with it.

    Then the path that is appended to the issuer is no part of what routes see.
    """

    def __init__(self, path: str, config: Any) -> None:
        self._path = path

    def text(self) -> str:
        """For Pyramid's reports."""
        return f"oauth2_mounted_at = {self._path!r}"

    phash = text

    def __call__(self, info: Any, request: PyramidRequest) -> bool:
        """Whether it is."""
        return bool(request.environ.get("SCRIPT_NAME", "") == self._path)


def includeme(config: Any) -> None:
    """Add the routes."""
    settings = config.registry.getUtility(ISettings)
    path = urlsplit(settings.issuer or "").path.removesuffix("/")
    config.add_route_predicate("oauth2_mounted_at", MountedAt)
    with route_prefix(config, None):
        add_endpoint(config, "openid_configuration", f"{WELL_KNOWN}{path}", metadata)
        if path:
            name = "openid_configuration.appended"
            add_endpoint(config, name, f"{path}{WELL_KNOWN}", metadata)
            name = "openid_configuration.mounted"
            add_endpoint(config, name, WELL_KNOWN, metadata, oauth2_mounted_at=path)
