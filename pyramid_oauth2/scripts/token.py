"""``poauth2 INI token``: inspect a token without exposing it."""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from ..protocol.access import Access
from ..protocol.authorization.codes import CodeData
from ..protocol.authorization.interaction import end_of
from ..protocol.authorization.interaction_data import Interaction
from ..protocol.authorization_server import AuthorizationServer
from ..protocol.envelope import NotUnderstood, check_understood
from ..protocol.records import (
    ACCESS_TOKEN,
    AUTHORIZATION_CODE,
    INTERACTION,
    REFRESH_TOKEN,
    Grant,
    Token,
)
from ..protocol.scopes import format_scope
from ..protocol.server import UserNotChecked
from ..protocol.token.access_token import AccessTokenData
from ..protocol.token.confirmation import BOUND, confirmation_of
from ..protocol.token.resolution import check_recognised, recognise, reference_of
from ..protocol.token.validity import NotValid, check_limits, check_parties, check_token
from ..protocol.token_strings import is_client_secret, parse_token
from .arguments import json_option
from .command import UNEXPECTED, Command, Commands, Named, command
from .ini import Ini
from .terminal import shown
from .times import utc

EXAMPLES = """\
Examples:
  # It asks for the token, and does not show it:
  poauth2 development.ini token inspect

  # From a file, or another program:
  poauth2 development.ini token inspect --json < token.txt
"""
TIMES = ("issued_at", "expires_at", "consumed_at")


MISPLACED = (
    "a token does not belong on the command line, which the shell's history and ps show: "
    "leave it out, and give it when you are asked or on standard input"
)


class _TokenCommands(Commands):
    """What is no command could be a token, so no message repeats it."""

    def unknown(self, name: str) -> str:
        return UNEXPECTED


token = _TokenCommands(
    {
        "inspect": Named(
            "token", "inspect", "Say whose a token is, what it allows, and whether it counts."
        )
    }
)


class _WithoutWords(Command):
    """A command without arguments: what is there is probably the token."""

    unexpected = MISPLACED


@command(
    "It reads an access token, a refresh token or a code from standard input, or asks for it: "
    "never from the command line, which the shell's history and ps show.",
    EXAMPLES,
    _WithoutWords,
)
@json_option("as JSON; times are in UTC seconds")
def inspect(ini: Ini, as_json: bool) -> int:
    """Print what the store knows of a token; the exit status is 0 also if it is not valid."""
    value = _read()
    with ini.service() as service:
        # Of an access token, the application may have added a format.
        recognised = recognise(service.server, value)
        ref = reference_of(recognised) or parse_token(value)
        if ref is None:
            print(f"poauth2: {_no_token(value)}", file=sys.stderr)
            return 1
        found = service.server.grants.find(ref)
        if found is None:
            print(
                "poauth2: the token is well-formed, but the store does not know it: it was issued "
                "elsewhere, or has expired and was removed",
                file=sys.stderr,
            )
            return 1
        token, grant = found
        token = _until_decided(service.server, token)
        check = partial(check_recognised, recognised) if recognised else _unchecked
        members = _members(service.server, token, grant, check)
    if as_json:
        print(json.dumps(members, indent=2))
        return 0
    for name, member in members.items():
        print(f"{name + ':':<12} {utc(member) if name in TIMES else shown(member)}")
    return 0


def _read() -> str:
    try:
        if sys.stdin.isatty():
            return getpass.getpass("Token: ").strip()
        return sys.stdin.readline().strip()
    except EOFError:
        return ""


def _no_token(value: str) -> str:
    if is_client_secret(value):
        return "this is a client secret, no token"
    return "this is no token of this server" if value else "there is no token on standard input"


def _until_decided(server: AuthorizationServer, token: Token) -> Token:
    """The token; a pending request with its own end, since its record may stay for longer."""
    if token.kind != INTERACTION:
        return token
    try:
        pending = Interaction.decode(token.data, server.understood)
    except NotUnderstood:
        return token
    return replace(token, expires_at=end_of(pending, token))


def _unchecked() -> None:
    """A token that is no access token has no format."""


def _members(
    server: AuthorizationServer, token: Token, grant: Grant | None, check: Callable[[], None]
) -> dict[str, Any]:
    client_id, user, scope = _rights(server, token, grant)
    members = {
        "kind": token.kind,
        "state": _state(server, token, grant, check),
        "grant": token.grant_id,
        "client_id": client_id,
        "user": user,
        "scope": format_scope(scope),
        "audience": _audience(server, token),
        "issued_at": token.issued_at,
        "expires_at": token.expires_at,
        "consumed_at": token.consumed_at,
    }
    return {name: value for name, value in members.items() if value not in (None, "")}


def _audience(server: AuthorizationServer, token: Token) -> str:
    """The APIs for which an access token is, as far as this version understands it."""
    if token.kind != ACCESS_TOKEN:
        return ""
    try:
        resources = AccessTokenData.decode(token.data).access.resources
    except NotUnderstood:
        return ""
    return " ".join(server.resources.audience(resources))


def _rights(
    server: AuthorizationServer, token: Token, grant: Grant | None
) -> tuple[str | None, str | None, frozenset[str]]:
    """The client, the user and the scope of a token, as far as this version understands it."""
    own = None
    try:
        if token.kind == INTERACTION:
            pending = Interaction.decode(token.data, server.understood)
            return pending.request.client_id, pending.subject, pending.request.scope
        if token.kind == ACCESS_TOKEN:
            own = AccessTokenData.decode(token.data)
    except NotUnderstood:
        pass
    if grant is not None:
        return grant.client_id, grant.subject, own.access.scope if own else grant.scope
    return (own.client_id, None, own.access.scope) if own else (None, None, frozenset())


_CODECS: Mapping[str, Callable[[bytes, Collection[str]], object]] = {
    AUTHORIZATION_CODE: CodeData.decode,
    INTERACTION: Interaction.decode,
    REFRESH_TOKEN: BOUND.read,
}


def _decoded(server: AuthorizationServer, token: Token) -> object:
    if token.kind == ACCESS_TOKEN:
        return AccessTokenData.decode(token.data)
    return _CODECS.get(token.kind, check_understood)(token.data, server.understood)


def _state(
    server: AuthorizationServer, token: Token, grant: Grant | None, check: Callable[[], None]
) -> str:
    try:
        check_token(token, grant, server.clock(), server.understood)
        data = _decoded(server, token)
        if token.kind != INTERACTION:
            check_parties(server, grant, data if isinstance(data, AccessTokenData) else None)
        access = data.access if isinstance(data, AccessTokenData) else Access(frozenset())
        check_limits(server, access, confirmation_of(token.data))
        check()
    except (NotValid, NotUnderstood) as dead:
        # The reason belongs to the grant; it does not explain a token revoked on its own.
        reason = grant.revoke_reason if grant and token.revoked_at is None else None
        return f"{dead} ({reason})" if reason else str(dead)
    except UserNotChecked as error:
        return f"cannot be checked: {error}"
    return "counts"
