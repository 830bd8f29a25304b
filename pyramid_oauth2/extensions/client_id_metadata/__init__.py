"""Clients that are known by a document at their ``client_id``, a URL.

draft-ietf-oauth-client-id-metadata-document. Off until ``oauth2.client_id_metadata`` says which;
nothing else is imported before.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from ...events import DocumentFetched, notify
from ...interfaces import ISettings
from ...settings.types import AUTHORIZATION_SERVER
from ...startup_error import StartupError
from .settings import OFF, PINNED, ClientIDMetadataSettings

NAME = "client_id_metadata"
PURPOSE = "client_id"


def includeme(config: Any) -> None:
    """Declare the settings; add the resolver if they switch it on."""
    config.add_oauth2_settings(NAME, ClientIDMetadataSettings)
    settings = config.registry.getUtility(ISettings)
    clients = settings.of(ClientIDMetadataSettings).clients
    if settings.mode != AUTHORIZATION_SERVER or clients == OFF:
        return
    try:
        from .making import make_resolver
    except ImportError as error:
        raise StartupError(
            f"oauth2.client_id_metadata = {clients} needs a package that is not installed: "
            "pip install urllib3"
        ) from error
    from .server_metadata import DocumentMetadata
    from .shown_changes import ShownChanges

    def report(url: str, error: str | None) -> None:
        event = DocumentFetched(url=url, purpose=PURPOSE, error=error)
        notify(config.registry, event)

    factory = partial(make_resolver, registry=config.registry, report=report)
    config.add_oauth2_client_resolver(NAME, factory)
    config.add_oauth2_request_extension(NAME, ShownChanges)
    config.add_oauth2_server_metadata(NAME, DocumentMetadata)
    if settings.profile and clients == PINNED:
        config.include(".startup_check")
