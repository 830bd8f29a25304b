"""Makes the resolver of an application."""

from __future__ import annotations

from typing import Any

from ...fetching.loopback_fetcher import fetcher_for
from ...interfaces.fetcher import IFetcher, Report
from ...interfaces.server import IServer
from ...protocol.scopes import CLIENT_REGISTRATION
from ...settings import Settings
from .document import Reader
from .pinned import pinned_documents
from .resolver import DocumentResolver
from .settings import ALL, ClientIDMetadataSettings


def make_resolver(
    server: IServer, settings: Settings, registry: Any, report: Report
) -> DocumentResolver:
    """The resolver.

    :param registry: of the application, which may have another fetcher, for tests.
    :raises ValueError: a pinned document cannot be read.
    """
    own = settings.of(ClientIDMetadataSettings)
    return DocumentResolver(
        server,
        own,
        Reader(server, _scopes(server, own.scopes)),
        registry.queryUtility(IFetcher) or fetcher_for(server.issuer),
        pinned_documents(own.pinned),
        report,
    )


def _scopes(server: IServer, named: frozenset[str] | None) -> frozenset[str]:
    """The most that a client may be granted."""
    if named is None:
        return server.default_scopes or frozenset()
    return frozenset(server.scopes) - {CLIENT_REGISTRATION} if ALL in named else named
