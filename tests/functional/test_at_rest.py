"""No issued credential can be read in the store (RFC 6819 section 5.1.4.1.3)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.backends.sqlite_databases import empty_database

from . import host
from .server import Server, bearer


def test_no_token_or_secret_is_in_the_database_file(build: Callable[..., Server], tmp_path: Path):
    file = tmp_path / "store" / "oauth2.sqlite"
    file.parent.mkdir()
    file.write_bytes(empty_database())
    changes = {"oauth2.backend": "sqlalchemy", "oauth2.sqlalchemy.url": f"sqlite:///{file}"}
    server = build(host.pages, changes=changes)
    server.register("chosen", "a secret that a person chose")
    tokens = [server.token(), server.token(user="alice"), server.token(client="chosen")]
    assert server.get("/read", bearer(tokens[0])).status_int == 200

    raw = b"".join(part.read_bytes() for part in file.parent.iterdir())
    assert b"alice" in raw
    for issued in (*tokens, *server.secrets.values(), "alice's password"):
        assert issued.encode() not in raw
        # Nor the secret part of it.
        assert issued[-40:].encode() not in raw
