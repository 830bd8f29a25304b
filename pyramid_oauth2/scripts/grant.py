"""``poauth2 INI grant``: list the grants of users to clients, and revoke them."""

from __future__ import annotations

import dataclasses
import json
import sys
from typing import Any

import click

from ..protocol.clients.registry import UnknownClient
from ..protocol.events import Emit
from ..protocol.grants import REVOKED_BY_OPERATOR, end_grant, end_grants_of, find_grant, is_living
from ..protocol.listings import every
from ..protocol.records import CLIENT_ID_LENGTH, SUBJECT_LENGTH, Grant
from ..protocol.scopes import format_scope
from ..protocol.server import Server, UserNotChecked
from ..protocol.token.validity import NotValid, check_grant
from ..protocol.token_strings import FAMILY_LENGTH
from ..service import OAuth2Service
from .arguments import identifier, json_option, named_once
from .command import Commands, Named, command
from .ini import Ini
from .terminal import shown
from .times import utc

COUNTS = "counts"
UNCHECKED = "cannot be checked"

EXAMPLES = """\
Examples:
  # Which applications act for alice, and end one of them:
  poauth2 development.ini grant list --user alice
  poauth2 development.ini grant revoke GRANT

  # End every token that acts for alice. A client whose access she has allowed gets
  # new ones without asking her, while she is signed in; see also: user revoke.
  poauth2 development.ini grant revoke --user alice

  # Take away everything that a client was ever given:
  poauth2 development.ini grant revoke --client CLIENT_ID
"""


grant = Commands(
    {
        "list": Named("grant", "list_grants", "List the grants of a user or a client."),
        "revoke": Named(
            "grant",
            "revoke_grants",
            "End grants and every token that was issued for them, at once.",
        ),
    },
    examples=EXAMPLES,
)
_user = named_once("--user", SUBJECT_LENGTH, "SUBJECT", "the user, as the grants name them")
_client = named_once("--client", CLIENT_ID_LENGTH, "CLIENT_ID", "the client that was allowed it")
_json = json_option("as JSON; times are in UTC seconds")


@command()
@_user
@_client
@click.option("--all", "ended", is_flag=True, help="those that do not count any more as well")
@_json
def list_grants(ini: Ini, user: str | None, client: str | None, ended: bool, as_json: bool) -> int:
    """List grants, oldest first."""
    if not (user or client):
        raise click.UsageError("say whose: --user SUBJECT, --client CLIENT_ID, or both")
    with ini.service() as service:
        server = service.server
        listed = every(lambda at: server.grants.grants(user, client, at, 500))
        grants = [(grant, _state(server, grant)) for grant in listed]
    if not ended:
        # A grant that cannot be checked may count, and may have to be ended.
        grants = [(grant, state) for grant, state in grants if state in (COUNTS, UNCHECKED)]
    grants.sort(key=lambda pair: (pair[0].created_at, pair[0].id))
    if as_json:
        print(json.dumps([_document(*pair) for pair in grants], indent=2))
        return 0
    for pair in grants:
        _print(*pair)
    print(f"{len(grants)} grant{'' if len(grants) == 1 else 's'}")
    return 0


def _state(server: Server, grant: Grant) -> str:
    try:
        check_grant(server, grant)
    except NotValid as dead:
        return str(dead)
    except UserNotChecked:
        return UNCHECKED
    return COUNTS


def _print(grant: Grant, state: str) -> None:
    scope = format_scope(grant.scope)
    print(f"{grant.id}  {shown(grant.subject)} to {shown(grant.client_id)}: {scope}")
    until = f"until {utc(grant.expires_at)}"
    if grant.revoked_at is not None:
        until = f"ended {utc(grant.revoked_at)}: {shown(grant.revoke_reason or '')}"
    elif state != COUNTS:
        until = f"{until}; it {state}"
    print(f"    since {utc(grant.created_at)}, {until}")


def _document(grant: Grant, state: str) -> dict[str, Any]:
    members = dataclasses.asdict(grant) | {"scope": format_scope(grant.scope), "state": state}
    del members["data"]
    return {name: value for name, value in members.items() if value not in (None, ())}


@command("GRANT is an id that grant list prints.")
@click.argument("grants", metavar="[GRANT ...]", nargs=-1, type=identifier(FAMILY_LENGTH))
@_user
@_client
@_json
def revoke_grants(
    ini: Ini, grants: tuple[str, ...], user: str | None, client: str | None, as_json: bool
) -> int:
    """Revoke grants: the named ones, those of a user, or everything of a client."""
    if bool(grants) == bool(user or client):
        raise click.UsageError("name grants, or say whose: --user SUBJECT, --client CLIENT_ID")
    with ini.service() as service:
        server, emit = service.server, service.emit
        if user:
            ended = end_grants_of(server, user, REVOKED_BY_OPERATOR, emit, client)
            return _report(as_json, len(ended), f"of {shown(user)}")
        if client:
            return _withdraw(service, client, as_json)
        return _revoke_named(server, grants, emit, as_json)


def _revoke_named(server: Server, named: tuple[str, ...], emit: Emit, as_json: bool) -> int:
    found = {name: find_grant(server, name) for name in named}
    unknown = [name for name, grant in found.items() if grant is None]
    if unknown:
        # All or nothing.
        names = ", ".join(map(shown, unknown))
        print(f"poauth2: there is no grant {names}; see grant list", file=sys.stderr)
        return 1
    now = server.clock()
    living = [grant for grant in found.values() if grant and is_living(grant, now)]
    ended = sum(end_grant(server, grant, REVOKED_BY_OPERATOR, emit) for grant in living)
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
        print(f"Everything that {shown(client_id)} was given has ended, its own tokens as well.")
        print("Processes that are running know it within oauth2.client_cache seconds.")
    return 0


def _report(as_json: bool, ended: int, whose: str) -> int:
    if as_json:
        print(json.dumps({"revoked": ended}))
    else:
        print(
            f"{ended} grant{'' if ended == 1 else 's'} {whose} revoked, with every token of theirs"
        )
    return 0
