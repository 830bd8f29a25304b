"""``poauth2 INI registration-token``: who may register clients (RFC 7591 section 1.2)."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from ..extensions.client_registration.initial_access_tokens import (
    InitialAccessToken,
    InitialAccessTokens,
)
from ..extensions.client_registration.policy import Policy
from ..extensions.client_registration.settings import RegistrationSettings, hosts
from ..protocol.clients.registered_metadata import registrable_grant_types
from ..protocol.scopes import format_scope
from ..service import OAuth2Service
from ..settings.types import BadValue
from .arguments import duration, identifier, json_option, some_text
from .client.metadata import words
from .command import Commands, Named, command
from .ini import Ini
from .table import table
from .terminal import shown
from .times import utc

MOST_USES = 10_000
LABEL_LENGTH = 255
HEADINGS = ("ID", "LABEL", "LEFT", "EXPIRES", "SCOPE", "GRANT TYPES", "HOSTS")
EXAMPLES = """\
Examples:
  # For one client, within a day:
  poauth2 development.ini registration-token add --label "Notes team"

  # For the clients of one site, which may read only:
  poauth2 development.ini registration-token add --uses 20 --lifetime 30d \\
      --scope read --host app.example

  poauth2 development.ini registration-token list
  poauth2 development.ini registration-token revoke ID
"""

registration_token = Commands(
    {
        "add": Named("registration_token", "add_token", "Make one and print it, once."),
        "list": Named("registration_token", "list_tokens", "List those that can be used."),
        "revoke": Named("registration_token", "revoke", "End one; its clients stay."),
    },
    examples=EXAMPLES,
)


def _hosts(values: tuple[str, ...]) -> frozenset[str]:
    try:
        return hosts(" ".join(values))
    except BadValue as error:
        raise click.BadParameter(str(error), param_hint="--host") from None


@command("What it does not name is as oauth2.registration.* say.")
@click.option("--label", metavar="LABEL", type=identifier(LABEL_LENGTH), help="what it is for")
@click.option(
    "--uses",
    metavar="NUMBER",
    type=click.IntRange(1, MOST_USES),
    default=1,
    show_default=True,
    help="how many clients it can register",
)
@click.option(
    "--lifetime",
    metavar="TIME",
    type=duration,
    default="1d",
    show_default=True,
    help="such as 10m, 1h or 30d",
)
@click.option(
    "--scope",
    metavar="SCOPE",
    multiple=True,
    type=some_text,
    help="what its clients may have at most; repeatable",
)
@click.option(
    "--grant-type",
    metavar="TYPE",
    multiple=True,
    type=some_text,
    help="a grant type for its clients; repeatable",
)
@click.option(
    "--host",
    metavar="HOST",
    multiple=True,
    type=some_text,
    help="a host for https redirect URIs; repeatable",
)
@json_option("as JSON; times are in UTC seconds")
def add_token(
    ini: Ini,
    label: str | None,
    uses: int,
    lifetime: int,
    scope: tuple[str, ...],
    grant_type: tuple[str, ...],
    host: tuple[str, ...],
    as_json: bool,
) -> int:
    """Make an initial access token."""
    with _service(ini) as service:
        usual = Policy.of(service.settings.of(RegistrationSettings))
        policy = Policy(
            frozenset(words(scope)) or usual.scope,
            frozenset(words(grant_type)) or usual.grant_types,
            _hosts(host) or usual.redirect_hosts,
        )
        server = service.server
        if unknown := sorted((policy.scope or frozenset()) - server.known_scopes):
            raise click.UsageError(f"the server does not know the scope {format_scope(unknown)}")
        if unknown := sorted(frozenset(words(grant_type)) - registrable_grant_types(server)):
            raise click.UsageError(f"the server does not have the grant type {', '.join(unknown)}")
        tokens = InitialAccessTokens(server)
        value = tokens.add(policy, lifetime, uses, label or "")
        made = tokens.find(value)
    if as_json:
        print(json.dumps({"token": value, **(_document(made) if made else {})}, indent=2))
    else:
        print(value)
        print("It is shown only now. Clients send it as a bearer token.", file=sys.stderr)
    return 0


@command()
@json_option("as JSON; times are in UTC seconds")
def list_tokens(ini: Ini, as_json: bool) -> int:
    """List the tokens that can still be used."""
    with _service(ini) as service:
        found = list(InitialAccessTokens(service.server).list())
    if as_json:
        print(json.dumps([_document(each) for each in found], indent=2))
        return 0
    if found:
        print(*table([HEADINGS, *map(_cells, found)]), sep="\n")
    print(f"{len(found)} initial access token{'' if len(found) == 1 else 's'}")
    return 0


@command("ID is what 'registration-token list' shows.")
@click.argument("name", metavar="ID", type=identifier(64))
def revoke(ini: Ini, name: str) -> int:
    """End a token: it registers no more clients."""
    with _service(ini) as service:
        ended = InitialAccessTokens(service.server).revoke(name)
    if not ended:
        print(f"poauth2: there is no initial access token {shown(name)}", file=sys.stderr)
        return 1
    print(f"{shown(name)} registers no more clients. Those that it has registered stay.")
    return 0


@contextmanager
def _service(ini: Ini) -> Iterator[OAuth2Service]:
    with ini.service() as service:
        if service.settings.of(RegistrationSettings).who is None:
            raise click.UsageError("no client can register itself: oauth2.registration is off")
        yield service


def _cells(token: InitialAccessToken) -> tuple[str, ...]:
    policy = token.policy
    return (
        token.id,
        shown(token.label) or "-",
        str(token.left),
        utc(token.expires_at),
        "(all)" if policy.scope is None else format_scope(policy.scope) or "-",
        " ".join(sorted(policy.grant_types)),
        " ".join(sorted(policy.redirect_hosts)) or "(any)",
    )


def _document(token: InitialAccessToken) -> dict[str, Any]:
    return {
        "id": token.id,
        "label": token.label,
        "left": token.left,
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        **token.policy.members(),
    }
