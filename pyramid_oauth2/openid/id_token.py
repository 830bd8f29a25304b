"""The ID token: who signed in, for the client alone (OpenID Connect Core section 2)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from zope.interface import implementer

from ..interfaces.server import IServer
from ..interfaces.token_response import ITokenResponseExtension
from ..jose.algorithms import ED25519_NAMES
from ..jose.objects import encoded
from ..jose.signing import sign
from ..jose.uses import ID_TOKEN
from ..protocol.clients.extra import value_of
from ..protocol.records import REFRESH_TOKEN
from ..protocol.scopes import OFFLINE_ACCESS
from ..protocol.token.issuance import Issuing
from ..settings import Settings
from .claims import claims_about
from .claims_extensions import allowed_names, userinfo_names
from .claims_locales import CLAIMS_LOCALES
from .client_fields import ID_TOKEN_SIGNED_RESPONSE_ALG
from .pairwise_salt import PairwiseSalt
from .scopes import OPENID
from .session_entries import SessionEntries
from .settings import OpenIDSettings
from .sids import Sids
from .standard_claims import names_of
from .subjects import sub_of

HASHES: Mapping[str, Callable[[bytes], Any]] = {
    **dict.fromkeys(("ES256", "PS256", "RS256"), hashlib.sha256),
    # Ed25519 hashes by SHA-512 itself (RFC 8032 section 5.1).
    **dict.fromkeys(ED25519_NAMES, hashlib.sha512),
}


@implementer(ITokenResponseExtension)
class IDToken:
    """The member ``id_token`` of a response to a code, and of each refresh of its grant."""

    names = ("id_token",)

    def __init__(self, server: IServer, settings: Settings, salt: PairwiseSalt) -> None:
        self._server = server
        self._settings = settings.of(OpenIDSettings)
        self._sids = Sids(server, salt)
        self._entries = SessionEntries(server)

    def members(self, issuing: Issuing) -> Mapping[str, Any]:
        """The ID token, if the user signed in with OpenID Connect.

        :raises StoreUnavailable: there is no key now, or the application cannot say who
            the user is.
        """
        if issuing.subject is None or not _is_of_openid(issuing):
            return {}
        algorithm = value_of(ID_TOKEN_SIGNED_RESPONSE_ALG, issuing.client)
        claims = self._claims(issuing, issuing.subject, algorithm)
        return {"id_token": sign(self._server, ID_TOKEN.typ.upper(), claims, algorithm)}

    def _claims(self, issuing: Issuing, subject: str, algorithm: str) -> Mapping[str, Any]:
        server = self._server
        claims = {
            **claims_about(
                server, subject, self._names(issuing), issuing.kept.get(CLAIMS_LOCALES, ())
            ),
            "iss": server.issuer,
            "sub": sub_of(server, issuing.client, subject),
            # Not "azp": it is for several audiences.
            "aud": issuing.client.client_id,
            "iat": issuing.issued_at,
            "exp": issuing.issued_at + self._settings.id_token_lifetime,
            "at_hash": left_half(issuing.access_token, algorithm),
            **self._members(issuing),
        }
        if "nonce" in issuing.kept:
            claims["nonce"] = issuing.kept["nonce"]
        return claims

    def _members(self, issuing: Issuing) -> dict[str, Any]:
        members = issuing.authentication.members() if issuing.authentication else {}
        sid = members.pop("sid", None)
        if sid is not None and self._lasts(issuing, sid):
            members["sid"] = self._sids.sid_for(issuing.client, sid)
        return members

    def _lasts(self, issuing: Issuing, sid: str) -> bool:
        if issuing.grant_type != REFRESH_TOKEN or issuing.subject is None:
            return True
        if issuing.grant is not None and OFFLINE_ACCESS in issuing.grant.scope:
            # It outlives its session, which it does not extend: no sign-out has to reach it.
            return self._entries.found(issuing.subject, sid) is not None
        return self._entries.used(issuing.subject, sid, self._settings.session_lifetime)

    def _names(self, issuing: Issuing) -> frozenset[str]:
        granted = issuing.grant.scope if issuing.grant else frozenset()
        names = allowed_names(issuing.kept.get("id_token_claims", ()), issuing.kept, granted)
        if self._settings.claims_in_id_token:
            names |= names_of(issuing.access.scope) | userinfo_names(issuing.kept)
        return names


def left_half(value: str, algorithm: str) -> str:
    """The hash of an access token that binds it to its ID token (Core section 3.1.3.6).

    :param algorithm: by which the ID token is signed.
    :raises KeyError: of that one it is not known which hash it uses.
    """
    digest: bytes = HASHES[algorithm](value.encode()).digest()
    return encoded(digest[: len(digest) // 2])


def _is_of_openid(issuing: Issuing) -> bool:
    # A user may untick the scope. The response type "token" is no flow of OpenID Connect.
    granted = issuing.grant.scope if issuing.grant else frozenset()
    return issuing.spent is not None and OPENID in issuing.kept and OPENID in granted
