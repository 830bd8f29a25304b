"""The document at ``sector_identifier_uri``: redirect URIs that belong together (Core section 8.1).

Only an operator can name one, so it may be on a private host.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

from ..fetching import Fetcher, FetchError
from ..protocol.clients.extra import value_of
from ..protocol.clients.field import ClientField, Known
from ..protocol.events import DocumentFetched, Emit, emit_nothing
from ..protocol.messages import message as _
from ..protocol.messages import message_of
from ..protocol.records import Client
from .operator_urls import usable_url
from .sectors import SECTOR_IDENTIFIER_URI

Read = Callable[[str], list[str]]

ACCEPT = {"Accept": "application/json"}
OK = 200


class Unusable(Exception):
    """The document cannot be used; the message goes on with a verb."""


def read_document(url: str, emit: Emit = emit_nothing) -> list[str]:
    """The redirect URIs that the document lists.

    :param emit: receives the event.
    :raises Unusable: there is no such list.
    """
    problem: str | None = None
    try:
        return _listed(url)
    except Unusable as error:
        problem = str(error)
        raise
    finally:
        emit(DocumentFetched(url=url, purpose=SECTOR_IDENTIFIER_URI.name, error=problem))


def _listed(url: str) -> list[str]:
    fetcher = Fetcher()
    try:
        response = fetcher.get(url, ACCEPT)
        if response.status != OK:
            raise Unusable(_("answers with the status %(status)s", status=response.status))
        listed = json.loads(response.body)
    except FetchError as error:
        raise Unusable(_("cannot be read: it %(detail)s", detail=str(error))) from None
    except (ValueError, RecursionError):
        raise Unusable(_("is not JSON")) from None
    finally:
        fetcher.close()
    if not isinstance(listed, list) or not all(isinstance(uri, str) for uri in listed):
        raise Unusable(_("is not a list of texts"))
    return listed


def sector_field(read: Read = read_document) -> ClientField:
    """The field whose document is read when a client is registered with it, or changes it.

    It is read also for further redirect URIs, and for no other change.

    :param read: reads a document, and raises :exc:`Unusable`.
    """

    def lists_each(server: Known, before: Client | None, client: Client) -> Iterator[str]:
        url = value_of(SECTOR_IDENTIFIER_URI, client)
        same = before is not None and value_of(SECTOR_IDENTIFIER_URI, before) == url
        listed_before = before.redirect_uris if before and same else ()
        new = [uri for uri in client.redirect_uris if uri not in listed_before]
        if not url or not new:
            return
        listed: list[str] = []
        reason: str = _("does not list it")
        try:
            listed = read(url)
        except Unusable as error:
            reason = message_of(error)
        for uri in new:
            if uri not in listed:
                yield _(
                    "%(uri)s is not in %(url)s, which %(reason)s", uri=uri, url=url, reason=reason
                )

    return replace(SECTOR_IDENTIFIER_URI, rule=usable_url, change_rule=lists_each)
