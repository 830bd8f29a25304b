"""``python -m pyramid_oauth2.demo development.ini``: create the clients, print what to try."""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from urllib.parse import urlsplit

from pyramid.paster import bootstrap

from pyramid_oauth2 import StoreUnavailable, get_service

from .clients import DEMO_CLIENT, SPA_PATH

TRY = """
The demo is at {issuer} - users are alice (password: wonderland) and bob (password: builder).

Two clients that sign in with this server, for a browser:
{issuer}/sample shows each step, and {issuer}{spa_path} is a single-page application.

Get a token with alice's password (the password grant, which reveals it to the client: on in this
demo only, and off by default; see docs/getting-started.md):

  curl -w '\\n' -X POST -d "client_id={client_id}&client_secret={secret}&grant_type=password\
&username=alice&password=wonderland" {issuer}/oauth2/access_token/

Put it into a variable, and open the API with it:

  TOKEN=$(curl -s -X POST -d "client_id={client_id}&client_secret={secret}&grant_type=password\
&username=alice&password=wonderland" {issuer}/oauth2/access_token/ | \
sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')
  curl -i -w '\\n' -H "Authorization: Bearer $TOKEN" {issuer}/api/me

And a wrong turn: no token, and one that is none:

  curl -i -w '\\n' {issuer}/api/me
  curl -i -w '\\n' -H "Authorization: Bearer garbage" {issuer}/api/me

Programs that use this server from elsewhere: examples/README.md.

Clients are managed at {issuer}/oauth2/admin/clients (sign in as bob), and by every
user at {issuer}/oauth2/applications.

The client's secret is in {secret_file}. Stop the demo with Ctrl-C.
"""


def main() -> int:
    """Print the curl commands for the demo of this ini; return the exit status."""
    try:
        return _print_lines(sys.argv[1])
    except StoreUnavailable as error:
        print(f"The demo cannot start: {error}", file=sys.stderr)
        return 1


def _print_lines(path: str) -> int:
    with bootstrap(path) as environment:
        registry = environment["registry"]
        settings = get_service(registry).settings
        secret_file = registry.settings["demo.secret_file"]
        if _taken(settings.issuer):
            port = urlsplit(settings.issuer).port or 80
            print(f"Port {port} is in use. Try another: make demo PORT={port + 1}", file=sys.stderr)
            return 1
        text = TRY.format(
            issuer=settings.issuer,
            client_id=DEMO_CLIENT.client_id,
            secret=Path(secret_file).read_text().strip(),
            secret_file=secret_file,
            spa_path=SPA_PATH,
        )
    print(text, flush=True)
    return 0


def _taken(issuer: str) -> bool:
    parts = urlsplit(issuer)
    try:
        socket.create_connection((parts.hostname, parts.port or 80), timeout=1).close()
    except OSError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
