"""A ``client_id`` that is the URL of a document (draft-ietf-oauth-client-id-metadata-document).

Section 3: a client has one spelling of it, which is compared as a string.
"""

from __future__ import annotations

import re

from ...fetching.public_urls import URLRefused, is_on_loopback, public_host

SCHEME = "https://"
LONGEST = 512
# Visible ASCII without what URL parsers read differently, and neither query nor fragment.
_PATH = re.compile(r"/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*")
_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_DOTS = frozenset({".", ".."})


def is_document_url(client_id: str, issuer: str) -> bool:
    """Whether a client_id may be the URL of a document. No I/O.

    :param issuer: of the server. If it is http on a loopback host, documents may be there too.
    """
    return client_id.startswith(SCHEME) or _is_local(client_id, issuer)


def host_of(client_id: str) -> str:
    """The host of such a client_id, for people."""
    return client_id.partition("://")[2].partition("/")[0]


def url_problem(client_id: str, issuer: str) -> str | None:
    """Why no document is fetched from there, None if one may be.

    :param issuer: as for :func:`is_document_url`.
    """
    host, slash, rest = client_id.partition("://")[2].partition("/")
    path, named = slash + rest, host
    try:
        if not _is_local(client_id, issuer):
            named = public_host(client_id)
    except URLRefused as refused:
        return str(refused)
    if len(client_id) > LONGEST:
        return f"is longer than {LONGEST} characters"
    if not path:
        return "has no path"
    if "?" in path or "#" in path:
        return "has a query or a fragment"
    if not _PATH.fullmatch(path) or _ESCAPE.search(path):
        return "has characters that a URL cannot have"
    if any(segment.lower().replace("%2e", ".") in _DOTS for segment in path.split("/")):
        return "has a segment of dots"
    if host != named:
        return "is another spelling of the URL"
    return None


def _is_local(client_id: str, issuer: str) -> bool:
    return is_on_loopback(client_id) and is_on_loopback(issuer)
