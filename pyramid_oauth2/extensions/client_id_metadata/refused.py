"""Why a client is not known by its document."""

from __future__ import annotations

from ...protocol.errors import UnusableClientDocument
from ...protocol.refusal import OWN_RULE, Refusal
from .client_id_url import host_of

URL = Refusal("document_url", OWN_RULE)
POLICY = Refusal("document_allowed", OWN_RULE, decided_by="oauth2.client_id_metadata")
FETCHED = Refusal("document_fetched", OWN_RULE)
CONTENTS = Refusal("document_contents", OWN_RULE)
BUSY = Refusal("document_fetches", OWN_RULE)


def document_refused(client_id: str, problem: str, refusal: Refusal) -> UnusableClientDocument:
    """The error for a client.

    :param problem: goes on after the URL of the document, with a verb.
    """
    # Of the URL only the host: the rest may be as long as a page, and of any characters.
    host = "".join(each for each in host_of(client_id)[:100] if each.isalnum() or each in ".-_:[]")
    host = host.encode("ascii", "replace").decode()
    description = f"The document of this client, at {host}, {problem}."
    return UnusableClientDocument(description, refusal=refusal.comparing(client_id=client_id))
