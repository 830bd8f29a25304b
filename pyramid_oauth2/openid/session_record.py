"""A session of a user as its entry has it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from ..protocol.authorization.joining import Joining
from ..protocol.envelope import dumps, loads
from ..protocol.records import Entry
from ..protocol.session import Session, SignIn
from ..protocol.token_strings import RandomBytes

NAMESPACE = "session"
MARKED = 3600
"""For how many seconds the entry of a session stays that has ended."""
ENDED = "ended"
"""The owner of the entries of ended sessions whose end is not finished.

A user may be named like that: an entry that is marked is the session of no user.
"""
LEFT = 7 * 86_400
"""For how many seconds such an entry stays, if nothing finishes the end."""
MEMBERS = frozenset(
    {"subject", "sid", "began_at", "auth_time", "sign_ins", "of_application", "browser"}
)
CLIENTS = 100
"""The most clients of a session; the one that was used least recently is dropped."""


def signed_in(session: Session, joining: Joining, browser: str, now: int) -> Session:
    """The session after another sign-in.

    :param browser: a digest that identifies the browser and the user.
    :param now: in UTC seconds.
    """
    others = [each for each in session.sign_ins if each.client_id != joining.client.client_id]
    sign_ins = (SignIn(joining.client.client_id, now), *others)[:CLIENTS]
    auth_time = joining.authentication.auth_time if joining.authentication else None
    return replace(session, auth_time=auth_time, sign_ins=sign_ins, browser=browser)


@dataclass(frozen=True, slots=True)
class Ended:
    """An ended session whose grants may not have ended, and whose clients have no notice yet.

    :param mark: a random text: two calls that write its notices write the same.
    :param at: when it ended, in UTC seconds.
    """

    session: Session
    mark: str = field(repr=False)
    at: int


def entry_of(session: Session, key: str, expires_at: int) -> Entry:
    """The record."""
    data = dumps(_members(session))
    return Entry(NAMESPACE, key, session.subject, data, expires_at=expires_at)


def _members(session: Session) -> dict[str, Any]:
    return {
        # A later version may have written them, while it is rolled out.
        **session.others,
        "sid": session.sid,
        "began_at": session.began_at,
        "auth_time": session.auth_time,
        "sign_ins": [[each.client_id, each.at] for each in session.sign_ins],
        "of_application": session.of_application,
        "browser": session.browser,
    }


def ended_entry(entry: Entry, now: int, random: RandomBytes) -> Entry:
    """The record once the session has ended: it is no user's session.

    :param random: makes it another record than that of any other call.
    """
    data = dumps({"ended": random(16).hex()})
    return Entry(NAMESPACE, entry.key, data=data, expires_at=now + MARKED)


def unfinished_entry(entry: Entry, session: Session, now: int, random: RandomBytes) -> Entry:
    """The same, until its grants have ended and there is a notice for each of its clients."""
    said = {"subject": session.subject, **_members(session)}
    data = dumps({"ended": random(16).hex(), "ended_at": now, "session": said})
    return Entry(NAMESPACE, entry.key, ENDED, data, expires_at=now + LEFT)


def unfinished(entry: Entry) -> Ended | None:
    """What :func:`unfinished_entry` has written; None if the entry is another one."""
    members = loads(entry.data)
    try:
        session = members["session"]
        subject, mark, at = str(session["subject"]), members["ended"], members["ended_at"]
        return Ended(_session(subject, session), str(mark), int(at))
    except (KeyError, TypeError, ValueError):
        return None


def session_of(entry: Entry) -> Session | None:
    """The session of a record; None if it has ended, or this version cannot read it."""
    try:
        return _session(str(entry.owner), loads(entry.data))
    except (KeyError, TypeError, ValueError):
        return None


def _session(subject: str, members: Any) -> Session:
    auth_time = members["auth_time"]
    return Session(
        subject=subject,
        sid=str(members["sid"]),
        began_at=int(members["began_at"]),
        auth_time=None if auth_time is None else int(auth_time),
        sign_ins=tuple(SignIn(str(name), int(at)) for name, at in members["sign_ins"]),
        of_application=bool(members["of_application"]),
        browser=str(members.get("browser", "")),
        others={name: value for name, value in members.items() if name not in MEMBERS},
    )
