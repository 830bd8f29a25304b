"""Relying parties that know their users by an identifier of their sector (Core section 8.1)."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path

from tests.functional.sector_document import serving
from tests.live import LiveServer

from .catalog import BY_OTHER_ALGORITHMS
from .parties import Party, Person, party_of


def join_sector(server: LiveServer, parties: list[Party]) -> None:
    """Make all of them pairwise, by a document that lists them."""
    listed = [party.url + party.kind.callback for party in parties]
    with serving(200, json.dumps(listed).encode()) as uri:
        for party in parties:
            options = ("--subject-type", "pairwise", "--sector-identifier-uri", uri)
            server.run("client", "edit", party.client.id, *options)


def test_a_sector_has_one_identifier(server: LiveServer, tmp_path: Path) -> None:
    """In ID tokens and userinfo; one gets both signed by ES256, the other by EdDSA."""
    with ExitStack() as running:
        parties = []
        for number, kind in enumerate(BY_OTHER_ALGORITHMS):
            folder = tmp_path / str(number)
            folder.mkdir()
            parties.append(running.enter_context(party_of(kind, server, folder)))
        join_sector(server, parties)
        pages = []
        for party in parties:
            person = Person(party)
            person.sign_in()
            pages.append(person.page())
    assert [page["userinfo"]["email"] for page in pages] == ["alice@example.com"] * 2
    subs = {page[source]["sub"] for page in pages for source in ("id_token", "userinfo")}
    assert len(subs) == 1
    assert "alice" not in subs
