"""``poauth2 INI client``: register clients and list them."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from collections.abc import Iterable
from typing import Any

from ..protocol.clients import CONSENTS, InvalidClientMetadata, new_client_id
from ..protocol.documents import client_document
from ..protocol.listings import every
from ..protocol.records import Client, DuplicateRecord
from ..protocol.scopes import format_scope
from ..protocol.server import AuthorizationServer
from ..setting_types import BadValue, lifetime
from .ini import Ini

ADD_EXAMPLES = """\
examples:
  # A web application with a server of its own:
  poauth2 development.ini client add --name "My app" \\
      --redirect-uri https://app.example/callback --scope read --scope write

  # A machine that acts for itself:
  poauth2 development.ini client add --name Nightly --grant-type client_credentials --scope read

  # A secret of your own, not in the shell's history:
  poauth2 development.ini client add --name Old --redirect-uri https://old.example/cb --secret-stdin
"""


def add_parser(commands: Any, name: str) -> None:
    """Add the command and its subcommands."""
    parser = commands.add_parser(name, help="register clients and list them")
    subcommands = parser.add_subparsers(title="subcommands", required=True, metavar="SUBCOMMAND")
    _add_add_parser(subcommands)
    listing = subcommands.add_parser("list", help="list the registered clients")
    listing.add_argument("--json", action="store_true", help="as JSON, with RFC 7591's names")
    listing.set_defaults(run=list_clients)


def _add_add_parser(subcommands: Any) -> None:
    add = subcommands.add_parser(
        "add",
        help="register a client and print its secret, once",
        epilog=ADD_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add.add_argument("--name", default="", help="its name, as users read it")
    add.add_argument("--client-id", help="default: drawn at random")
    add.add_argument(
        "--redirect-uri", action="append", default=[], metavar="URI", help="repeatable"
    )
    add.add_argument(
        "--grant-type",
        action="append",
        metavar="TYPE",
        help="repeatable; default: authorization_code",
    )
    add.add_argument(
        "--scope", action="append", default=[], help="what it may have at most; repeatable"
    )
    add.add_argument(
        "--auth-method",
        default="client_secret_basic",
        metavar="METHOD",
        help="client_secret_basic (default), client_secret_post, or none for a public client",
    )
    add.add_argument(
        "--consent", choices=CONSENTS, default="remember", help="whether users are asked again"
    )
    add.add_argument(
        "--resource-server", action="store_true", help="it may introspect the tokens of others"
    )
    add.add_argument(
        "--response-type",
        action="append",
        metavar="TYPE",
        help="code (default) or token; repeatable",
    )
    add.add_argument(
        "--optional-scope", action="append", default=[], help="a scope that users may untick"
    )
    add.add_argument(
        "--allowed-origin",
        action="append",
        default=[],
        metavar="ORIGIN",
        help="an origin whose pages may read the answers; repeatable",
    )
    add.add_argument(
        "--no-pkce", action="store_true", help="a confidential client that cannot use PKCE"
    )
    add.add_argument(
        "--access-token-lifetime",
        type=_lifetime,
        metavar="TIME",
        help="of this client's access tokens, such as 600, 10m or 1h",
    )
    add.add_argument("--owner", metavar="USERID", help="the user that it belongs to")
    add.add_argument(
        "--secret-stdin",
        action="store_true",
        help="read the secret from standard input instead of drawing one",
    )
    add.add_argument(
        "--json", action="store_true", help="print client_id and client_secret as JSON"
    )
    add.set_defaults(run=add_client)


def add_client(ini: Ini, arguments: argparse.Namespace) -> int:
    """Register a client. Its secret is printed here and kept nowhere."""
    secret = _read_secret() if arguments.secret_stdin else None
    with ini.service() as service:
        try:
            registered = service.clients.add(_client(service.server, arguments), secret)
        except DuplicateRecord:
            print("poauth2: this client_id is or was in use; choose another", file=sys.stderr)
            return 1
        except InvalidClientMetadata as invalid:
            _print_problems(invalid.problems)
            return 1
        except ValueError as error:
            print(f"poauth2: {error}", file=sys.stderr)
            return 1
        default_scopes = service.server.default_scopes
    _print_registered(registered.client, registered.secret, default_scopes, arguments)
    return 0


def _client(server: AuthorizationServer, arguments: argparse.Namespace) -> Client:
    default = () if arguments.resource_server else ("authorization_code",)
    return Client(
        client_id=arguments.client_id or new_client_id(server),
        client_name=arguments.name,
        redirect_uris=tuple(arguments.redirect_uri),
        grant_types=_words(arguments.grant_type) if arguments.grant_type else default,
        scope=frozenset(_words(arguments.scope)),
        token_endpoint_auth_method=arguments.auth_method,
        consent=arguments.consent,
        resource_server=arguments.resource_server,
        response_types=_words(arguments.response_type or ["code"]),
        optional_scope=frozenset(_words(arguments.optional_scope)),
        allowed_origins=tuple(arguments.allowed_origin),
        require_pkce=not arguments.no_pkce,
        lifetimes=_lifetimes(arguments),
        owner=arguments.owner,
    )


def _lifetimes(arguments: argparse.Namespace) -> dict[str, int]:
    seconds = arguments.access_token_lifetime
    return {} if seconds is None else {"access_token": seconds}


def _lifetime(text: str) -> int:
    try:
        return lifetime(text)
    except BadValue as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _words(values: Iterable[str]) -> tuple[str, ...]:
    """Words given one a flag, or several in one."""
    return tuple(dict.fromkeys(word for value in values for word in value.split()))


def _read_secret() -> str:
    if sys.stdin.isatty():
        return getpass.getpass("Client secret: ")
    return sys.stdin.readline().rstrip("\r\n")


FLAGS = {
    "allowed_origins": "--allowed-origin",
    "client_id": "--client-id",
    "client_name": "--name",
    "client_secret": "--secret-stdin",
    "grant_types": "--grant-type",
    "lifetimes": "--access-token-lifetime",
    "optional_scope": "--optional-scope",
    "owner": "--owner",
    "redirect_uris": "--redirect-uri",
    "response_types": "--response-type",
    "scope": "--scope",
    "token_endpoint_auth_method": "--auth-method",
}


def _print_problems(problems: dict[str, str]) -> None:
    print("poauth2: the client was not registered:", file=sys.stderr)
    for field, text in problems.items():
        print(f"  {FLAGS.get(field, field)}: {text}", file=sys.stderr)


def _print_registered(
    client: Client,
    secret: str | None,
    default_scopes: frozenset[str] | None,
    arguments: argparse.Namespace,
) -> None:
    if not (client.scope or default_scopes):
        print(
            "poauth2: note: the client has no --scope, and oauth2.default_scopes is not set, so "
            "there is nothing that it could be granted",
            file=sys.stderr,
        )
    if arguments.json:
        members = {"client_id": client.client_id, "client_secret": secret}
        print(json.dumps({name: value for name, value in members.items() if value is not None}))
        return
    print(f"client_id:     {client.client_id}")
    if secret is None:
        print("A public client: it has no secret.")
    elif not arguments.secret_stdin:
        print(f"client_secret: {secret}")
        print("Keep the secret now: it is shown this once, and only its digest is stored.")


def list_clients(ini: Ini, arguments: argparse.Namespace) -> int:
    """List the clients, without their secrets."""
    with ini.service() as service:
        search = service.server.clients.search
        clients = list(every(lambda at: search(cursor=at, limit=500)))
    if arguments.json:
        print(json.dumps([_document(client) for client in clients], indent=2))
        return 0
    for client in clients:
        state = "  (disabled)" if client.disabled_at is not None else ""
        print(f"{client.client_id}  {client.client_name!r}{state}")
        print(f"    {client.token_endpoint_auth_method}; {', '.join(client.grant_types) or '-'}")
        print(f"    scope: {format_scope(client.scope) or '(the default scopes)'}")
    print(f"{len(clients)} client{'' if len(clients) == 1 else 's'}")
    return 0


def _document(client: Client) -> dict[str, Any]:
    document = client_document(client)
    # Not even as digests: what is printed ends in logs and tickets.
    del document["client_secrets"]
    return {name: value for name, value in document.items() if value is not None}
