"""The views of endpoints: their methods, their error responses, and those that are registered."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import partial

from pyramid.response import Response

from ..endpoint_urls import endpoint_url
from ..protection.challenges import refused_at_endpoint
from ..protection.cors import cors_preflight, cors_readable
from ..protection.http_request import http_request
from ..protection.request import Request
from ..protocol.client_endpoint import process_request
from ..protocol.errors import InvalidRequest, OAuth2Error
from ..protocol.events import Emit
from ..protocol.records import Client, StoreUnavailable
from ..protocol.refusal import Refusal
from ..responses import endpoint_response, error_response, record_refusal, store_unavailable
from .retries import once_per_request

Endpoint = Callable[[Request], Response]

UNAUTHORIZED = 401
METHOD = Refusal("method", "RFC 9110 section 15.5.6")


@dataclass(frozen=True, slots=True)
class RegisteredEndpoint:
    """The view of an endpoint that was registered with ``config.add_oauth2_endpoint``.

    If the application's own transaction fails afterwards and the request is run again,
    nothing is processed or counted again: the response is the same.
    """

    name: str

    def __call__(self, request: Request) -> Response:
        """Process the request; an error is returned as a response."""
        registered = request.oauth2.authorization_service.server.plug_ins.endpoints[self.name]
        head = ("HEAD",) if "GET" in registered.methods else ()
        methods = tuple(dict.fromkeys((*registered.methods, *head)))
        view = partial(once_per_request, respond=self._respond)
        return respond(request, view, methods, registered.cross_origin)

    def _respond(self, request: Request, emit: Emit) -> Response:
        service = request.oauth2.authorization_service
        registered = service.server.plug_ins.endpoints[self.name]
        http = http_request(request, endpoint_url(request.registry, self.name))
        owners = service.owners.of(request)
        processed = process_request(service.server, registered, http, owners, emit)
        if processed.stored:
            service.purger.after_issue()
        response = endpoint_response(processed)
        if registered.cross_origin:
            return cors_readable(request, response, processed.client, processed.headers)
        return response


def endpoint(*methods: str, cross_origin: bool = False) -> Callable[[Endpoint], Endpoint]:
    """Make a view of a function that returns a response or raises an ``OAuth2Error``.

    :param methods: the HTTP methods that it supports; others get 405 with ``Allow``.
    :param cross_origin: whether pages of other origins may call it. The view must
        make the responses that it returns readable itself.
    """

    def decorate(view: Endpoint) -> Endpoint:
        @functools.wraps(view)
        def endpoint_view(request: Request) -> Response:
            return respond(request, view, methods, cross_origin)

        return endpoint_view

    return decorate


def respond(
    request: Request, view: Endpoint, methods: Collection[str], cross_origin: bool
) -> Response:
    """The response of a view, or that to the ``OAuth2Error`` that it raises.

    The error is *returned* as a response. In an exception view it would make
    pyramid_tm abort what the application's subscribers have written.
    """
    if cross_origin and request.method == "OPTIONS":
        return cors_preflight(*methods)
    client: Client | None = None
    headers: Iterable[str] = ()
    if request.method not in methods:
        allowed = ", ".join(methods)
        refusal = METHOD.comparing(method=request.method, allowed=methods)
        error = InvalidRequest(f"Use the method {allowed} here.", status=405, refusal=refusal)
        refused = error_response(error, {"Allow": allowed})
    else:
        try:
            return view(request)
        except OAuth2Error as error:
            record_refusal(request, error.refusal)
            refused = _refused(request, error)
            client, headers = error.client, error.headers
        except StoreUnavailable as unavailable:
            text = "The server cannot answer now. Try again in a moment."
            refused = store_unavailable(unavailable, text)
    return cors_readable(request, refused, client, headers) if cross_origin else refused


def _refused(request: Request, error: OAuth2Error) -> Response:
    if error.of_access_token:
        return refused_at_endpoint(request, error)
    return error_response(error, _challenges(request, error))


def _challenges(request: Request, error: OAuth2Error) -> dict[str, str]:
    if error.status != UNAUTHORIZED:
        return {}
    # RFC 9110 section 15.5.2, also for an error of a plug-in; RFC 6749 section 5.2: the response
    # "MUST include the WWW-Authenticate response header field matching the authentication scheme".
    methods = request.oauth2.authorization_service.server.plug_ins.client_authentications
    challenges = [each.challenge for each in methods.values() if each.challenge]
    return {"WWW-Authenticate": ", ".join(challenges)}
