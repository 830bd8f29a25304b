"""The consent page: the client, the scopes that it requests, and its redirect URI."""

from __future__ import annotations

from collections.abc import Iterator

from pyramid.response import Response

from ..endpoint_urls import endpoint_url
from ..interfaces import ISettings
from ..protection.request import Request
from ..protocol.authorization.authorization_request import AuthorizationRequest
from ..protocol.authorization.consent_block import ConsentBlock
from ..protocol.authorization.extensions import consent_blocks
from ..protocol.authorization.interaction import OpenInteraction
from ..protocol.clients.value_rules import is_https_url
from ..protocol.records import Client
from .browser import FIELD, browser_token
from .described_resources import described_resources
from .descriptions import describe_scope, document_host, link_of, logo_of, registered
from .frame import sign_out_url
from .language import prefer_languages, translated
from .pages import destination, render_page


def consent_page(
    request: Request, client: Client, handle: str, pending: OpenInteraction, endpoint: str
) -> Response:
    """Ask the user. The form sends back only a handle; the stored request is what is granted.

    :param endpoint: the name of the endpoint to which the form is sent.
    """
    requested = pending.interaction.request
    ui_locales = (requested.login_hints or {}).get("ui_locales")
    prefer_languages(request, ui_locales)
    server = request.oauth2.authorization_service.server
    settings = request.registry.getUtility(ISettings)
    logo = logo_of(client)
    values = {
        "client_name": client.client_name or client.client_id,
        "client_id": client.client_id,
        "logo_uri": logo,
        "client_uri": link_of(client, client.client_uri),
        "policy_uri": link_of(client, client.policy_uri),
        "tos_uri": link_of(client, client.tos_uri),
        "scopes": [
            {
                "name": name,
                "description": describe_scope(request, name),
                "optional": name in requested.optional_scope,
            }
            for name in sorted(requested.scope)
        ],
        "resources": described_resources(request, requested),
        "registered": registered(request, client),
        "document_host": document_host(client),
        "only_on_device": not any(map(is_https_url, client.redirect_uris)),
        "blocks": [*_blocks(request, requested)],
        "lasts": server.lasts(client, requested.scope),
        "authorizations_url": endpoint_url(request.registry, "authorizations"),
        "sign_out_url": sign_out_url(
            request, settings, interaction=handle, endpoint=endpoint, ui_locales=ui_locales
        ),
        "action": endpoint_url(request.registry, endpoint),
        "handle": handle,
        "browser_field": FIELD,
        "browser_token": browser_token(request),
        **({} if requested.redirect_uri is None else destination(requested.redirect_uri)),
    }
    return render_page(request, "consent", values, logos=[logo])


def _blocks(request: Request, requested: AuthorizationRequest) -> Iterator[ConsentBlock]:
    """What features contribute, in the language of the page."""
    server = request.oauth2.authorization_service.server
    for block in consent_blocks(server, requested):
        lines = tuple(translated(request, line) for line in block.lines)
        yield ConsentBlock(translated(request, block.title), lines)
