"""A client's document contains everything about the client, with the names of RFC 7591."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyramid_oauth2.protocol.clients.codecs import LAST_TIME, Codec
from pyramid_oauth2.protocol.clients.document import client_document, client_from_document
from pyramid_oauth2.protocol.clients.metadata import FIELDS
from pyramid_oauth2.protocol.records import Client, ClientSecret

identifiers = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20
)
times = st.integers(0, LAST_TIME)
words = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=8)
scopes = st.frozensets(words, max_size=3)
texts = st.none() | st.text(max_size=10)
arrays = st.lists(st.text(max_size=10), max_size=3).map(tuple)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
objects = st.dictionaries(st.text(max_size=5), values, max_size=3)
secrets = st.builds(ClientSecret, st.binary(max_size=40), words, times, st.none() | times)

of_codec = {
    Codec.TEXT: words,
    Codec.OPTIONAL_TEXT: texts,
    Codec.TEXTS: arrays,
    Codec.SCOPE: scopes,
    Codec.BOOLEAN: st.booleans(),
    Codec.LIFETIMES: st.dictionaries(words, times, max_size=2),
    Codec.MAPPING: objects,
    Codec.OPTIONAL_MAPPING: st.none() | objects,
}
clients = st.builds(
    Client,
    client_id=identifiers,
    client_secrets=st.lists(secrets, max_size=2).map(tuple),
    created_at=times,
    updated_at=times,
    disabled_at=st.none() | times,
    version=times,
    epoch=times,
    **{field.name: of_codec[field.codec] for field in FIELDS}
    | {"client_name": st.text(max_size=20), "owner": st.none() | identifiers},
)


@given(clients)
def test_a_client_comes_back_unchanged(client: Client) -> None:
    document = json.loads(json.dumps(client_document(client)))
    assert client_from_document(document) == client


@given(clients)
def test_every_field_is_written_down_by_its_own_name(client: Client) -> None:
    assert list(client_document(client)) == [field.name for field in fields(Client)]


def test_it_speaks_as_rfc_7591_does() -> None:
    client = Client(
        "client",
        "Name",
        (ClientSecret(b"\x00\xff", "sha256", 1),),
        redirect_uris=("https://client.example/",),
        scope=frozenset({"write", "read"}),
    )
    document = client_document(client)
    assert document["scope"] == "read write"
    assert document["redirect_uris"] == ["https://client.example/"]
    assert document["client_secrets"] == [
        {"digest": "AP8=", "scheme": "sha256", "created_at": 1, "expires_at": None}
    ]


def test_what_a_document_lacks_is_the_default() -> None:
    assert client_from_document({"client_id": "client"}) == Client("client")


def test_a_field_of_a_later_version_is_passed_over() -> None:
    assert client_from_document({"client_id": "client", "later": 1}) == Client("client")


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"client_id": ""},
        {"client_id": "client", "client_secrets": [{}]},
        {"client_id": "client", "client_secrets": [{"digest": "!", "scheme": "x"}]},
        {"client_id": "client", "redirect_uris": None},
        {"client_id": "client", "redirect_uris": "https://client.example/"},
        {"client_id": "client", "scope": ["read"]},
    ],
)
def test_what_is_no_client_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        client_from_document(document)
