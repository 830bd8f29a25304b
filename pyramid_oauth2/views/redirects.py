"""Sending a response to the client: by a redirect, or by a form that the browser posts."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from pyramid.response import Response

from ..protection.request import Request
from ..protocol.authorization.response import AuthorizationResponse
from ..protocol.redirect_uris import redirect_url
from ..protocol.refusal import Refusal
from .error_log import log_error_page
from .pages import destination, render_page

# The only script of any page: it submits the form. The Content-Security-Policy has its
# hash, so no other script runs. Without JavaScript the user presses the button.
SUBMIT = "document.forms[0].submit()"
SUBMIT_HASH = base64.b64encode(hashlib.sha256(SUBMIT.encode()).digest()).decode()


def send_to_client(request: Request, response: AuthorizationResponse) -> Response:
    """Return the HTTP response that sends an authorization response to the client."""
    if response.response_mode == "form_post":
        values = {**_delivery(response), "script": SUBMIT}
        return render_page(request, "form_post", values, script=f"'sha256-{SUBMIT_HASH}'")
    return redirect(_delivery(response)["action"])


def link_to_client(request: Request, response: AuthorizationResponse, refusal: Refusal) -> Response:
    """Return a page on which the user may follow a link to the client, with an error for it.

    The page shows the host, and nothing that the client chose: no name, no description.

    :param refusal: the check that refused the client's request, for the log.
    """
    reason = response.parameters.get("error_description")
    reference = log_error_page(request, 400, refusal, reason)
    return render_page(request, "unchecked", {**_delivery(response), "reference": reference}, 400)


def _delivery(response: AuthorizationResponse) -> dict[str, Any]:
    """Where a response is sent, and what a form posts there; without that, it is in the URL."""
    uri, mode = response.redirect_uri, response.response_mode
    assert uri is not None  # Without one there is nothing to send.
    parameters = dict(response.parameters)
    if mode != "form_post":
        return {"action": redirect_url(uri, parameters, mode), "parameters": {}, **destination(uri)}
    return {"action": uri, "parameters": parameters, **destination(uri)}


def redirect(location: str) -> Response:
    """A redirect that is not cached, since its URL may contain a code.

    303, never 307: the browser must not post a login or consent form to the
    client (RFC 9700 section 4.12).
    """
    response = Response(status=303)
    response.headers["Location"] = location
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
