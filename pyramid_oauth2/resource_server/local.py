"""Local validation: the token is a JWT, and the keys of its issuer say whether it is (RFC 9068).

No request is sent for a token, and nothing is known of one that was revoked: it is accepted until
it expires. What cannot be verified is refused, also because the keys cannot be fetched.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..jose.claims import audience
from ..jose.compact import CompactJWT, access_token_of, parse
from ..jose.public_keys import PublicKey
from ..jose.published_keys import PublishedKeys, Refreshing
from ..jose.refused import JWTRefused
from ..jose.uses import ACCESS_TOKEN
from ..jose.verification import verify_parsed
from ..protocol.access import Access
from ..protocol.authentication import Authentication
from ..protocol.errors import InvalidScope, InvalidToken
from ..protocol.records import Client
from ..protocol.refusal import Refusal
from ..protocol.scopes import parse_scope
from ..protocol.token.access_token import AccessToken
from ..protocol.token.recognised import RecognisedToken
from ..settings import Settings
from .answers import KEY_BOUND
from .key_set import fetch_keys

log = logging.getLogger(__name__)

ISSUER = Refusal("jwt_iss", "RFC 9068 section 4", decided_by="oauth2.issuer")
AUDIENCE = Refusal("jwt_aud", "RFC 9068 section 4", decided_by="oauth2.resource")
BOUND = Refusal("jwt_cnf", "RFC 7800 section 3.1", decided_by="token")
SCOPE = Refusal("jwt_scope", "RFC 9068 section 2.2.3", decided_by="token")
# The same for all, as for an opaque token: which check refused it helps to forge one.
REFUSED = "The access token is unknown, expired or revoked."


@dataclass(frozen=True, slots=True)
class RecognisedJWT(RecognisedToken):
    """A JWT that names the issuer whose tokens are accepted; it is not verified."""

    jwt: CompactJWT


@dataclass(frozen=True)
class LocalValidation:
    """Verifies access tokens by the keys that their issuer publishes."""

    issuer: str
    resource: str
    keys: PublishedKeys = field(repr=False)
    close: Callable[[], None] = field(repr=False)

    def recognise(self, value: str) -> RecognisedJWT | None:
        """What looks like an access token of that issuer. No I/O."""
        jwt = access_token_of(self.issuer, value)
        return None if jwt is None else RecognisedJWT(None, jwt)

    def token_of(
        self, value: str, now: float, recognised: RecognisedToken | None = None
    ) -> AccessToken:
        """The access token of a string that is valid *now*.

        :param recognised: what :meth:`recognise` returned for it, which is not parsed again.
        :raises InvalidToken: there is none.
        :raises StoreUnavailable: the keys of the issuer are not known.
        """
        try:
            known = recognised.jwt if isinstance(recognised, RecognisedJWT) else None
            jwt = known or parse(value, ACCESS_TOKEN)
            verify_parsed(jwt, ACCESS_TOKEN, self._keys, now)
            self._check(jwt.claims)
            return self._token(jwt.claims)
        except JWTRefused as refused:
            # The response to the client does not say it, and it may be a mistake of the set-up.
            compared = ", ".join(f"{name}: {text}" for name, text in refused.refusal.compared)
            decided_by = f"; decided by {refused.refusal.decided_by}" if compared else ""
            log.info("A JWT is refused: it %s (%s%s)", refused, compared, decided_by)
            raise InvalidToken(REFUSED, refusal=refused.refusal) from None

    def _keys(self, jwt: CompactJWT) -> tuple[PublicKey, ...]:
        return self.keys.fitting(jwt.kid, jwt.algorithm)

    def _check(self, claims: Mapping[str, Any]) -> None:
        # RFC 9068 section 4: the issuer "MUST exactly match".
        if claims["iss"] != self.issuer:
            refusal = ISSUER.comparing(iss=claims["iss"], issuer=self.issuer)
            raise JWTRefused(refusal, "is of another issuer")
        # The same section: the audience must be "a resource indicator value corresponding to an
        # identifier the resource server expects for itself".
        # A slash at its end makes no difference: the operators of both sides write it, or do not.
        if self.resource not in [each.removesuffix("/") for each in audience(claims)]:
            refusal = AUDIENCE.comparing(aud=audience(claims), resource=self.resource)
            raise JWTRefused(refusal, "is for another API")
        if KEY_BOUND in claims:
            # Accepted without a proof of that key, a stolen token would work.
            raise JWTRefused(BOUND, "is bound to a key")

    def _token(self, claims: Mapping[str, Any]) -> AccessToken:
        client_id, subject = claims["client_id"], claims["sub"]
        try:
            return AccessToken(
                client=Client(client_id, grant_types=()),
                access=Access(parse_scope(claims.get("scope", ""))),
                issued_at=int(claims["iat"]),
                expires_at=int(claims["exp"]),
                # RFC 9068 section 2.2: of a client that acts for itself it is the client_id.
                subject=None if subject == client_id else subject,
                authentication=_authentication(claims),
            )
        except (InvalidScope, ValueError, TypeError, AttributeError):
            raise JWTRefused(SCOPE, "has a claim that cannot be read") from None


def _authentication(claims: Mapping[str, Any]) -> Authentication | None:
    amr = claims.get("amr", [])
    found = Authentication(
        claims.get("auth_time"), claims.get("acr"), tuple(amr) if isinstance(amr, list) else amr
    )
    return None if found == Authentication() else found


def make_local_validation(
    settings: Settings, refreshing: Refreshing | None = None
) -> LocalValidation:
    """The validation that the settings want; it connects at first use.

    :param refreshing: when the keys are fetched again, in place of what suits every issuer. No
        setting: times that are too short flood the issuer, and too long ones trust a revoked key.
    :raises StartupError: the extra ``introspection`` is not installed.
    """
    fetch = fetch_keys(settings.issuer, settings.jwks_uri)
    keys = PublishedKeys(f"The key set of {settings.issuer}", fetch, refreshing)
    return LocalValidation(settings.issuer, settings.own_resource, keys, fetch.close)
