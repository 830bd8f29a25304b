"""``/.well-known/oauth-protected-resource/<path>``: the protected resource metadata (RFC 9728)."""

from __future__ import annotations

from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response

from ..protection.cors import cors_readable
from ..protection.protected_resources import WELL_KNOWN, metadata_of, path_of
from ..protection.request import Request
from ..responses import json_response
from .endpoint import endpoint


@endpoint("GET", "HEAD", cross_origin=True)
def protected_resource(request: Request) -> Response:
    """The metadata of the resource whose path follows the well-known path."""
    path = path_of(request)[len(WELL_KNOWN) :]
    members = metadata_of(request.registry, path, request.environ.get("QUERY_STRING", ""))
    if members is None:
        raise HTTPNotFound()
    return cors_readable(request, json_response(members), None)
