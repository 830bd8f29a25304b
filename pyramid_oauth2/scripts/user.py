"""``poauth2 INI user``: show what a user allows and owns, and end it."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any

import click

from ..protocol.clients.unreadable import UNREADABLE
from ..protocol.grants import REVOKED_BY_OPERATOR
from ..protocol.records import CLIENT_ID_LENGTH, SUBJECT_LENGTH, Client
from ..protocol.scopes import format_scope
from ..protocol.user_grants import Authorization
from ..protocol.users import Ended
from .arguments import identifier, json_option, named_once
from .client.secret import FOLLOW
from .command import Commands, Named, command
from .ini import Ini
from .terminal import shown
from .times import utc

EXAMPLES = """\
Examples:
  # What alice allows, and which clients she owns:
  poauth2 development.ini user show alice

  # Her password was changed: every client has to ask her again.
  poauth2 development.ini user revoke alice

  # Her account was deleted:
  poauth2 development.ini user forget alice
"""


user = Commands(
    {
        "show": Named("user", "show", "Print what a user allows, and the clients that they own."),
        "revoke": Named(
            "user",
            "revoke",
            "End all grants of a user with their tokens, and forget the remembered consents.",
        ),
        "forget": Named(
            "user",
            "forget",
            "End everything of a user whose account is deleted: revoke, and disable their clients.",
        ),
    },
    examples=EXAMPLES,
)
SUBJECT = "SUBJECT is the user, as the grants name them."
_subject = click.argument("subject", metavar="SUBJECT", type=identifier(SUBJECT_LENGTH))
_json = json_option("as JSON; times are in UTC seconds")


@command(SUBJECT)
@_subject
@_json
def show(ini: Ini, subject: str, as_json: bool) -> int:
    """Print what the user allows, newest first, and the clients that they own."""
    with ini.service() as service:
        allowed, owned = service.users.authorizations(subject), service.users.clients(subject)
    if as_json:
        members = {
            "subject": subject,
            "authorizations": list(map(_document, allowed.newest_first)),
            "complete": allowed.complete,
            "clients": [_client_document(client) for client in owned],
        }
        print(json.dumps(members, indent=2))
        return 0
    number = len(allowed.newest_first)
    more = "" if allowed.complete else ", and perhaps others"
    print(f"{shown(subject)} allows {_counted(number, 'client')}{more}")
    for authorization in allowed.newest_first:
        _print(authorization)
    print(f"{shown(subject)} owns {_counted(len(owned), 'client')}")
    for client in owned:
        print(f"    {_named(client.client_id, client)}")
    return 0


def _print(authorization: Authorization) -> None:
    grants = len(authorization.grants)
    # A consent without a grant: the client gets a grant without asking the user.
    what = _counted(grants, "grant") if grants else "a remembered consent"
    print(f"    {_named(authorization.client_id, authorization.client)}")
    print(f"        {format_scope(authorization.scope)}")
    print(f"        since {utc(authorization.since)}, {what}")


def _named(client_id: str, client: Client | None) -> str:
    if client is None:
        return f"{shown(client_id)}  (deleted)"
    state = "  (disabled)" if client.disabled_at is not None else ""
    return f"{shown(client_id)}  {client.client_name!r}{state}"


def _document(authorization: Authorization) -> dict[str, Any]:
    return {
        "client_id": authorization.client_id,
        "scope": format_scope(authorization.scope),
        "since": authorization.since,
        "grants": [grant.id for grant in authorization.grants],
    }


def _client_document(client: Client) -> dict[str, Any]:
    return {
        "client_id": client.client_id,
        "client_name": client.client_name,
        "disabled": client.disabled_at is not None,
    }


@command(SUBJECT)
@_subject
@named_once("--client", CLIENT_ID_LENGTH, "CLIENT_ID", "only what the user allows this client")
@_json
def revoke(ini: Ini, subject: str, client: str | None, as_json: bool) -> int:
    """End the grants and the consents of the user."""
    with ini.service() as service:
        ended = service.users.revoke(subject, client, REVOKED_BY_OPERATOR)
    return _report(subject, ended, as_json)


@command(SUBJECT)
@_subject
@_json
def forget(ini: Ini, subject: str, as_json: bool) -> int:
    """End everything of the user."""
    with ini.service() as service:
        ended = service.users.forget(subject)
    return _report(subject, ended, as_json)


def _report(subject: str, ended: Ended, as_json: bool) -> int:
    for client_id in ended.not_disabled:
        print(f"poauth2: {shown(client_id)}: not disabled, since {UNREADABLE}", file=sys.stderr)
    status = 1 if ended.not_disabled else 0
    if as_json:
        members = {"subject": subject, **asdict(ended)}
        if not ended.not_disabled:
            del members["not_disabled"]
        print(json.dumps(members))
        return status
    parts = [
        f"{_counted(ended.grants, 'grant')} revoked, with every token",
        f"{_counted(ended.consents, 'consent')} forgotten",
    ]
    if ended.sessions:
        parts.append(f"{_counted(ended.sessions, 'session')} ended")
    if ended.clients:
        parts.append(f"{_counted(ended.clients, 'client')} disabled")
    print(f"{shown(subject)}: {'; '.join(parts)}.")
    if ended.clients:
        print(FOLLOW)
    return status


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
