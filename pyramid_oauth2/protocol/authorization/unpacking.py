"""Authorization requests that come by another way than their parameters (RFC 9101, RFC 9126)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..authorization_server import AuthorizationServer
from ..errors import InvalidRequest
from ..http import Parameters, check_value
from . import checks
from .client_lookup import Count
from .clients import find_client
from .source import SourcedParameters, StoredRequest

if TYPE_CHECKING:
    from ...interfaces.authorization import IAuthorizationRequestSource


def unpacked(
    server: AuthorizationServer, sent: Parameters, count: Count | None = None
) -> Parameters | StoredRequest:
    """The parameters that count, or where the request is stored.

    :param sent: what the client sent; returned where no source reads one of the parameters.
    :param count: as for :func:`~.clients.find_client`.
    :raises OAuth2Error: a source cannot read its parameter, or the request is another client's.
    """
    sources = _sources(server, sent)
    if not sources:
        return sent
    if len(sources) > 1:
        # RFC 9101 section 5: request and request_uri "MUST NOT be used together".
        raise InvalidRequest(
            "The request comes by two parameters; send one of them.",
            refusal=checks.REQUEST_SOURCES.comparing(parameters=[name for name, _ in sources]),
        )
    name, source = sources[0]
    client = find_client(server, sent, count)
    found = source.read(sent.once(name) or "", client)
    if isinstance(found, StoredRequest):
        return found
    return _parameters(server, found, client.client_id, sent)


def named_only(server: AuthorizationServer, sent: Parameters) -> Parameters:
    """Those that name a request and its client; the others count for nothing."""
    sources = server.plug_ins.request_sources.values()
    return sent.only(["client_id", *(each.parameter.name for each in sources)])


def _sources(
    server: AuthorizationServer, sent: Parameters
) -> list[tuple[str, IAuthorizationRequestSource]]:
    sources = server.plug_ins.request_sources.values()
    by_name = [(each.parameter.name, each) for each in sources]
    return [(name, each) for name, each in by_name if sent.once(name) is not None]


def _parameters(
    server: AuthorizationServer, found: SourcedParameters, client_id: str, sent: Parameters
) -> Parameters:
    # RFC 9101 section 6.3: the server "MUST only use the parameters in the Request Object,
    # even if the same parameter is provided in the query parameter".
    values = {"client_id": (client_id,), **_values(found.values)}
    if values["client_id"] != (client_id,):
        # RFC 9101 section 5: the client_id beside it "MUST match".
        raise InvalidRequest(
            "The client_id is not that of the request itself.", refusal=checks.REQUEST_CLIENT
        )
    for name, each in values.items():
        for value in each:
            check_value(name, value, sent.rules)
    provenance = sent.provenance | found.provenance
    parameters = replace(sent, values=values, provenance=provenance)
    # RFC 9101 section 4: a request object must not contain request or request_uri.
    if _sources(server, parameters):
        raise InvalidRequest("The request names another request.", refusal=checks.REQUEST_WITHIN)
    return parameters


def _values(found: Any) -> dict[str, tuple[str, ...]]:
    """As parameters have them. A source may have read anything as JSON.

    :raises InvalidRequest: there are other types.
    """
    if not isinstance(found, Mapping):
        raise InvalidRequest("The request is no object.", refusal=checks.REQUEST_VALUES)
    values = {}
    for name, value in found.items():
        several = (value,) if isinstance(value, str) else value
        if not isinstance(several, list | tuple):
            several = (None,)
        if not all(isinstance(each, str) for each in (name, *several)):
            raise InvalidRequest(
                "A parameter of the request is neither a string nor a list of strings.",
                refusal=checks.REQUEST_VALUES.comparing(name=str(name)),
            )
        values[name] = tuple(several)
    return values
