"""docs/client-documents.md: its settings, its document, and its limits."""

from __future__ import annotations

import shutil
from collections.abc import Callable

from pyramid_oauth2 import get_service
from pyramid_oauth2.extensions.client_id_metadata import document, known_documents, resolver
from pyramid_oauth2.extensions.client_id_metadata.settings import MODES
from pyramid_oauth2.fetching import flights, public_fetcher
from pyramid_oauth2.protocol.throttling import FETCHES
from pyramid_oauth2.scripts.ini import Ini
from pyramid_oauth2.scripts.poauth2 import main as poauth2

from .page import ROOT, Page

NAME = "docs/client-documents.md"
TEXT = (ROOT / NAME).read_text()
URL = "https://notes.example/oauth/client.json"


def test_the_page(follow: Callable[..., Page]) -> None:
    page = follow(NAME)
    ini = page.folder / "development.ini"
    shutil.copy(ROOT / "development.ini", ini)
    settings = page.block("client_id_metadata.hosts", "ini")
    ini.write_text(ini.read_text().replace("[app:main]\n", f"[app:main]\n{settings}", 1))
    (page.folder / "client.json").write_text(page.block("redirect_uris", "json"))
    assert poauth2([str(ini), "db", "upgrade"]) == 0
    printed = page.run("client pin")
    assert f"{URL}: pinned." in printed
    assert "client_name:                 Notes" in printed
    assert "No document was fetched." in page.run("fetched")
    with Ini(str(ini), {}).registry() as registry:
        client = get_service(registry).clients.get(URL)
    assert (client.scope, client.public) == ({"read"}, True)


def test_its_numbers() -> None:
    for mode in MODES:
        assert f"| `{mode}` |" in TEXT
    for phrase, is_so in (
        ("5 KiB of JSON", document.MOST == 5 * 1024),
        ("within 5 seconds", public_fetcher.TOTAL_SECONDS == 5),
        ("one for a URL, 4 for a host, 10 in all", (flights.OF_HOST, flights.IN_ALL) == (4, 10)),
        ("10 a minute", str(FETCHES) == "10/minute"),
        (
            "5 minutes to 24 hours",
            (known_documents.SHORTEST, known_documents.LONGEST) == (300, 86_400),
        ),
        ("in a minute", flights.REST == known_documents.REST == 60),
        ("within the last week", resolver.STALE == 7 * 86_400),
    ):
        assert phrase in TEXT
        assert is_so, phrase
