"""What a grant type wants issued, as data: the core issues it (:mod:`.issuing`).

A grant type says what is granted and by which operation it enters the store. It makes
no token, so no grant type can forget what applies to every token.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..access import Access
from ..authentication import Authentication
from ..envelope import CRITICAL
from ..events import GrantEvent
from ..kept_values import NOTHING_KEPT, KeptValues
from ..records import Client, Grant, Token
from ..single_use import SingleUse
from ..throttling import Attempt
from .token_response import RESERVED_NAMES, STANDARD_MEMBERS


@dataclass(frozen=True, slots=True)
class Open:
    """Open a new grant of the user ``subject``.

    :param interaction: is redeemed for the grant, where the user allowed it on a page.
    :param authentication: how the user authenticated, where the application says it.
    :param kept: the values of request extensions that stay in the grant.
    :param error_description: of the refusal where the user is deactivated, the
        interaction is used, or the user withdraws everything at this moment.
    """

    subject: str
    interaction: Token | None = None
    authentication: Authentication | None = None
    kept: KeptValues = NOTHING_KEPT
    error_description: str = "The grant was revoked."


@dataclass(frozen=True, slots=True)
class Reuse:
    """What it means that a token is used a second time: its grant is revoked.

    ``event`` is emitted also where the grant was revoked before. ``reason`` is
    a fixed text, since metrics count by it.
    """

    event: type[GrantEvent]
    reason: str


@dataclass(frozen=True, slots=True)
class Repeat:
    """A request whose response is stored, encrypted, and sent again if the request is repeated.

    :param presented: what the client presents and the store does not have, with the token
        string that is redeemed; the key is derived from it.
    :param scope: the requested scope: the response is repeated for the same one only.
    :param grace: for how many seconds the response is repeated; 0 never repeats it.
    :param event: is emitted when the response is repeated.
    :param error_description: of the refusal where it is requested for another scope, or with
        another proof, and nothing is revoked; None: that is a reuse.
    """

    presented: str = field(repr=False)
    scope: frozenset[str]
    grace: int
    event: type[GrantEvent]
    error_description: str | None = None


@dataclass(frozen=True, slots=True)
class Redeem:
    """Redeem ``token``, which ``find`` returned with ``grant``: it can be used once.

    :param error_description: of the refusal where the token is used, expired or revoked.
    :param reuse: what a second use means, unless the response can be repeated.
    :param repeat: for which request the response is repeated for a while; None where it
        never is.
    """

    token: Token
    grant: Grant
    error_description: str
    reuse: Reuse
    repeat: Repeat | None = None


@dataclass(frozen=True, slots=True)
class Add:
    """Add a token to a grant, within the grant's end.

    An access token comes without a refresh token, and ends no other token of the grant.

    :param error_description: of the refusal where the grant has ended.
    """

    grant: Grant
    error_description: str


@dataclass(frozen=True, slots=True)
class Issuance:
    """What is to be issued, and how it enters the store: by one atomic operation.

    :param access: what the access token allows, and a grant that is opened.
    :param operation: None for a token without a grant: the client acts for itself
        (RFC 6749 section 4.4).
    :param refresh_token: whether a refresh token may be issued too. It is where the
        client and the server have the grant type ``refresh_token``.
    :param actor: the party that acts for the subject, as the claim ``act`` (RFC 8693
        section 4.1).
    :param members: additional members of the token response, as JSON.
    :param reservations: values that may be used once, such as vouchers. They are reserved
        before the operation; a value that is taken refuses the request. If the operation
        then fails, they stay reserved.
    :param attempt: is counted once the tokens are issued.
    :raises ValueError: ``members`` has a name that the core sets.
    :raises TypeError: ``members`` cannot be written as JSON.
    """

    access: Access
    operation: Open | Redeem | Add | None = None
    refresh_token: bool = True
    actor: Mapping[str, Any] | None = None
    members: Mapping[str, Any] = field(default_factory=dict, repr=False)
    reservations: tuple[SingleUse, ...] = ()
    attempt: Attempt | None = None

    def __post_init__(self) -> None:
        if not self.members:
            return
        if taken := self.members.keys() & {*STANDARD_MEMBERS, *RESERVED_NAMES, CRITICAL}:
            raise ValueError(f"the token response has members of these names: {sorted(taken)}")
        # Before anything is stored: the response may be sealed, and must be sent.
        json.dumps(dict(self.members))


@dataclass(frozen=True, slots=True)
class Issuing:
    """What a token response is about, for those who add members to it.

    :param grant_type: of the token request; ``implicit`` at the authorization endpoint.
    :param access: what the access token allows.
    :param access_token: its string.
    :param expires_in: its lifetime in seconds, from ``issued_at``, which is in UTC seconds.
    :param subject: the user; None for a client that acts for itself.
    :param grant: what was granted; None without a user.
    :param spent: the code or refresh token that is redeemed; None for a new grant.
    :param authentication: how the user authenticated when they allowed it, where that is known.
    :param kept: the values of request extensions that are in ``spent`` or in the grant, by the
        names of the extensions; without a code, those that would be in it.
    """

    client: Client
    grant_type: str
    access: Access
    access_token: str = field(repr=False)
    issued_at: int
    expires_in: int
    subject: str | None = None
    grant: Grant | None = None
    spent: Token | None = None
    authentication: Authentication | None = None
    kept: Mapping[str, Any] = field(default_factory=dict, repr=False)
