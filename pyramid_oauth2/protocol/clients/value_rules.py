"""The rules for the value of one field; those across fields are in :mod:`.rules`.

Each yields what is wrong with a value, and says how to correct it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from ..messages import Message, about
from ..messages import message as _
from ..redirect_uris import origin_problem, redirect_uri_problem
from ..scopes import SCOPE_TOKEN
from .field import Known
from .secret_keys import has_secret_key

MAX_NAME = 255
# Printable according to Python, but invisible: Hangul fillers, and the empty Braille pattern.
LOOKS_LIKE_NOTHING = frozenset(" \u115f\u1160\u2800\u3164\uffa0")
LIFETIMES = ("access_token",)
MAX_LIFETIME = 365 * 86400
MAX_URI = 2048
MAX_JWKS = 16 * 1024
# What a Content-Security-Policy can name: a host as browsers write it, which is no IPv6 address
# ("host-source").
HOST_SOURCE = re.compile(r"[A-Za-z0-9._-]+(:[0-9]+)?")

# RFC 7591 section 2. A client may be registered for what is not enabled yet.
STANDARD_RESPONSE_TYPES = frozenset({"code", "token"})
STANDARD_GRANT_TYPES = frozenset(
    {"authorization_code", "implicit", "password", "client_credentials", "refresh_token"}
)
HTTPS_URL = _("write a whole https URL, such as https://app.example/logo.png")


def _not_one_of(value: str, known: Iterable[str]) -> Message:
    return _("%(value)r is not one of %(known)s", value=value, known=", ".join(sorted(known)))


def name(server: Known, value: str) -> Iterator[str]:
    """A name that people can read."""
    if value and not set(value) - LOOKS_LIKE_NOTHING:
        yield _("this is not visible: write the name that users know")
    if len(value) > MAX_NAME or not value.isprintable():
        yield _("use at most %(most)s printable characters", most=MAX_NAME)


def lifetimes(server: Known, value: Mapping[str, int]) -> Iterator[str]:
    """Seconds, by a kind of token that may have its own lifetime."""
    for kind, lifetime in value.items():
        if kind not in LIFETIMES:
            yield _not_one_of(kind, LIFETIMES)
        elif not 0 < lifetime <= MAX_LIFETIME:
            yield _("%(kind)s: choose between one second and a year", kind=kind)


def auth_method(server: Known, value: str) -> Iterator[str]:
    """A method of client authentication that the server has."""
    if value not in server.client_authentications:
        methods = ", ".join(sorted(server.client_authentications))
        yield _("choose one of %(choices)s", choices=methods)


def grant_types(server: Known, value: Iterable[str]) -> Iterator[str]:
    """Grant types that are enabled, or standard ones."""
    known = server.grant_types | STANDARD_GRANT_TYPES
    for grant_type in value:
        if grant_type not in known:
            yield _not_one_of(grant_type, known)


def response_types(server: Known, value: Iterable[str]) -> Iterator[str]:
    """Response types of the authorization endpoint that are enabled, or standard ones."""
    known = server.response_types | STANDARD_RESPONSE_TYPES
    for response_type in value:
        if response_type not in known:
            yield _not_one_of(response_type, known)


def scope(server: Known, value: frozenset[str]) -> Iterator[str]:
    """Scopes that the server knows."""
    if not all(SCOPE_TOKEN.fullmatch(name) for name in value):
        yield _("a scope has no spaces, quotes, backslashes or characters beyond ASCII")
        return
    known = ", ".join(sorted(server.known_scopes)) or _("no scope")
    for unknown in sorted(value - server.known_scopes):
        yield _("%(scope)r is unknown; the server knows %(known)s", scope=unknown, known=known)


def redirect_uris(server: Known, value: Iterable[str]) -> Iterator[str]:
    """Redirect URIs, each of which identifies its client."""
    return redirect_uri_problems(value, server.private_schemes)


def redirect_uri_problems(value: Iterable[str], schemes: frozenset[str]) -> Iterator[str]:
    """What is wrong with redirect URIs.

    :param schemes: those without a dot that they may have.
    """
    for uri in value:
        problem = _("is too long") if len(uri) > MAX_URI else redirect_uri_problem(uri, schemes)
        if problem:
            yield about(uri[:100], problem)


def origins(server: Known, value: Iterable[str]) -> Iterator[str]:
    """Origins of web pages."""
    for origin in value:
        if problem := origin_problem(origin):
            yield about(origin[:100], problem)


def https_url(server: Known, value: str | None) -> Iterator[str]:
    """An https URL, or none."""
    # They are links and images on pages of the server.
    if value is not None and not is_https_url(value):
        yield HTTPS_URL


def logo(server: Known, value: str | None) -> Iterator[str]:
    """An https URL from which a page may load an image, or none."""
    if value is not None and not (
        is_https_url(value) and HOST_SOURCE.fullmatch(urlsplit(value).netloc)
    ):
        yield HTTPS_URL


def is_https_url(uri: str) -> bool:
    """Whether a page shows the URL as a link or an image: a reader can see which host it names."""
    try:
        parts = urlsplit(uri)
        host = parts.hostname if parts.port != 0 else None
    except ValueError:
        return False
    plain = uri.isascii() and uri.isprintable() and len(uri) <= MAX_URI
    # A browser reads a backslash as a slash. What stands before an @ poses as the host.
    plain = plain and not set(uri) & {" ", "\\"} and "@" not in parts.netloc
    return plain and uri.startswith("https://") and bool(host)


def jwks(server: Known, value: Mapping[str, Any] | None) -> Iterator[str]:
    """A set of public keys (RFC 7517 section 5), or none."""
    if has_secret_key(value):
        # RFC 7517 sections 9.2 and 9.3: what is published with the client is no secret.
        yield _("a key in it is secret: write public keys alone, and replace that one")
    elif len(json.dumps(value)) > MAX_JWKS:
        yield _("it is longer than %(most)s characters: leave out old keys", most=MAX_JWKS)


def contacts(server: Known, value: Iterable[str]) -> Iterator[str]:
    """Ways to reach people."""
    for contact in value:
        if not 0 < len(contact) <= MAX_NAME or not contact.isprintable():
            yield _("use at most %(most)s printable characters for each", most=MAX_NAME)
