"""Redirect URIs: which may be registered (RFC 6749 section 3.1.2, RFC 9700 section 2.1)."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})

# A URI is ASCII without white space, control characters, or the characters
# that RFC 3986 leaves out; everything else is a trap for whoever parses it next.
_URI = re.compile(r"[\x21\x23-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]+")
_PRIVATE_USE_SCHEME = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+")


def redirect_uri_problem(uri: str) -> str | None:
    """What is wrong with a redirect URI that is to be registered, None if nothing is.

    https anywhere; http on a loopback host only; a private-use scheme with a
    dot in it (``com.example.app:/callback``, RFC 8252 section 7.1).
    """
    if not _URI.fullmatch(uri):
        return "has characters that a URI cannot have; percent-encode them"
    if "#" in uri:
        # RFC 6749 section 3.1.2: "The endpoint URI MUST NOT include a fragment component."
        return "has a fragment; leave out the '#' and what follows"
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "is not a URI"
    if parts.scheme in ("https", "http"):
        if not host:
            return "has no host"
        if parts.username is not None or parts.password is not None:
            return "has a user name before the host; leave it out"
        if port == 0:
            return "has port 0"
        if parts.scheme == "http" and host not in LOOPBACK_HOSTS:
            return "is http on a public host; use https (http is for localhost and 127.0.0.1 only)"
        return None
    if not parts.scheme:
        return "is relative; write it whole, with https://"
    if not _PRIVATE_USE_SCHEME.fullmatch(parts.scheme):
        # RFC 8252 section 7.1: a scheme in reverse domain name notation;
        # javascript:, data: and the like have no dot.
        return "has a scheme that is neither https nor a private-use one such as com.example.app"
    return None
