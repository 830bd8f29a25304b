"""``poauth2``: run the authorization server from the command line."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Collection, Sequence

from pyramid.exceptions import ConfigurationError

from ..protocol.clients.field import ClientField
from ..protocol.clients.metadata import FIELDS
from ..protocol.records import StoreUnavailable
from ..startup_error import startup_error_of
from . import client, copy, db, grant, purge, settings, token, user, views
from .arguments import Parser, hold_a_token
from .client_options import with_client_fields
from .ini import Ini

USAGE = "poauth2 INI [name=value ...] COMMAND"
EXAMPLES = """\
examples:
  poauth2 development.ini db upgrade
  poauth2 development.ini client add --name "My app" --redirect-uri https://app.example/callback
  poauth2 development.ini client list --json
  poauth2 development.ini user revoke alice
  poauth2 development.ini token inspect < token.txt
  poauth2 old.ini copy --to new.ini
  poauth2 development.ini settings
  poauth2 development.ini views
  poauth2 'production.ini#auth' http_port=8080 db current

INI is what pserve takes: a file, or a file and the name of its app section.
name=value sets a variable of the ini's [DEFAULT] section.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    :return: the exit status: 0, 1 if it failed, 2 for a usage error, 130 if it was interrupted.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if hold_a_token(words):
        parser().error(
            "a token or a client secret does not belong on the command line, which the shell's "
            "history and ps show; to look at a token: poauth2 INI token inspect, which asks for it"
        )
    ini, words = _ini_of(words)
    try:
        with with_client_fields(ini, words) as (ini, fields):
            parsed = parser(fields).parse_args(words)
            if ini is None:
                parser().error("name the ini file first, as in: poauth2 development.ini db upgrade")
            status: int = parsed.run(ini, parsed)
        sys.stdout.flush()
    except (ConfigurationError, StoreUnavailable) as error:
        print(f"poauth2: {startup_error_of(error) or error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # The reader of the output has closed it. Python would report that again when
        # it closes stdout at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("poauth2: stopped", file=sys.stderr)
        return 130
    return status


def _ini_of(words: list[str]) -> tuple[Ini | None, list[str]]:
    # Done here, because argparse cannot distinguish a variable from the command after it.
    if not words or words[0].startswith("-") or words[0] in COMMANDS:
        return None, words
    count = 1
    while count < len(words) and "=" in words[count] and not words[count].startswith("-"):
        count += 1
    variables = dict(word.split("=", 1) for word in words[1:count])
    return Ini(words[0], variables), words[count:]


COMMANDS = {
    "db": db,
    "client": client,
    "grant": grant,
    "user": user,
    "token": token,
    "purge": purge,
    "copy": copy,
    "settings": settings,
    "views": views,
}


def parser(client_fields: Collection[ClientField] = FIELDS) -> argparse.ArgumentParser:
    """The parser of all commands; the ini and its variables are not among its arguments.

    :param client_fields: the fields of a client's metadata, which have options.
    """
    root = Parser(
        prog="poauth2",
        usage=USAGE,
        description="Run the OAuth 2 authorization server of a Pyramid application.",
        epilog=EXAMPLES,
    )
    commands = root.add_subparsers(
        title="commands", required=True, metavar="COMMAND", prog="poauth2 INI"
    )
    for name, module in COMMANDS.items():
        if module is client:
            client.add_parser(commands, name, client_fields)
        else:
            module.add_parser(commands, name)
    return root


if __name__ == "__main__":
    sys.exit(main())
