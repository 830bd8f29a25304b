"""Sending a response to the client: by a redirect, or by a form that the browser posts."""

from __future__ import annotations

import base64
import hashlib

from pyramid.response import Response

from ..page_protection import CONTENT_POLICY
from ..protection.request import Request
from ..protocol.authorization.response import AuthorizationResponse
from ..protocol.redirect_uris import redirect_url
from .pages import destination, render_page

# The only script of any page: it submits the form. The Content-Security-Policy has its
# hash, so no other script runs. Without JavaScript the user presses the button.
SUBMIT = "document.forms[0].submit()"
SUBMIT_HASH = base64.b64encode(hashlib.sha256(SUBMIT.encode()).digest()).decode()
FORM_POST_POLICY = f"{CONTENT_POLICY}; script-src 'sha256-{SUBMIT_HASH}'"


def send_to_client(request: Request, response: AuthorizationResponse) -> Response:
    """Return the HTTP response that sends an authorization response to the client."""
    assert response.redirect_uri is not None  # Without one there is nothing to send.
    if response.response_mode == "form_post":
        values = {
            "action": response.redirect_uri,
            "parameters": dict(response.parameters),
            "script": SUBMIT,
            **destination(response.redirect_uri),
        }
        return render_page(request, "form_post", values, content_policy=FORM_POST_POLICY)
    location = redirect_url(response.redirect_uri, response.parameters, response.response_mode)
    return redirect(location)


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
