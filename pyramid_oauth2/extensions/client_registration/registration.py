"""What the server keeps of a registration beside the client: its token, policy and use."""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from ...interfaces.server import IServer
from ...protocol.envelope import Members, NotUnderstood, dumps
from ...protocol.listings import every
from ...protocol.lost_responses import until_known, until_put
from ...protocol.records import KEY_LENGTH, Entry, Page, check_identifier
from ...protocol.token_strings import digest
from .policy import Policy

NAMESPACE = "client_registration"
UNUSED, USED, ENDED = "unused", "used", "ended"
GRACE = 600  # seconds for which a token that was replaced is accepted: a response may be lost
PAGE = 200


@dataclass(frozen=True, slots=True)
class Registration:
    """A registration.

    :param policy: that of its initial access token; None: that of the settings, as they are then.
    :param token: the digest of the registration access token, in hexadecimal digits.
    :param earlier: that of the one before, which is accepted until ``earlier_until``.
    :param state: :data:`UNUSED`, :data:`USED`, or :data:`ENDED` once the client is deleted.
    :param at: when it was registered, last seen in use, or may be forgotten, by the state.
    :param statement: the software statement that it was registered with; empty if there is none.
    :param others: the members that a later version wrote.
    """

    client_id: str
    policy: Policy | None
    token: str = field(repr=False)
    state: str
    at: int
    earlier: str = field(default="", repr=False)
    earlier_until: int = 0
    version: int | None = None
    statement: str = field(default="", repr=False)
    others: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def is_of(self, token: str, now: int) -> bool:
        """Whether a registration access token is that of the registration."""
        mine = digest(token).hex()
        current = hmac.compare_digest(self.token, mine)
        earlier = hmac.compare_digest(self.earlier, mine) and now < self.earlier_until
        return self.state != ENDED and (current or earlier)

    def with_token(self, token: str, now: int, presented: str = "") -> Registration:
        """The registration with a new token.

        :param presented: the token of the client that gets the new one.
        """
        made = replace(self, token=digest(token).hex())
        if hmac.compare_digest(self.earlier, digest(presented).hex()):
            # The response with the present one was lost: the client has the earlier one alone, and
            # may lose this response too.
            return made
        return replace(made, earlier=self.token, earlier_until=now + GRACE)

    def entry(self) -> Entry:
        """The record."""
        members = {
            **self.others,
            "policy": None if self.policy is None else self.policy.members(),
            "token": self.token,
            "at": self.at,
            "earlier": self.earlier,
            "earlier_until": self.earlier_until,
            **({"statement": self.statement} if self.statement else {}),
        }
        return Entry(NAMESPACE, self.client_id, self.state, dumps(members))


def _read(entry: Entry) -> Registration | None:
    try:
        members, others = _MEMBERS.read(entry.data)
        policy = members["policy"]
        return Registration(
            client_id=entry.key,
            policy=None if policy is None else Policy.read(policy),
            token=members["token"],
            state=entry.owner or UNUSED,
            at=members["at"],
            earlier=members["earlier"],
            earlier_until=members["earlier_until"],
            version=entry.version,
            statement=members.get("statement", ""),
            others=others,
        )
    except (NotUnderstood, KeyError, TypeError):
        return None


_TYPES = {"policy": object, "token": str, "at": int, "earlier": str, "earlier_until": int}
_MEMBERS = Members({**_TYPES, "statement": str}, frozenset(_TYPES))


class Registrations:
    """The registrations of a server."""

    def __init__(self, server: IServer) -> None:
        self._server = server

    def find(self, client_id: str) -> Registration | None:
        """The registration of a client; None if it did not register itself."""
        try:
            check_identifier("client_id", client_id, KEY_LENGTH)
        except ValueError:
            # Any text may be asked for, and some stores refuse a NUL, as if they were away.
            return None
        entry = self._server.entries.get(NAMESPACE, client_id)
        return None if entry is None else _read(entry)

    def put(self, registration: Registration) -> bool:
        """Write it, if it is still as it was read; return whether it was."""
        return until_put(self._server.entries, registration.entry(), registration.version)

    def forget(self, client_id: str) -> None:
        """Remove it."""
        until_known(partial(self._server.entries.delete, NAMESPACE, client_id))

    def page(self, cursor: str | None, limit: int = PAGE) -> Page[Registration]:
        """Some of all registrations, and where the next ones begin."""
        page = self._server.entries.list(NAMESPACE, cursor=cursor, limit=limit)
        return Page(tuple(filter(None, map(_read, page.items))), page.cursor)

    def unused(self) -> Iterator[Registration]:
        """Those of which nothing was seen in use."""
        listing = self._server.entries.list
        for entry in every(lambda cursor: listing(NAMESPACE, UNUSED, cursor=cursor, limit=PAGE)):
            if (registration := _read(entry)) is not None:
                yield registration
