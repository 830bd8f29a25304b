"""Validation by introspection: the authorization server is asked about each token (RFC 7662)."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from ..jose.compact import access_token_of
from ..protocol.errors import InvalidToken
from ..protocol.records import ACCESS_TOKEN
from ..protocol.refusal import OWN_RULE, Refusal
from ..protocol.token.access_token import AccessToken
from ..protocol.token.presentation import bearer
from ..protocol.token.recognised import RecognisedToken
from ..protocol.token_strings import digest, has_our_prefix, parse_token
from ..settings import Settings
from .answers import token_of_answer
from .cache import AnswerCache
from .endpoint import IntrospectionEndpoint

FORMAT = Refusal("token_format", OWN_RULE, decided_by="token")
ACTIVE = Refusal("token_active", "RFC 7662 section 2.2", decided_by="oauth2.introspection.url")


@dataclass(frozen=True)
class Introspection:
    """Asks the authorization server; its responses are cached for a while."""

    settings: Settings
    endpoint: IntrospectionEndpoint = field(repr=False)
    cache: AnswerCache

    def recognise(self, value: str) -> RecognisedToken | None:
        """What has the form of this product's tokens, also as a JWT of the issuer. No I/O."""
        if has_our_prefix(value) or access_token_of(self.settings.issuer, value) is not None:
            return RecognisedToken(None)
        return None

    def token_of(
        self, value: str, now: float, recognised: RecognisedToken | None = None
    ) -> AccessToken:
        """The access token of a string that is valid *now*.

        :param recognised: not needed: the response of the authorization server says everything.
        :raises InvalidToken: there is none.
        :raises StoreUnavailable: the authorization server gave no usable response.
        """
        if not _can_be_an_access_token(value, self.settings.max_parameter_length):
            raise InvalidToken("This is not an access token.", refusal=FORMAT)
        token = self.cache.recall(digest(value), lambda: self._ask(value, now))
        if token is None or token.expires_at <= now:
            raise InvalidToken("The access token is unknown, expired or revoked.", refusal=ACTIVE)
        return token

    def _ask(self, value: str, now: float) -> AccessToken | None:
        answer = self.endpoint.ask(value)
        return token_of_answer(
            answer,
            self.settings.issuer,
            self.settings.resource or self.settings.public_url,
            int(now),
            self.settings.introspection_cache,
        )

    def close(self) -> None:
        """Close every connection."""
        self.endpoint.close()


def make_introspection(settings: Settings) -> Introspection:
    """The validation that the settings want; it connects at first use.

    :raises StartupError: the extra ``introspection`` is not installed.
    """
    endpoint = IntrospectionEndpoint(
        settings.introspection_url or "",
        settings.introspection_client_id or "",
        settings.introspection_client_secret or "",
    )
    return Introspection(
        settings, endpoint, AnswerCache(settings.introspection_cache, time.monotonic)
    )


def _can_be_an_access_token(value: str, longest: int) -> bool:
    """Whether it is worth a request: garbage must cost the authorization server nothing.

    :param longest: how many characters a parameter may have there.
    """
    if len(value) > longest:
        return False
    if not has_our_prefix(value):
        # The tokens may be issued by another product.
        return bearer(value).is_well_formed
    ref = parse_token(value)
    return ref is not None and ref.kind == ACCESS_TOKEN
