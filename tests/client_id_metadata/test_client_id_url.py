"""Which client_ids may be the URL of a document: one spelling for one client."""

from __future__ import annotations

import pytest

from pyramid_oauth2.extensions.client_id_metadata.client_id_url import (
    LONGEST,
    is_document_url,
    url_problem,
)

ISSUER, LOCAL = "https://auth.example", "http://localhost:6543"
BEGINNING = "https://app.example/"


@pytest.mark.parametrize(
    "client_id",
    [
        "https://app.example/",
        "https://app.example/oauth/client.json",
        "https://claude.ai/oauth/mcp-oauth-client-metadata",
        "https://xn--bcher-kva.example/c",
        "https://app.example/a%20b",
        "https://app.example//a",
        "https://app.example/...",
        BEGINNING + "a" * (LONGEST - len(BEGINNING)),
    ],
)
def test_urls(client_id: str):
    assert is_document_url(client_id, ISSUER)
    assert url_problem(client_id, ISSUER) is None


@pytest.mark.parametrize(
    "client_id",
    [
        "https://app.example",
        "https://app.example?x",
        "https://app.example/?x=y",
        "https://app.example/?",
        "https://app.example/#a",
        "https://app.example/#",
        "https://user@app.example/",
        "https://user:password@app.example/",
        "https://@app.example/",
        "https://app.example/./a",
        "https://app.example/a/..",
        "https://app.example/../a",
        "https://app.example/%2e/a",
        "https://app.example/.%2E/a",
        "https://app.example/%2e%2E",
        "https://app.example/a b",
        "https://app.example/\ta",
        "https://app.example/a\x7f",
        "https://app.example/\x00",
        "https://app.example\\a/",
        "https://app.example/a\\b",
        "https://app.example/ä",
        "https://app.example/%",
        "https://app.example/%zz",
        'https://app.example/"',
        "https://App.example/",
        "https://app.example:443/",
        "https:///a",
        BEGINNING + "a" * (LONGEST - len(BEGINNING) + 1),
    ],
)
def test_another_spelling_or_no_such_url(client_id: str):
    assert url_problem(client_id, ISSUER) is not None


@pytest.mark.parametrize("client_id", ["web", "http://app.example/", "HTTPS://app.example/", ""])
def test_other_client_ids(client_id: str):
    assert not is_document_url(client_id, ISSUER)


@pytest.mark.parametrize(
    "client_id",
    ["http://localhost/c.json", "http://127.0.0.1:8000/c.json", "http://[::1]:8000/c.json"],
)
def test_one_on_this_computer_of_a_server_on_this_computer_alone(client_id: str):
    """For development: no setting allows it to any other server."""
    assert is_document_url(client_id, LOCAL)
    assert url_problem(client_id, LOCAL) is None
    for issuer in (ISSUER, "https://localhost", "http://localhost.example", "http://auth.example"):
        assert not is_document_url(client_id, issuer)
        assert url_problem(client_id, issuer) is not None


@pytest.mark.parametrize(
    "client_id",
    [
        "http://127.0.0.2/c.json",
        "http://localhost.example/c.json",
        "http://localhost:0/c.json",
        "http://user@localhost/c.json",
        "http://10.0.0.1/c.json",
        "https://localhost/c.json",
        "https://127.0.0.1/c.json",
        "http://localhost/../c.json",
        "http://localhost/?c",
        "http://localhost",
    ],
)
def test_no_other_one_there(client_id: str):
    assert url_problem(client_id, LOCAL) is not None
