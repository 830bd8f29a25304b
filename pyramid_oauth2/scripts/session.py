"""``poauth2 INI session``: list where a user is signed in, and end it."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from ..protocol.records import SUBJECT_LENGTH
from ..protocol.session import Session
from ..protocol.sessions import ENDED_BY_OPERATOR, Sessions
from .arguments import identifier, json_option, some_text
from .command import Command, Commands, Named, command
from .ini import Ini
from .terminal import shown
from .times import utc

EXAMPLES = """\
Examples:
  # Where alice is signed in by this server:
  poauth2 development.ini session list alice

  # Sign her out at every application:
  poauth2 development.ini session end alice --all
"""

# The base64url of an application's own may begin like that.
LIKE_AN_OPTION = re.compile(r"-[A-Za-z0-9_]+.*")


class NamingSession(Command):
    """A command whose second word may be a ``sid`` that looks like an option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the words, as if ``--`` stood before such a ``sid``."""
        like_an_option = len(args) == 2 and LIKE_AN_OPTION.fullmatch(args[1])
        words = [args[0], "--", args[1]] if like_an_option else args
        return super().parse_args(ctx, words)


session = Commands(
    {
        "list": Named("session", "list_sessions", "List at which clients a user is signed in."),
        "end": Named("session", "end", "Sign a user out at the clients of a session."),
    },
    examples=EXAMPLES,
)
SUBJECT = "SUBJECT is the user, as the grants name them."
_subject = click.argument("subject", metavar="SUBJECT", type=identifier(SUBJECT_LENGTH))


@command(SUBJECT)
@_subject
@json_option("as JSON; times are in UTC seconds")
def list_sessions(ini: Ini, subject: str, as_json: bool) -> int:
    """List the sessions, the latest first."""
    with _sessions(ini) as sessions:
        found = sessions.list(subject)
    if as_json:
        print(json.dumps(list(map(_document, found)), indent=2))
        return 0
    if not found:
        print(f"{shown(subject)} has no session.")
    for each in found:
        print(f"{shown(each.sid)}  since {utc(each.began_at)}")
        for sign_in in each.sign_ins:
            print(f"    {shown(sign_in.client_id)}  {utc(sign_in.at)}")
    return 0


@command(
    f"{SUBJECT} What they allow for offline access stays: see 'user revoke'. Their login at the "
    "application itself ends only if it has a method end_session.",
    cls=NamingSession,
)
@_subject
@click.argument("sid", metavar="[SID]", required=False, type=some_text)
@click.option("--all", "every", is_flag=True, help="every session of the user")
def end(ini: Ini, subject: str, sid: str | None, every: bool) -> int:
    """End a session with its grants, and notify its clients."""
    if (sid is None) is not every:
        raise click.UsageError("name one session, or --all")
    with _sessions(ini) as sessions:
        if sid is None:
            ended = sessions.end_all(subject, ENDED_BY_OPERATOR)
        else:
            ended = int(sessions.end(subject, sid, ENDED_BY_OPERATOR))
    if sid is not None and not ended:
        print(f"poauth2: {shown(subject)} has no such session.", file=sys.stderr)
        return 1
    print(f"{shown(subject)}: {ended} {'session' if ended == 1 else 'sessions'} ended.")
    return 0


@contextmanager
def _sessions(ini: Ini) -> Iterator[Sessions]:
    with ini.service() as service:
        if service.server.sessions is None:
            raise click.UsageError("there are no sessions without oauth2.openid = true")
        yield service.sessions


def _document(session: Session) -> dict[str, Any]:
    return {
        "sid": session.sid,
        "began_at": session.began_at,
        "auth_time": session.auth_time,
        "clients": [
            {"client_id": each.client_id, "signed_in_at": each.at} for each in session.sign_ins
        ],
    }
