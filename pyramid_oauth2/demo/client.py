"""The demo's client: made again in whichever store the ini chooses, with one secret."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from pyramid_oauth2 import (
    Client,
    DuplicateRecord,
    OAuth2Service,
    new_client_secret,
    register_client,
    replace_client_secret,
)

DEMO_CLIENT = Client(
    client_id="demo",
    client_name="The demo's client",
    grant_types=("password", "client_credentials"),
    scope=frozenset({"read", "write"}),
    token_endpoint_auth_method="client_secret_post",
)


def read_secret(path: str) -> str:
    """The client's secret, from a file that only its owner can read; drawn at the first start."""
    return read_or_draw(Path(path), lambda: new_client_secret(os.urandom))


def read_or_draw(file: Path, draw: Callable[[], str]) -> str:
    """What is in a file of mode 0600, made with what *draw* returns if there is none."""
    if not file.exists():
        _write_once(file, draw())
    return file.read_text().strip()


def _write_once(file: Path, secret: str) -> None:
    # mkstemp makes it 0600 from the beginning. A link, which fails where there
    # is one, so that of two processes that start together one wins.
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=file.name)
    with os.fdopen(handle, "w") as draft:
        draft.write(secret + "\n")
    try:
        os.link(name, file)
    except FileExistsError:
        pass
    finally:
        Path(name).unlink()


def ensure_demo_client(service: OAuth2Service, secret: str) -> None:
    """Register the client, or give the registered one the secret of the file."""
    try:
        register_client(service.server, DEMO_CLIENT, secret)
    except DuplicateRecord:
        client = service.server.clients.get(DEMO_CLIENT.client_id)
        if client is not None:
            replace_client_secret(service.server, client, secret)
