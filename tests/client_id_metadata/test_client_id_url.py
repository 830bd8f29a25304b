"""Which client_ids may be the URL of a document: one spelling for one client."""

from __future__ import annotations

import pytest

from pyramid_oauth2.extensions.client_id_metadata.client_id_url import (
    LONGEST,
    is_document_url,
    url_problem,
)

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
    assert is_document_url(client_id)
    assert url_problem(client_id) is None


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
    assert url_problem(client_id) is not None


@pytest.mark.parametrize("client_id", ["web", "http://app.example/", "HTTPS://app.example/", ""])
def test_other_client_ids(client_id: str):
    assert not is_document_url(client_id)
