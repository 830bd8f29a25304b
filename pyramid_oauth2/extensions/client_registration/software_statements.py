"""Software statements: metadata that a trusted issuer has signed (RFC 7591 sections 2.3, 3.1.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...jose.claims import audience
from ...jose.compact import CompactJWT
from ...jose.public_keys import PublicKey
from ...jose.published_keys import PublishedKeys
from ...jose.refused import JWTRefused
from ...jose.uses import SOFTWARE_STATEMENT
from ...jose.verification import verify
from ...protocol.errors import InvalidSoftwareStatement, UnapprovedSoftwareStatement
from ...protocol.refusal import Refusal
from ...protocol.server import Server
from .client_information import NAME

ISSUER = Refusal(
    "software_statement_issuer",
    "RFC 7591 section 3.2.2",
    decided_by="oauth2.registration.software_issuers",
)
FORM = Refusal("software_statement_form", "RFC 7591 section 2.3")
AUDIENCE = Refusal("software_statement_audience", "RFC 7519 section 4.1.3")
# What the JWT says of itself (RFC 7519 section 4.1); all else is metadata of the client.
OF_JWT = frozenset({"iss", "sub", "aud", "exp", "nbf", "iat", "jti", NAME})


class SoftwareStatements:
    """Verifies statements, by the keys that their issuers publish.

    :param issuers: those that are trusted, each with the URL of its key set. Without any, every
        statement is refused.
    """

    def __init__(self, server: Server, issuers: Mapping[str, str]) -> None:
        self._server = server
        self._keys: Mapping[str, PublishedKeys] = {}
        if issuers:
            # Only now: it needs a package that is not needed otherwise.
            from .issuer_keys import issuer_keys

            self._keys = issuer_keys(issuers)

    def applied(self, members: Mapping[str, Any]) -> dict[str, Any]:
        """The members of a body, in which those of its statement count more (section 3.1.1).

        :raises OAuth2Error: the statement is of an unknown issuer, or does not hold.
        :raises StoreUnavailable: the keys of its issuer cannot be fetched.
        """
        statement = members.get(NAME)
        if statement is None:
            return dict(members)
        if not self._keys:
            raise self._unapproved(None)
        if not isinstance(statement, str):
            raise InvalidSoftwareStatement("The software statement is no text.", refusal=FORM)
        try:
            claims = verify(
                statement, SOFTWARE_STATEMENT, self._keys_of, self._server.clock()
            ).claims
        except JWTRefused as refused:
            raise InvalidSoftwareStatement(
                "The software statement cannot be verified.", refusal=refused.refusal
            ) from None
        if "aud" in claims and self._server.issuer not in audience(claims):
            raise InvalidSoftwareStatement(
                "The software statement is for another server.", refusal=AUDIENCE
            )
        said = {name: value for name, value in claims.items() if name not in OF_JWT}
        return {**members, **said}

    def _keys_of(self, jwt: CompactJWT) -> tuple[PublicKey, ...]:
        issuer = jwt.claims.get("iss")
        keys = self._keys.get(issuer) if isinstance(issuer, str) else None
        if keys is None:
            raise self._unapproved(issuer)
        return keys.fitting(jwt.kid, jwt.algorithm)

    def _unapproved(self, issuer: Any) -> UnapprovedSoftwareStatement:
        return UnapprovedSoftwareStatement(
            "No software statement of this issuer is accepted: leave out software_statement.",
            refusal=ISSUER.comparing(iss=issuer, issuers=sorted(self._keys)),
        )
