"""The assertion of a request, and what it must say (RFC 7523 section 3)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...jose.claims import LEEWAY_AFTER, LEEWAY_BEFORE, check_claims
from ...jose.compact import PARTS, CompactJWT, parse
from ...jose.objects import decoded, json_object
from ...jose.refused import JWTRefused
from ...jose.uses import CLIENT_ASSERTION
from ...protocol.client_authentication.credentials import FAILED, Credentials
from ...protocol.envelope import dumps
from ...protocol.errors import InvalidClient
from ...protocol.http import HTTPRequest
from ...protocol.refusal import Refusal
from ...protocol.single_use import SingleUse
from .names import NAME

LONGEST = 600
"""Seconds in which an assertion must end: so long its ``jti`` is remembered."""

NO_REQUEST = HTTPRequest("POST", "")

PARTIES = Refusal("client_assertion_parties", "RFC 7523 section 3", decided_by="jwt")
AUDIENCE = Refusal(
    "client_assertion_audience", "RFC 7523 section 3", decided_by="client.legacy_assertion_audience"
)
LIFETIME = Refusal("client_assertion_lifetime", "RFC 7523 section 3", decided_by="jwt")
ONCE = Refusal("client_assertion_once", "RFC 7523 section 3", decided_by="reservation")


@dataclass(frozen=True, slots=True)
class Assertion(Credentials):
    """An assertion of which nothing is verified but its form.

    :param jwt: None if it has not the form of one.
    :param refusal: why not.
    :param http: the request that it came with.
    """

    jwt: CompactJWT | None = field(default=None, repr=False)
    refusal: Refusal | None = None
    http: HTTPRequest = field(default=NO_REQUEST, repr=False)

    @classmethod
    def read(cls, value: str, http: HTTPRequest, client_id: str) -> Assertion:
        """The assertion of a request.

        :param client_id: of the form, which counts if the JWT has no ``sub``.
        """
        # RFC 7521 section 4.2: "the client_id is unnecessary for client assertion
        # authentication because the client is identified by the subject within the assertion".
        try:
            jwt = parse(value, CLIENT_ASSERTION)
        except JWTRefused as refused:
            named = _subject(_claims(value), client_id)
            return cls(NAME, named, refusal=refused.refusal, http=http)
        return cls(NAME, _subject(jwt.claims, client_id), jwt=jwt, http=http)

    def single_use(self, jwt: CompactJWT) -> SingleUse:
        """Its identifier, which each client may use once."""
        # RFC 7523 section 3: "The authorization server MAY ensure that JWTs are not replayed by
        # maintaining the set of used jti values".
        digested = dumps([self.client_id, jwt.claims["jti"]]).decode()
        error = InvalidClient(FAILED, refusal=ONCE.comparing(client_id=self.client_id))
        return SingleUse.of(NAME, digested, jwt.claims["exp"] + LEEWAY_AFTER, error)


def _subject(claims: Mapping[str, Any], default: str) -> str:
    subject = claims.get("sub")
    return subject if isinstance(subject, str) else default


def _claims(value: str) -> Mapping[str, Any]:
    """What a refused assertion says of its client, for the audit log and the limit of failures."""
    parts = value.split(".")
    if len(value) > CLIENT_ASSERTION.max_length or len(parts) != PARTS:
        return {}
    try:
        return json_object(decoded(parts[1]))
    except ValueError:
        return {}


def check_assertion(jwt: CompactJWT, client_id: str, audiences: Collection[str], now: int) -> None:
    """Check what an assertion says. It costs nothing but time of this process.

    :param audiences: the names of this server that count.
    :param now: in UTC seconds.
    :raises JWTRefused: it is of another client, for another server, or not of now.
    """
    claims = jwt.claims
    check_claims(claims, CLIENT_ASSERTION, now)
    # RFC 7523 section 3, items 1 and 2: both are the client_id.
    if not claims["iss"] == claims["sub"] == client_id:
        refusal = PARTIES.comparing(iss=claims["iss"], sub=claims["sub"])
        raise JWTRefused(refusal, "is not that of its client")
    named = claims["aud"]
    # draft-ietf-oauth-rfc7523bis: the issuer identifier alone. A server that is another audience
    # could use the assertion here.
    if named not in audiences and named not in [[each] for each in audiences]:
        names = [named] if isinstance(named, str) else named
        raise JWTRefused(AUDIENCE.comparing(aud=names, wanted=audiences), "is for another server")
    if claims["exp"] > now + LONGEST + LEEWAY_BEFORE:
        refusal = LIFETIME.comparing(exp=int(claims["exp"]), now=now, longest=LONGEST)
        raise JWTRefused(refusal, "lives too long")
