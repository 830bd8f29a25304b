"""What every endpoint for clients has in common: its methods, and its error responses."""

from __future__ import annotations

import functools
from collections.abc import Callable

from pyramid.response import Response

from ..protection.cors import cors_preflight, cors_readable
from ..protection.request import Request
from ..protocol.errors import InvalidRequest, OAuth2Error
from ..protocol.records import Client, StoreUnavailable
from ..protocol.refusal import Refusal
from ..responses import error_response, record_refusal, store_unavailable

Endpoint = Callable[[Request], Response]

METHOD = Refusal("method", "RFC 9110 section 15.5.6")


def endpoint(*methods: str, cross_origin: bool = False) -> Callable[[Endpoint], Endpoint]:
    """Make a view of a function that returns a response or raises an ``OAuth2Error``.

    The error is *returned* as a response. In an exception view it would make
    pyramid_tm abort what the application's subscribers have written.

    :param methods: the HTTP methods that it supports; others get 405 with ``Allow``.
    :param cross_origin: whether pages of other origins may call it. The view must
        make the responses that it returns readable itself.
    """

    def decorate(view: Endpoint) -> Endpoint:
        @functools.wraps(view)
        def endpoint_view(request: Request) -> Response:
            if cross_origin and request.method == "OPTIONS":
                return cors_preflight(*methods)
            client: Client | None = None
            if request.method not in methods:
                allowed = ", ".join(methods)
                refusal = METHOD.comparing(method=request.method, allowed=methods)
                error = InvalidRequest(
                    f"Use the method {allowed} here.", status=405, refusal=refusal
                )
                refused = error_response(error, {"Allow": allowed})
            else:
                try:
                    return view(request)
                except OAuth2Error as error:
                    record_refusal(request, error.refusal)
                    refused, client = error_response(error), error.client
                except StoreUnavailable as unavailable:
                    text = "The server cannot answer now. Try again in a moment."
                    refused = store_unavailable(unavailable, text)
            return cors_readable(request, refused, client) if cross_origin else refused

        return endpoint_view

    return decorate
