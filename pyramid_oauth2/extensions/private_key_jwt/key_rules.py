"""The rules for the keys of a client that authenticates by a signed JWT."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from ...fetching.public_urls import URLRefused, is_on_loopback, public_host
from ...jose.algorithms import same_as
from ...jose.public_keys import PublicKey, public_key
from ...jose.published_keys import MAX_KEYS
from ...jose.refused import KeyRefused, KeyUnsuited
from ...protocol.clients.source import OPERATOR, source_of
from ...protocol.clients.value_rules import is_https_url
from ...protocol.messages import about, message_of
from ...protocol.messages import message as _
from ...protocol.records import Client
from ...protocol.redirect_uris import LOOPBACK_HOSTS

SIGNING_ALG = "token_endpoint_auth_signing_alg"


def key_problems(client: Client, algorithm: str, issuer: str = "") -> Iterator[tuple[str, str]]:
    """What is wrong with the keys of a client, as pairs of field and message.

    :param algorithm: the one by which it signs; empty for any.
    :param issuer: of the server. If it is http on a loopback host, so may be the URL of the keys.
    """
    if client.jwks is None and client.jwks_uri is None:
        # Exactly one of them: RFC 7591 section 2 forbids both, and the method needs a key.
        yield "jwks", _("private_key_jwt needs the public keys: write jwks, or a jwks_uri")
    elif client.jwks_uri is None:
        yield from _jwks_problems(client.jwks or {}, algorithm)
    elif client.jwks is not None:
        yield "jwks", _("leave it out, or leave out jwks_uri")
    else:
        yield from (("jwks_uri", text) for text in _uri_problems(client, client.jwks_uri, issuer))


def _uri_problems(client: Client, uri: str, issuer: str) -> Iterator[str]:
    if find_spec("urllib3") is None:
        yield _("this server cannot fetch keys: its operator installs urllib3")
    elif source_of(client) == OPERATOR:
        if not is_https_url(uri) and not _is_loopback(uri):
            yield _("write a whole https URL; http is for a loopback host only")
    elif not (is_on_loopback(uri) and is_on_loopback(issuer)):
        try:
            public_host(uri)
        except URLRefused:
            yield _("write an https URL of a public host, on port 443")


def _is_loopback(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        return False
    plain = uri.isascii() and uri.isprintable() and not set(uri) & {" ", "\\", "#", "@"}
    return plain and port != 0 and parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS


def _jwks_problems(jwks: Mapping[str, Any], algorithm: str) -> Iterator[tuple[str, str]]:
    listed = jwks.get("keys")
    if not isinstance(listed, list) or not 0 < len(listed) <= MAX_KEYS:
        most = MAX_KEYS
        yield "jwks", _("write an object with the member keys, a list of 1 to %(most)s", most=most)
        return
    keys: list[PublicKey] = []
    problems: list[str] = []
    for number, jwk in enumerate(listed, 1):
        try:
            keys.append(public_key(jwk if isinstance(jwk, dict) else {}))
        except KeyUnsuited:
            # RFC 7517 section 5: a key that is for something else is ignored.
            continue
        except KeyRefused as refused:
            said = message_of(refused)
            problems.append(_("key %(number)s %(problem)s", number=number, problem=said))
    named = Counter(key.kid for key in keys if key.kid is not None)
    for kid in sorted(name for name, count in named.items() if count > 1):
        problems.append(about(kid, _("is the kid of several keys")))
    yield from (("jwks", problem) for problem in problems)
    if problems:
        return
    if not keys:
        yield (
            "jwks",
            _(
                "no key in it is for signatures: write one of RSA (2048 bits or more), of EC "
                "(P-256) or of Ed25519"
            ),
        )
    elif algorithm and not any(same_as(algorithm) & key.algorithms for key in keys):
        yield SIGNING_ALG, _("no key of the client is for it")
