"""Known clients on the command line: a name for the URL of a document."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from difflib import get_close_matches

import click

from ...known_clients import known_clients
from ...protocol.records import CLIENT_ID_LENGTH
from ..arguments import identifier
from ..terminal import shown

HEADINGS = ("NAME", "STATE", "CLIENT", "CLIENT_ID")
NO_DOCUMENT = "registers itself"
_url = identifier(CLIENT_ID_LENGTH)


def document_url(word: str) -> str:
    """The type of a word that is the URL of a document, or the name of a known client."""
    if word.startswith("https:"):
        return _url(word)
    known = known_clients()
    if word not in known:
        near = get_close_matches(word, known, 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise click.BadParameter(
            "it is neither a URL with https nor the name of a known client, which 'client pin' "
            f"without a name lists.{hint}"
        )
    if (url := known[word].client_id) is None:
        raise click.BadParameter(
            "this client has no document: it registers itself (oauth2.registration)"
        )
    return url


def document_urls() -> Iterator[str]:
    """The URLs of the documents of all known clients that have one."""
    return (each.client_id for each in known_clients().values() if each.client_id is not None)


def rows(state: Callable[[str], str]) -> Iterator[tuple[str, ...]]:
    """The rows of a table of all known clients.

    :param state: that of the client of a URL.
    """
    yield HEADINGS
    for name, each in known_clients().items():
        url = each.client_id
        yield name, NO_DOCUMENT if url is None else state(url), shown(each.title), url or ""
