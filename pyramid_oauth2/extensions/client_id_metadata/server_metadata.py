"""What the server metadata says of documents (RFC 8414 section 2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zope.interface import implementer

from ...interfaces.endpoints import IServerMetadata
from ...interfaces.server import IServer
from ...settings import Settings


@implementer(IServerMetadata)
class DocumentMetadata:
    """``client_id_metadata_document_supported``."""

    names = ("client_id_metadata_document_supported",)

    def __init__(self, server: IServer, settings: Settings) -> None:
        pass

    def members(self) -> Mapping[str, Any]:
        """That documents are read."""
        return {self.names[0]: True}
