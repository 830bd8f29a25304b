"""The APIs for which a client requests or has tokens, as pages name them (RFC 8707)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..protection.request import Request
from ..protocol.authorization.authorization_request import AuthorizationRequest
from .descriptions import describe_scope
from .language import translated


@dataclass(frozen=True, slots=True)
class DescribedResource:
    """An API in words for users.

    :param address: its URL without the scheme, or the whole identifier if it is no URL.
    :param name: as its operator calls it; None if they gave it no name.
    :param scopes: what the client may do there; none, if it is all that it requests.
    """

    address: str
    name: str | None
    scopes: tuple[str, ...]


def described_resources(
    request: Request, requested: AuthorizationRequest
) -> list[DescribedResource]:
    """Each API that the request is limited to; none if it is limited to none."""
    resources = request.oauth2.authorization_service.server.resources
    # For an API that has every scope, the list of what is requested says it.
    at = {
        each: requested.scope & (resources.scopes_of(each) or frozenset())
        for each in requested.resources
    }
    return _described(request, at)


def described_audience(
    request: Request, at: Mapping[str, frozenset[str]]
) -> list[DescribedResource]:
    """Each API where something is allowed; none if that is everything without a name alone."""
    if at.keys() <= {request.oauth2.authorization_service.server.resources.area}:
        return []
    return _described(request, dict(sorted(at.items())))


def _described(request: Request, at: Mapping[str, frozenset[str]]) -> list[DescribedResource]:
    resources = request.oauth2.authorization_service.server.resources
    described = []
    for each, scope in at.items():
        found = resources.known.get(each)
        described.append(
            DescribedResource(
                resources.uri(each).partition("://")[2].rstrip("/") or each,
                # The name may be a translation string of the application.
                translated(request, found.name) if found and found.name else None,
                tuple(describe_scope(request, name) for name in sorted(scope)),
            )
        )
    return described
