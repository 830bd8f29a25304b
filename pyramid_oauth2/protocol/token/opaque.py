"""Opaque access tokens: a random string, which says nothing (RFC 6749 section 1.4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from zope.interface import implementer

from ...interfaces.access_token_format import IAccessTokenFormat
from ...interfaces.server import IServer
from ..access import Access
from ..records import ACCESS_TOKEN, Client
from ..token_strings import NewToken, has_our_prefix, new_token, parse_token
from .recognised import RecognisedToken

NAME = "opaque"


@implementer(IAccessTokenFormat)
class OpaqueAccessToken:
    """The format of every access token for which no other format is chosen."""

    lifetime = None

    def __init__(self, server: IServer, settings: object = None) -> None:
        self._random = server.random

    def suits(self, client: Client, access: Access) -> bool:
        """Yes: it is asked last."""
        return True

    def make(self, family: str, claims: Callable[[], Mapping[str, Any]]) -> NewToken:
        """Draw a string; its record says what it means."""
        return new_token(ACCESS_TOKEN, family, self._random)

    def recognise(self, value: str) -> RecognisedToken | None:
        """A string with a prefix of this server, also with that of another kind."""
        ref = parse_token(value)
        # A code or refresh token is not an access token (RFC 6749 section 1.5).
        if ref is not None and ref.kind == ACCESS_TOKEN:
            return RecognisedToken(ref)
        return RecognisedToken(None) if has_our_prefix(value) else None
