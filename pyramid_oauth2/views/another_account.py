"""The page on which a user changes the account: the client's request names another one."""

from __future__ import annotations

from pyramid.response import Response

from ..endpoint_urls import endpoint_url
from ..interfaces import ISettings
from ..protection.request import Request
from ..protocol.authorization.interaction import OpenInteraction
from ..protocol.records import Client
from .browser import FIELD, browser_token
from .frame import sign_out_url
from .language import prefer_languages
from .pages import render_page


def another_account_page(
    request: Request, client: Client, handle: str, pending: OpenInteraction, endpoint: str
) -> Response:
    """Offer the way to another account, and the way back to the client.

    :param endpoint: the name of the endpoint to which the form is sent.
    """
    ui_locales = (pending.interaction.request.login_hints or {}).get("ui_locales")
    prefer_languages(request, ui_locales)
    settings = request.registry.getUtility(ISettings)
    values = {
        "client_name": client.client_name or client.client_id,
        "sign_out_url": sign_out_url(
            request, settings, interaction=handle, endpoint=endpoint, ui_locales=ui_locales
        ),
        "action": endpoint_url(request.registry, endpoint),
        "handle": handle,
        "browser_field": FIELD,
        "browser_token": browser_token(request),
    }
    return render_page(request, "another_account", values)
