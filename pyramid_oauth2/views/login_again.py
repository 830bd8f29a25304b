"""The page that asks the user to sign in again, where that ends the present login."""

from __future__ import annotations

from pyramid.response import Response

from ..protection.request import Request
from ..protocol.authorization.return_query import MARK
from ..protocol.records import Client
from .browser import FIELD, browser_token
from .pages import render_page


def login_again_page(request: Request, client: Client, url: str) -> Response:
    """Ask the user to press a button; its form ends the login, and the request goes on.

    :param url: where the request goes on, which the form is posted to.
    """
    values = {
        "client_name": client.client_name or client.client_id,
        "action": url,
        "login_field": MARK,
        "browser_field": FIELD,
        "browser_token": browser_token(request),
    }
    return render_page(request, "login_again", values)
