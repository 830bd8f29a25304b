"""Pages for users: rendered by our own renderer, with the headers that a login page needs."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pyramid.httpexceptions import HTTPForbidden
from pyramid.renderers import render
from pyramid.response import Response

from ..interfaces import ISettings
from ..page_protection import page_headers, page_policy
from ..protection.request import Request
from ..protocol.authorization.checks import GONE
from ..protocol.authorization.unusable import ForeignInteraction, UnusableInteraction
from ..protocol.authorization.way_back import WayBack
from ..protocol.errors import OAuth2Error, TemporarilyUnavailable
from ..protocol.records import StoreUnavailable
from ..protocol.refusal import Refusal
from ..responses import RETRY_AFTER, STORE, error_response
from .endpoint import METHOD
from .error_log import log_error_page
from .forbidden import ALLOWED, NOT_ALLOWED, has_forbidden_view
from .frame import frame, image_sources
from .language import settle_language
from .way_back import link_back

if TYPE_CHECKING:
    from .times import Times


CLIENT_GONE = "client_gone"
JSON = "application/json"
View = Callable[[Request], Response]


def render_page(
    request: Request,
    name: str,
    values: Mapping[str, Any],
    status: int = 200,
    *,
    logos: Iterable[str | None] = (),
    script: str = "",
) -> Response:
    """Render the template *name*, or the one that ``oauth2.renderer.<name>`` names instead.

    :param logos: the addresses of further images, which the page may load.
    :param script: the source of the one script that may run, for ``script-src``.
    """
    settings = request.registry.getUtility(ISettings)
    settle_language(request)
    everywhere = {**frame(request, settings), "times": _times(request)}
    html = render(settings.renderer(name), {**everywhere, **values}, request=request)
    response = Response(html, status=status, content_type="text/html", charset="UTF-8")
    policy = page_policy(image_sources(settings, logos))
    response.headers.update(page_headers(f"{policy}; script-src {script}" if script else policy))
    return response


def _times(request: Request) -> Times:
    # Not imported at the start: without pages, Babel is never needed.
    from .times import Times

    return Times(request)


def destination(redirect_uri: str) -> dict[str, Any]:
    """Where a response goes, as the page shows it to the user.

    :return: ``redirect_host``, which is the scheme if that alone determines the
        app; ``redirect_on_device``, whether it stays on the user's device;
        ``redirect_to_app``, whether it is an app there that receives it. A loopback address may
        be that of a page in the browser as well.
    """
    parts = urlsplit(redirect_uri)
    # What follows a private-use scheme may look like a host, but is not one.
    on_the_web = parts.scheme in ("https", "http")
    return {
        "redirect_host": parts.netloc.rpartition("@")[2] if on_the_web else parts.scheme,
        # http is allowed for loopback hosts only.
        "redirect_on_device": parts.scheme != "https",
        "redirect_to_app": not on_the_web,
    }


def error_page(
    request: Request,
    description: str,
    status: int = 400,
    code: str | None = None,
    way_back: WayBack | None = None,
    *,
    refusal: Refusal,
    reason: str | None = None,
) -> Response:
    """The page that explains an error to the user. Of the request it repeats scopes at most.

    :param description: for the developer, in English; the page shows it in small print.
    :param code: selects the page's own text: an OAuth error code, the code of an
        :class:`~pyramid_oauth2.protocol.authorization.unusable.UnusableInteraction`,
        or ``foreign_form``, ``too_many_requests``.
    :param way_back: to the client, if the page is of its request.
    :param refusal: the check that refused the request, for the log.
    :param reason: for the log, if *description* is not exact.
    """
    back = None if way_back is None else link_back(way_back)
    client_id = None if way_back is None else way_back.client.client_id
    values: dict[str, Any] = {
        "description": description,
        "code": code,
        "back": back,
        "reference": log_error_page(request, status, refusal, reason or description, client_id),
    }
    if back is not None:
        values |= destination(back["url"])
    return render_page(request, "error", values, status)


def unusable_page(
    request: Request, error: UnusableInteraction, way_back: WayBack | None = None
) -> Response:
    """The page for a request or a form that cannot be used any more, or not here.

    :param way_back: where the user can go from it.
    """
    status = 403 if isinstance(error, ForeignInteraction) else 400
    return error_page(request, str(error), status, error.code, way_back, refusal=error.refusal)


def refused_page(request: Request, error: OAuth2Error, way_back: WayBack | None = None) -> Response:
    """The page for an error that is not sent to the client; JSON for a program.

    :param way_back: where the user can go from it.
    """
    code, refusal = _code_to_try_again(error), error.refusal
    if _is_from_program(request):
        log_error_page(request, error.status, refusal, error.description)
        return error_response(error)
    if code is None:
        code = CLIENT_GONE if refusal.check == GONE.check else error.code
        return error_page(request, error.description, 400, code, way_back, refusal=refusal)
    response = error_page(request, error.description, error.status, code, way_back, refusal=refusal)
    response.headers["Retry-After"] = str(error.retry_after or RETRY_AFTER)
    return response


def page_endpoint(*methods: str) -> Callable[[View], View]:
    """Make a view of a function that returns a response or raises; an error becomes a page.

    :param methods: the HTTP methods that it supports; others get 405 with ``Allow``.
    """

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def page_view(request: Request) -> Response:
            if request.method not in methods:
                allowed = ", ".join(methods)
                refusal = METHOD.comparing(method=request.method, allowed=methods)
                text = "This address is for a web browser."
                response = error_page(request, text, 405, refusal=refusal)
                response.headers["Allow"] = allowed
                return response
            return _respond(view, request)

        return page_view

    return decorate


def _respond(view: View, request: Request) -> Response:
    try:
        return view(request)
    except OAuth2Error as error:
        return refused_page(request, error)
    except UnusableInteraction as unusable:
        return unusable_page(request, unusable)
    except HTTPForbidden as refused:
        if has_forbidden_view(request.registry, request.matched_route.name):
            raise
        code = getattr(refused, "page_code", NOT_ALLOWED)
        refusal = getattr(refused, "refusal", ALLOWED)
        return error_page(request, refused.detail or "", 403, code, refusal=refusal)
    except StoreUnavailable as unavailable:
        response = error_page(
            request,
            "The store cannot answer now.",
            503,
            TemporarilyUnavailable.code,
            refusal=STORE,
            reason=f"The store cannot answer: {unavailable}",
        )
        response.headers["Retry-After"] = str(RETRY_AFTER)
        return response


def _is_from_program(request: Request) -> bool:
    """Whether a request prefers JSON to a page.

    Before they open the browser, some MCP clients ask so whether their registration is still there.
    """
    offers: list[tuple[str, float]] = request.accept.acceptable_offers(["text/html", JSON])
    return bool(offers) and offers[0][0] == JSON


def _code_to_try_again(error: OAuth2Error) -> str | None:
    """The code of the page if the request was right, but cannot be answered now; else None."""
    # By the status: a plug-in may raise a class of its own, and the throttle's class is also
    # that of a server which is not available.
    if error.status == 429:
        return "too_many_requests"
    return TemporarilyUnavailable.code if error.status >= 500 else None
