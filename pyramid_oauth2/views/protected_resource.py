"""``/.well-known/oauth-protected-resource/<path>``: the protected resource metadata (RFC 9728)."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response

from ..interfaces import ISettings
from ..protection.cors import cors_readable
from ..protection.protected_resources import WELL_KNOWN, path_of, resource_url, scopes_of
from ..protection.request import Request
from ..responses import json_response
from .endpoint import endpoint


@endpoint("GET", "HEAD", cross_origin=True)
def protected_resource(request: Request) -> Response:
    """The metadata of the resource whose path follows the well-known path.

    RFC 9728 section 3.3: ``resource`` is the requested URL, character by character.
    Only the scopes that this resource requires are listed.
    """
    settings = request.registry.getUtility(ISettings)
    mount = unquote(urlsplit(settings.public_url).path)
    path = path_of(request)[len(WELL_KNOWN) :]
    # Compare whole segments: /apple is not below /app.
    if not f"{path}/".startswith(f"{mount}/"):
        raise HTTPNotFound()
    path = path[len(mount) :]
    scopes = scopes_of(request.registry, path or "/")
    if scopes is None:
        raise HTTPNotFound()
    members: dict[str, Any] = {
        "resource": resource_url(request.registry, path),
        "authorization_servers": [settings.issuer],
        "bearer_methods_supported": ["header"],
    }
    if scopes:
        members["scopes_supported"] = sorted(scopes)
    return cors_readable(request, json_response(members), None)
