"""Makes the resolver of an application."""

from __future__ import annotations

from typing import Any

from ...fetching.public_fetcher import PublicFetcher
from ...interfaces.fetcher import IFetcher, Report
from ...interfaces.server import IServer
from ...settings import Settings
from .document import Reader
from .pinned import pinned_documents
from .resolver import DocumentResolver
from .settings import ClientIDMetadataSettings


def make_resolver(
    server: IServer, settings: Settings, registry: Any, report: Report
) -> DocumentResolver:
    """The resolver.

    :param registry: of the application, which may have another fetcher, for tests.
    :raises ValueError: a pinned document cannot be read.
    """
    own = settings.of(ClientIDMetadataSettings)
    scopes = own.scopes if own.scopes is not None else server.default_scopes or frozenset()
    return DocumentResolver(
        server,
        own,
        Reader(server, scopes),
        registry.queryUtility(IFetcher) or PublicFetcher(),
        pinned_documents(own.pinned),
        report,
    )
