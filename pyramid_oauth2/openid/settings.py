"""The settings of OpenID Connect."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ..jose.algorithms import RS256
from ..protocol.records import REFRESH_TOKEN
from ..settings.declaration import setting
from ..settings.secrets import salt
from ..settings.tokens import DEFAULT_GRANT_TYPES
from ..settings.types import AUTHORIZATION_SERVER, boolean, lifetime, signed_lifetime

HOUR, DAY = 3600, 86_400
CODE = "code"
AUTHORIZATION_CODE = "authorization_code"


@dataclass(frozen=True)
class OpenIDSettings:
    """OpenID Connect.

    Only for an authorization server.
    """

    enabled: bool = setting(
        boolean,
        False,
        "Whether other applications can sign their users in here. It needs `oauth2.secret`, and "
        "resource owners with the methods `claims`, and `authentication` or `authenticated_at`.",
        key="",
        mode=AUTHORIZATION_SERVER,
    )
    id_token_lifetime: int = setting(
        signed_lifetime,
        HOUR,
        "How long an ID token is valid. A client reads it when it gets it, so this limits only "
        "how late that may be, not how long the user stays signed in there.",
        mode=AUTHORIZATION_SERVER,
        needs="",
    )
    claims_in_id_token: bool = setting(
        boolean,
        False,
        "Whether an ID token has every claim of the scopes, for clients that do not call the "
        "userinfo endpoint. Otherwise it has only what a client asks for there by the parameter "
        "claims.",
        mode=AUTHORIZATION_SERVER,
        needs="",
    )

    id_token_hint_lifetime: int = setting(
        lifetime,
        90 * DAY,
        "How long, at least, an ID token is recognised after it was issued, as a hint to the user "
        "who signs in or out. So long a public key is kept after it last signed.",
        mode=AUTHORIZATION_SERVER,
        needs="",
    )

    pairwise_salt: str | None = setting(
        salt,
        None,
        "The secret of which the identifiers of users are made for clients that are registered "
        "with the subject_type pairwise, so that two of them cannot find out that a user is the "
        "same. It can never be changed: under another one every user would be unknown to them.",
        mode=AUTHORIZATION_SERVER,
        secret=True,
        needs="",
    )

    session_lifetime: int = setting(
        lifetime,
        60 * DAY,
        "How long it is remembered at which clients a user has signed in with one login, so that "
        "they can be signed out there too. It begins again at each sign-in, and at a refresh whose "
        "new refresh token would outlive it.",
        mode=AUTHORIZATION_SERVER,
        needs="",
    )

    def contradictions(self, settings: Any) -> Iterator[str]:
        """Users are signed in by the code flow alone; a sign-out reaches what is issued to them."""
        if not self.enabled:
            return
        grant_types = settings.grant_types or DEFAULT_GRANT_TYPES
        if AUTHORIZATION_CODE not in grant_types or CODE not in settings.response_types:
            yield (
                "oauth2.openid = true needs the code flow: add authorization_code to "
                "oauth2.grant_types, and code to oauth2.response_types, or leave both out."
            )
        refresh = ("refresh_token_lifetime",) if REFRESH_TOKEN in grant_types else ()
        for name in (*refresh, "access_token_lifetime"):
            if getattr(settings, name) > self.session_lifetime:
                yield (
                    f"oauth2.openid.session_lifetime is shorter than oauth2.{name}: who signs out "
                    "after that would stay signed in at clients. Make it at least as long."
                )

    def signing_algorithms(self) -> Iterable[str]:
        """Every client can verify RS256 (OpenID Connect Core section 15.1)."""
        return (RS256,) if self.enabled else ()

    def recognised_for(self) -> int:
        """A hint is an ID token that may have expired (OpenID Connect Core section 3.1.2.1)."""
        return self.id_token_hint_lifetime if self.enabled else 0
