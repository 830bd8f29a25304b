"""The files of known MCP clients: each says what it should, and a server can accept the client."""

from __future__ import annotations

import json
import tomllib
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from pyramid_oauth2.extensions.client_id_metadata.client_id_url import url_problem
from pyramid_oauth2.extensions.client_id_metadata.document import MOST, Reader
from pyramid_oauth2.known_clients import KnownClient, known_clients
from pyramid_oauth2.protocol.clients.registered_metadata import registered_metadata
from pyramid_oauth2.protocol.redirect_uris import matching_redirect_uri
from tests.protocol.worlds import NOW, make_server

FOLDER = Path(str(files("pyramid_oauth2.known_clients")))
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))


def with_port(uri: str) -> str:
    return uri.replace("{port}", "53682")


def members_of(name: str) -> dict[str, Any]:
    members: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return members


def test_the_clients() -> None:
    assert list(known_clients()) == NAMES
    wanted = {"claude", "claude-code", "chatgpt", "codex", "vscode", "cursor", "inspector"}
    assert wanted <= set(NAMES)
    schemes = {name: found.private_schemes for name, found in known_clients().items()}
    assert {name: each for name, each in schemes.items() if each} == {
        "cline": {"vscode", "vscode-insiders"},
        "cursor": {"cursor"},
        "jetbrains": {"jetbrains"},
    }
    assert known_clients()["cursor"].client_id is None
    assert known_clients()["jetbrains"].described == {
        "registration": set(known_clients()["jetbrains"].registration or ())
    }, "no source quotes it"
    assert known_clients()["vscode"].client_id == "https://vscode.dev/oauth/client-metadata.json"


@pytest.mark.parametrize("name", NAMES)
def test_a_file(name: str) -> None:
    client = known_clients()[name]
    assert client.name == name
    assert date(2026, 1, 1) < client.date <= date(2026, 11, 30)


@pytest.mark.parametrize("name", NAMES)
def test_a_document_is_that_of_a_client(name: str) -> None:
    """Its redirect URIs are those that the client really comes back to."""
    known = known_clients()[name]
    if known.document is None:
        pytest.skip("it has no document")
    assert known.client_id is not None
    assert url_problem(known.client_id, "https://auth.example") is None
    body = json.dumps(dict(known.document)).encode()
    assert len(body) <= MOST
    reader = Reader(make_server(), frozenset({"read"}))
    client = reader.client(known.client_id, body, None, NOW)
    for uri in map(with_port, known.redirect_uris):
        assert matching_redirect_uri(client.redirect_uris, uri) == uri


@pytest.mark.parametrize("name", NAMES)
def test_a_registration_is_that_of_a_client(name: str) -> None:
    known = known_clients()[name]
    if known.registration is None:
        pytest.skip("what it registers is not known")
    body = dict(known.registration)
    body["redirect_uris"] = [*map(with_port, body["redirect_uris"])]
    metadata = registered_metadata(make_server(), body)
    assert metadata["token_endpoint_auth_method"] in known.methods
    if "document" not in known.order:
        for uri in map(with_port, known.redirect_uris):
            found = matching_redirect_uri(metadata["redirect_uris"], uri, known.private_schemes)
            assert found == uri


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"surprise": 1}, "other members"),
        ({"title": ""}, "no title"),
        ({"date": "September"}, "isoformat"),
        ({"sources": []}, "no source"),
        ({"sources": ["http://claude.ai/"]}, "without https"),
        ({"order": ["guess"]}, "unknown way"),
        ({"order": ["registration"]}, "has a document"),
        ({"document": {"client_id": "claude"}}, "no document URL"),
        ({"document": {"client_id": "https://claude.ai/c", "redirect_uris": []}}, "redirect URIs"),
        ({"document": None, "registration": None, "order": []}, "neither document"),
        ({"described": {"document": ["surprise"]}}, "describes members"),
        ({"redirect_uris": []}, "comes back to no"),
        ({"methods": ["client_secret_basic"]}, "unknown method"),
        ({"offline_access": "yes"}, "no boolean"),
        ({"resource": ["introspect"]}, "unknown request"),
        ({"quirks": [""]}, "empty quirk"),
    ],
)
def test_a_file_that_is_wrong(change: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        KnownClient.read("claude", {**members_of("claude"), **change})


def test_the_files_are_in_the_wheel() -> None:
    pyproject = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())
    patterns = pyproject["tool"]["setuptools"]["package-data"]["pyramid_oauth2"]
    root = FOLDER.parent
    shipped = {path for pattern in patterns for path in root.glob(pattern)}
    assert shipped >= {FOLDER / f"{name}.json" for name in NAMES}
