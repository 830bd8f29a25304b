"""``client rotate-secret`` and ``end-earlier-secret``: set a new secret, end the old one."""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Iterable

import click

from ...protocol.client_authentication.basic import must_be_encoded
from ...protocol.clients.registry import ClientChangedMeanwhile, UnknownClient
from ...protocol.clients.rules import InvalidClientMetadata
from ..arguments import client_id_argument, duration, json_option
from ..command import command
from ..ini import Ini
from ..terminal import shown
from ..times import utc

FOLLOW = "Processes that are running know it within oauth2.client_cache seconds."


@command(
    "Its tokens stay valid. With --overlap the old secret counts for that long as well, so that "
    "every instance of the client can change over."
)
@client_id_argument
@click.option(
    "--overlap",
    type=duration,
    metavar="TIME",
    help="how long the old secret still counts, such as 1h or 7d; default: not at all",
)
@click.option(
    "--secret-stdin",
    is_flag=True,
    help="read the new secret from standard input instead of drawing one",
)
@json_option("print the secret as JSON")
def rotate_secret(
    ini: Ini, client_id: str, overlap: int | None, secret_stdin: bool, as_json: bool
) -> int:
    """Rotate the secret. The new one is printed here and stored nowhere."""
    given = read_secret() if secret_stdin else None
    with ini.service() as service:
        try:
            registered = service.clients.rotate_secret(client_id, overlap or 0, given)
        except InvalidClientMetadata as invalid:
            return _not_changed(client_id, invalid)
        except (UnknownClient, ClientChangedMeanwhile) as error:
            return refused(error)
    note_encoding([(registered.client.client_id, registered.secret or "")])
    old = [s.expires_at for s in registered.client.client_secrets if s.expires_at is not None]
    if as_json:
        secret = {} if given else {"client_secret": registered.secret}
        print(json.dumps({"client_id": client_id, **secret}))
        return 0
    if given is None:
        print_secret(registered.secret or "")
    if old:
        print(f"The old secret counts until {utc(old[0])}; to end it sooner: end-earlier-secret")
    else:
        print("The old secret does not count any more.")
        print(FOLLOW)
    return 0


@command("It ends before its time: only the newest counts from now on.")
@client_id_argument
@json_option("say it as JSON")
def end_earlier_secret(ini: Ini, client_id: str, as_json: bool) -> int:
    """End all secrets except the newest."""
    with ini.service() as service:
        try:
            service.clients.end_earlier_secret(client_id)
        except InvalidClientMetadata as invalid:
            return _not_changed(client_id, invalid)
        except (UnknownClient, ClientChangedMeanwhile) as error:
            return refused(error)
    if as_json:
        print(json.dumps({"client_id": client_id, "done": "earlier secret ended"}))
    else:
        print(f"Only the newest secret of {shown(client_id)} counts now.")
        print(FOLLOW)
    return 0


def _not_changed(client_id: str, invalid: InvalidClientMetadata) -> int:
    problems = "; ".join(invalid.problems.values())
    print(f"poauth2: {shown(client_id)} was not changed: {problems}", file=sys.stderr)
    return 1


def read_secret() -> str:
    """A secret from standard input, or from a prompt on a terminal.

    :raises click.Abort: the input has ended at the prompt.
    """
    if sys.stdin.isatty():
        try:
            return getpass.getpass("Client secret: ")
        except EOFError:
            raise click.Abort from None
    return sys.stdin.readline().rstrip("\r\n")


def note_encoding(pairs: Iterable[tuple[str, str]]) -> None:
    """Say which clients have to encode what they send by HTTP Basic; libraries often do not.

    :param pairs: of client_id and secret; the secret is empty where only its digest is known.
    """
    named = [client_id for client_id, secret in pairs if must_be_encoded(client_id, secret)]
    if named:
        print(
            "poauth2: note: for HTTP Basic these clients must form-encode client_id and secret "
            "(RFC 6749 section 2.3.1), which have a + or a % code in them, or a colon in the "
            f"client_id: {', '.join(map(shown, named))}. curl -u does not do that. "
            "A secret that the server draws needs no encoding",
            file=sys.stderr,
        )


def print_secret(secret: str) -> None:
    """Show a new secret."""
    print(f"client_secret: {secret}")
    print("Keep the secret now: it is shown this once, and only its digest is stored.")


def refused(error: UnknownClient | ClientChangedMeanwhile) -> int:
    """Print why a client was not changed; return the exit status."""
    if isinstance(error, UnknownClient):
        name = shown(error.client_id)
        print(f"poauth2: there is no such client: {name}; see client list", file=sys.stderr)
    else:
        print("poauth2: somebody else changed the client at this moment: again", file=sys.stderr)
    return 1
