"""``poauth2 INI grant``: what users allowed which clients; list it, and end it."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from typing import Any

from ..protocol.client_registry import UnknownClient
from ..protocol.events import Tell
from ..protocol.grants import (
    REVOKED_BY_OPERATOR,
    end_grant,
    end_grants_of,
    find_grant,
    is_living,
)
from ..protocol.listings import every
from ..protocol.opaque import has_our_prefix
from ..protocol.records import Grant
from ..protocol.scopes import format_scope
from ..protocol.server import AuthorizationServer
from ..service import OAuth2Service
from .ini import Ini
from .times import utc

EXAMPLES = """\
examples:
  # Which applications act for alice, and end one of them:
  poauth2 development.ini grant list --user alice
  poauth2 development.ini grant revoke GRANT

  # Log alice out everywhere:
  poauth2 development.ini grant revoke --user alice

  # Take away everything that a client was ever given:
  poauth2 development.ini grant revoke --client CLIENT_ID
"""


def add_parser(commands: Any, name: str) -> None:
    """Add the command and its subcommands."""
    parser = commands.add_parser(
        name,
        help="list what users allowed, and revoke it",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    subcommands = parser.add_subparsers(title="subcommands", required=True, metavar="SUBCOMMAND")
    listing = subcommands.add_parser("list", help="list the grants of a user or a client")
    _add_selection(listing)
    listing.add_argument("--all", action="store_true", help="those that have ended as well")
    listing.set_defaults(run=list_grants, parser=listing)
    revoking = subcommands.add_parser(
        "revoke", help="end grants and every token that was issued for them, at once"
    )
    revoking.add_argument("grants", nargs="*", metavar="GRANT", help="as grant list prints it")
    _add_selection(revoking)
    revoking.set_defaults(run=revoke_grants, parser=revoking)


def _add_selection(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--user", metavar="SUBJECT", help="the user, as the grants name them")
    parser.add_argument("--client", metavar="CLIENT_ID", help="the client that was allowed it")
    parser.add_argument("--json", action="store_true", help="as JSON; times are in UTC seconds")


def list_grants(ini: Ini, arguments: argparse.Namespace) -> int:
    """List grants, oldest first."""
    user, client = arguments.user, arguments.client
    if not (user or client):
        arguments.parser.error("say whose: --user SUBJECT, --client CLIENT_ID, or both")
    with ini.service() as service:
        server, now = service.server, service.server.clock()
        listed = every(lambda at: server.grants.grants(user, client, at, 500))
        grants = [grant for grant in listed if arguments.all or is_living(grant, now)]
    grants.sort(key=lambda grant: (grant.created_at, grant.id))
    if arguments.json:
        print(json.dumps([_document(grant) for grant in grants], indent=2))
        return 0
    for grant in grants:
        _print(grant, now)
    print(f"{len(grants)} grant{'' if len(grants) == 1 else 's'}")
    return 0


def _print(grant: Grant, now: int) -> None:
    print(f"{grant.id}  {grant.subject} to {grant.client_id}: {format_scope(grant.scope)}")
    state = f"until {utc(grant.expires_at)}" if now < grant.expires_at else "ended"
    if grant.revoked_at is not None:
        state = f"ended {utc(grant.revoked_at)}: {grant.revoke_reason}"
    print(f"    since {utc(grant.created_at)}, {state}")


def _document(grant: Grant) -> dict[str, Any]:
    members = dataclasses.asdict(grant) | {"scope": format_scope(grant.scope)}
    del members["data"]
    return {name: value for name, value in members.items() if value not in (None, ())}


def revoke_grants(ini: Ini, arguments: argparse.Namespace) -> int:
    """End grants: those that are named, a user's, or everything of a client's."""
    named, user, client = arguments.grants, arguments.user, arguments.client
    if bool(named) == bool(user or client):
        arguments.parser.error("name grants, or say whose: --user SUBJECT, --client CLIENT_ID")
    if any(map(has_our_prefix, named)):
        arguments.parser.error("this is a token; a grant is what token inspect shows of it")
    with ini.service() as service:
        server, tell = service.server, service.tell
        if named:
            return _revoke_named(server, named, tell, arguments.json)
        if user:
            ended = end_grants_of(server, user, REVOKED_BY_OPERATOR, tell, client)
            return _report(arguments.json, ended, f"of {user}")
        return _withdraw(service, client, arguments.json)


def _revoke_named(server: AuthorizationServer, named: list[str], tell: Tell, as_json: bool) -> int:
    found = {name: find_grant(server, name) for name in named}
    unknown = [name for name, grant in found.items() if grant is None]
    if unknown:
        # Nothing is done by halves.
        print(f"poauth2: there is no grant {', '.join(unknown)}; see grant list", file=sys.stderr)
        return 1
    ended = sum(
        end_grant(server, grant, REVOKED_BY_OPERATOR, tell) for grant in found.values() if grant
    )
    return _report(as_json, ended, f"of the {len(found)} named")


def _withdraw(service: OAuth2Service, client_id: str, as_json: bool) -> int:
    try:
        service.clients.withdraw(client_id)
    except UnknownClient as error:
        print(f"poauth2: {error} See client list.", file=sys.stderr)
        return 1
    if as_json:
        print(json.dumps({"client_id": client_id, "withdrawn": True}))
    else:
        print(f"Everything that {client_id} was given has ended, its own tokens as well. Processes")
        print("that are running know it within oauth2.client_cache seconds.")
    return 0


def _report(as_json: bool, ended: int, whose: str) -> int:
    if as_json:
        print(json.dumps({"revoked": ended}))
    else:
        print(
            f"{ended} grant{'' if ended == 1 else 's'} {whose} revoked, with every token of theirs"
        )
    return 0
