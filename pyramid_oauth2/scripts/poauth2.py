"""``poauth2``: run the authorization server from the command line."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from . import standard_streams
from .arguments import hold_a_token
from .command import Named
from .completion import complete
from .failures import report
from .program import Program

DETAILS = "Run the OAuth 2 authorization server of a Pyramid application."
EXAMPLES = """\
INI is what pserve takes: a file, or a file and the name of its app section.
name=value sets a variable of the ini's [DEFAULT] section.

Examples:
  poauth2 development.ini db upgrade
  poauth2 development.ini client add --name "My app" --redirect-uri https://app.example/callback
  poauth2 development.ini client list --json
  poauth2 development.ini user revoke alice
  poauth2 development.ini token inspect < token.txt
  poauth2 old.ini copy --to new.ini
  poauth2 development.ini settings
  poauth2 development.ini views
  poauth2 'production.ini#auth' http_port=8080 db current

Completion of commands and options: eval "$(_POAUTH2_COMPLETE=bash_source poauth2)",
or zsh_source, or fish_source.
"""
COMMANDS = {
    "db": Named("db", "db", "Make and check the tables of the SQLAlchemy backend."),
    "client": Named("client", "client", "Register clients, list and change them."),
    "registration-token": Named(
        "registration_token", "registration_token", "Let others register clients by themselves."
    ),
    "grant": Named("grant", "grant", "List the grants of users to clients, and revoke them."),
    "user": Named("user", "user", "Show what a user allows and owns, and end it."),
    "session": Named("session", "session", "List where a user is signed in, and end it."),
    "logout": Named("logout", "logout", "Notify clients of sessions that have ended."),
    "fetched": Named("fetched", "fetched", "List the documents that the server has fetched."),
    "token": Named("token", "token", "Look at a token."),
    "keys": Named("keys", "keys", "List the keys that sign, and replace or revoke them."),
    "secret": Named("server_secret", "secret", "Print a new secret for the server."),
    "purge": Named("purge", "purge", "Remove everything that has expired."),
    "copy": Named("copy", "copy", "Copy everything into the store of another ini."),
    "try": Named(
        "trial",
        "try_",
        "Get a token from the server that runs, as a client would, and show each step.",
    ),
    "doctor": Named(
        "doctor", "doctor", "Play what MCP clients send, and say what would stop them."
    ),
    "settings": Named(
        "settings",
        "print_settings",
        "Print the effective settings, what they mean, and where they come from.",
    ),
    "views": Named("views", "print_views", "List every view with its permission and scope."),
}
COMPLETION = "_POAUTH2_COMPLETE"
MISPLACED = (
    "a token or a secret does not belong on the command line, which the shell's history "
    "and ps show; to look at a token: poauth2 INI token inspect, which asks for it"
)

program = click.version_option(
    package_name="pyramid-oauth2-server", prog_name="poauth2", message="%(prog)s %(version)s"
)(Program(COMMANDS, DETAILS, EXAMPLES))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    :return: the exit status: 0, 1 if it failed, 2 for a usage error, 130 if it was interrupted.
    """
    standard_streams.prepare()
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        status = _run(words)
        sys.stdout.flush()
        return status
    except BaseException as error:
        status_of_failure = report(error)
        if status_of_failure is None:
            raise
        return status_of_failure


def _run(words: list[str]) -> int:
    if instruction := os.environ.get(COMPLETION):
        return complete(program, "poauth2", COMPLETION, instruction)
    if hold_a_token(words):
        raise click.UsageError(MISPLACED)
    try:
        with program.make_context("poauth2", words) as context:
            status: int = program.invoke(context)
            return status
    except click.exceptions.Exit as done:
        return done.exit_code


if __name__ == "__main__":
    sys.exit(main())
