"""The documents of the folder ``oauth2.client_id_metadata.pinned``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ...jose.objects import json_object


def pinned_documents(folder: str | None) -> Mapping[str, bytes]:
    """The documents of a folder, by their client_id.

    :raises ValueError: it is no folder, or a file is no document.
    """
    if folder is None:
        return {}
    if not Path(folder).is_dir():
        raise ValueError(f"oauth2.client_id_metadata.pinned: there is no folder {folder}")
    found: dict[str, bytes] = {}
    for path in sorted(Path(folder).glob("*.json")):
        try:
            body = path.read_bytes()
            client_id = json_object(body).get("client_id")
        except OSError as error:
            raise ValueError(f"{path} cannot be read: {error.strerror}") from None
        except ValueError as error:
            raise ValueError(f"{path} {error}") from None
        if not isinstance(client_id, str) or client_id in found:
            raise ValueError(f"{path} has no client_id, or that of another file")
        found[client_id] = body
    return found
