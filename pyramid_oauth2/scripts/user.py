"""``poauth2 INI user``: show what a user allows and owns, and end it."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from typing import Any

from ..protocol.clients.unreadable import UNREADABLE
from ..protocol.grants import REVOKED_BY_OPERATOR
from ..protocol.records import CLIENT_ID_LENGTH, SUBJECT_LENGTH, Client
from ..protocol.scopes import format_scope
from ..protocol.user_grants import Authorization
from ..protocol.users import Ended
from .arguments import identifier
from .client.secret import FOLLOW
from .ini import Ini
from .terminal import shown
from .times import utc

EXAMPLES = """\
examples:
  # What alice allows, and which clients she owns:
  poauth2 development.ini user show alice

  # Her password was changed: every client has to ask her again.
  poauth2 development.ini user revoke alice

  # Her account was deleted:
  poauth2 development.ini user forget alice
"""


def add_parser(commands: Any, name: str) -> None:
    """Add the command and its subcommands."""
    parser = commands.add_parser(
        name, help="show what a user allows and owns, and end it", epilog=EXAMPLES
    )
    subcommands = parser.add_subparsers(title="subcommands", required=True, metavar="SUBCOMMAND")
    _add(subcommands, "show", show, "print what a user allows, and the clients that they own")
    revoking = _add(
        subcommands,
        "revoke",
        revoke,
        "end all grants of a user with their tokens, and forget the remembered consents",
    )
    revoking.add_argument(
        "--client",
        type=identifier(CLIENT_ID_LENGTH),
        metavar="CLIENT_ID",
        help="only what the user allows this client",
    )
    _add(
        subcommands,
        "forget",
        forget,
        "end everything of a user whose account is deleted: revoke, and disable their clients",
    )


def _add(subcommands: Any, name: str, run: Any, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = subcommands.add_parser(name, help=text)
    parser.add_argument(
        "subject",
        type=identifier(SUBJECT_LENGTH),
        metavar="SUBJECT",
        help="the user, as the grants name them",
    )
    parser.add_argument("--json", action="store_true", help="as JSON; times are in UTC seconds")
    parser.set_defaults(run=run)
    return parser


def show(ini: Ini, arguments: argparse.Namespace) -> int:
    """Print what the user allows, newest first, and the clients that they own."""
    subject = arguments.subject
    with ini.service() as service:
        allowed, owned = service.users.authorizations(subject), service.users.clients(subject)
    if arguments.json:
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


def revoke(ini: Ini, arguments: argparse.Namespace) -> int:
    """End the grants and the consents of the user."""
    with ini.service() as service:
        ended = service.users.revoke(arguments.subject, arguments.client, REVOKED_BY_OPERATOR)
    return _report(arguments, ended)


def forget(ini: Ini, arguments: argparse.Namespace) -> int:
    """End everything of the user."""
    with ini.service() as service:
        ended = service.users.forget(arguments.subject)
    return _report(arguments, ended)


def _report(arguments: argparse.Namespace, ended: Ended) -> int:
    for client_id in ended.not_disabled:
        print(f"poauth2: {shown(client_id)}: not disabled, since {UNREADABLE}", file=sys.stderr)
    status = 1 if ended.not_disabled else 0
    if arguments.json:
        members = {"subject": arguments.subject, **asdict(ended)}
        if not ended.not_disabled:
            del members["not_disabled"]
        print(json.dumps(members))
        return status
    parts = [
        f"{_counted(ended.grants, 'grant')} revoked, with every token",
        f"{_counted(ended.consents, 'consent')} forgotten",
    ]
    if ended.clients:
        parts.append(f"{_counted(ended.clients, 'client')} disabled")
    print(f"{shown(arguments.subject)}: {'; '.join(parts)}.")
    if ended.clients:
        print(FOLLOW)
    return status


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
