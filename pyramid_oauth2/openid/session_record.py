"""A session of a user as its entry has it."""

from __future__ import annotations

from dataclasses import replace

from ..protocol.authorization.joining import Joining
from ..protocol.envelope import dumps, loads
from ..protocol.records import Entry
from ..protocol.session import Session, SignIn
from ..protocol.token_strings import RandomBytes

NAMESPACE = "session"
MARKED = 3600
"""For how many seconds the entry of a session stays that has ended."""
CLIENTS = 100
"""The most clients of a session; the one that was used least recently is dropped."""


def signed_in(session: Session, joining: Joining, now: int) -> Session:
    """The session after another sign-in.

    :param now: in UTC seconds.
    """
    others = [each for each in session.sign_ins if each.client_id != joining.client.client_id]
    sign_ins = (SignIn(joining.client.client_id, now), *others)[:CLIENTS]
    auth_time = joining.authentication.auth_time if joining.authentication else None
    return replace(session, auth_time=auth_time, sign_ins=sign_ins)


def entry_of(session: Session, key: str, expires_at: int) -> Entry:
    """The record."""
    members = {
        "sid": session.sid,
        "began_at": session.began_at,
        "auth_time": session.auth_time,
        "sign_ins": [[each.client_id, each.at] for each in session.sign_ins],
        "of_application": session.of_application,
    }
    return Entry(NAMESPACE, key, session.subject, dumps(members), expires_at=expires_at)


def ended_entry(entry: Entry, now: int, random: RandomBytes) -> Entry:
    """The record once the session has ended: it has no owner, and is no one's session.

    :param random: makes it another record than that of any other call.
    """
    data = dumps({"ended": random(16).hex()})
    return Entry(NAMESPACE, entry.key, data=data, expires_at=now + MARKED)


def session_of(entry: Entry) -> Session | None:
    """The session of a record; None if it has ended, or this version cannot read it."""
    members = loads(entry.data)
    try:
        auth_time = members["auth_time"]
        return Session(
            subject=str(entry.owner),
            sid=str(members["sid"]),
            began_at=int(members["began_at"]),
            auth_time=None if auth_time is None else int(auth_time),
            sign_ins=tuple(SignIn(str(name), int(at)) for name, at in members["sign_ins"]),
            of_application=bool(members["of_application"]),
        )
    except (KeyError, TypeError, ValueError):
        return None
