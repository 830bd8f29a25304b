"""``claims_locales``: the languages in which a client wants claims (Core section 5.2)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from zope.interface import implementer

from ..interfaces.authorization import IAuthorizationRequestExtension
from ..protocol.access import Access
from ..protocol.http import Parameters
from ..protocol.parameters import Parameter
from ..protocol.records import Client
from .request_extensions import Unseen
from .scopes import OPENID
from .standard_claims import base_of

CLAIMS_LOCALES = "claims_locales"
MOST = 10  # languages that a client may name
# RFC 5646 section 2.1, as far as it bounds what a record has to hold.
TAG = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8}){0,4}")


@implementer(IAuthorizationRequestExtension)
class ClaimsLocales(Unseen):
    """The languages: for as long as the grant lives, since the userinfo endpoint needs them."""

    place = "grant"
    parameters = (Parameter(CLAIMS_LOCALES),)

    def read(self, parameters: Parameters, client: Client, access: Access) -> list[str] | None:
        """Their tags, the best first. What is no tag is ignored, as an unknown language is."""
        tags = (parameters.once(CLAIMS_LOCALES) or "").split()[:MOST]
        found = [tag.lower() for tag in tags if TAG.fullmatch(tag)]
        return found or None if OPENID in access.scope else None


def in_languages(
    claims: Mapping[str, Any], locales: Sequence[str], named: Collection[str]
) -> dict[str, Any]:
    """The claims with each in the best language that it has, and without a tag then.

    A claim that has none of the languages stays as it is, in all that it has.

    :param locales: as :class:`ClaimsLocales` has read them.
    :param named: the names that the client asks for, of which one with a tag stays.
    """
    best = {base: value for base, value in _best(claims, locales) if base in named}
    others = {
        name: value for name, value in claims.items() if name in named or base_of(name) not in best
    }
    return {**others, **best}


def _best(claims: Mapping[str, Any], locales: Sequence[str]) -> Iterator[tuple[str, Any]]:
    by_base: dict[str, dict[str, Any]] = {}
    for name, value in claims.items():
        base, _, tag = name.partition("#")
        if tag:
            by_base.setdefault(base, {})[tag.lower()] = value
    for base, values in by_base.items():
        for tag in _lookup(values, locales):
            yield base, values[tag]
            break


def _lookup(tags: Collection[str], locales: Sequence[str]) -> Iterator[str]:
    """The tags that match, the best first (RFC 4647 section 3.4)."""
    for locale in locales:
        parts = locale.split("-")
        shorter = ("-".join(parts[:length]) for length in range(len(parts), 0, -1))
        yield from (each for each in shorter if each in tags)
        # A language stands for each of its scripts and regions (RFC 4647 section 3.3.1).
        yield from (tag for tag in tags if tag.startswith(f"{locale}-"))
