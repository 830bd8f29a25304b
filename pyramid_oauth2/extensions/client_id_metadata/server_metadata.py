"""What the server metadata says of documents (RFC 8414 section 2)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, cast

from zope.interface import implementer

from ...interfaces.endpoints import IServerMetadata
from ...interfaces.server import IServer
from ...protocol.clients.approved_documents import has_approved_documents
from ...protocol.server import Server
from ...settings import Settings
from .pinned import pinned_documents
from .recent_answer import RecentAnswer
from .settings import PINNED, ClientIDMetadataSettings


@implementer(IServerMetadata)
class DocumentMetadata:
    """``client_id_metadata_document_supported``.

    A client that has a document uses it where this is there, and registers itself only where it is
    not. So it is there only if one of them can come.

    :raises pyramid.exceptions.ConfigurationError: documents can be pinned, and the backend has no
        store for entries.
    """

    names = ("client_id_metadata_document_supported",)

    def __init__(self, server: IServer, settings: Settings) -> None:
        own = settings.of(ClientIDMetadataSettings)
        self._always = own.clients != PINNED or bool(pinned_documents(own.pinned))
        if not self._always:
            # At the start rather than in a request.
            server.entries  # noqa: B018
        ask = partial(has_approved_documents, cast(Server, server))
        self._has_approved = RecentAnswer(ask, server.clock)

    def members(self) -> Mapping[str, Any]:
        """That documents are read; nothing where only pinned ones are, and none is."""
        return {self.names[0]: True} if self._always or self._has_approved() else {}
