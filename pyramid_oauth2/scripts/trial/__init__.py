"""``poauth2 INI try``: get a token from the running server, as a client would."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urljoin, urlsplit

import click

from ...protocol.clients.secrets import UnusableSecret, check_secret
from ...protocol.records import CLIENT_ID_LENGTH
from ...service import OAuth2Service
from ..arguments import identifier, some_text
from ..client.secret import read_secret
from ..command import command
from ..ini import Ini
from .failure import TrialFailed
from .temporary_client import temporary_client
from .trial import Trial
from .trial_client import (
    CLIENT_CREDENTIALS,
    CODE,
    NONE,
    TrialClient,
    registered_client,
)

DETAILS = (
    "The server has to run. Each request and each response is printed, without the secrets in "
    "them. Without CLIENT_ID, a client is registered for this trial, and deleted at its end. The "
    "secret of a CLIENT_ID is asked for, or read from standard input. At the end, the token is "
    "revoked."
)
EXAMPLES = """\
Examples:
  # The code flow: a browser opens, you sign in and allow it:
  poauth2 development.ini try

  # A machine that acts for itself:
  poauth2 development.ini try --grant-type client_credentials

  # A client of yours, and a view that requires the token:
  poauth2 development.ini try CLIENT_ID --scope read --call /api/me
"""
ANY_ISSUER = "https://issuer.example"


def _checked_url(_ctx: click.Context, _param: click.Parameter, url: str | None) -> str | None:
    if url is None:
        return None
    # Here, since the import of .trial says what to install if urllib3 is missing.
    from ...fetching import check_url

    # Before there is a token: it may be a path, which the issuer completes.
    try:
        scheme = urlsplit(url).scheme
        check_url(url if scheme in ("http", "https") else urljoin(ANY_ISSUER, url))
    except ValueError:
        raise click.BadParameter("it is not a URL") from None
    if scheme not in ("", "http", "https"):
        raise click.BadParameter("write a path, or a URL with https or http")
    return url


@command(DETAILS, EXAMPLES)
@click.argument(
    "client_id", required=False, metavar="[CLIENT_ID]", type=identifier(CLIENT_ID_LENGTH)
)
@click.option(
    "--grant-type",
    type=click.Choice([CODE, CLIENT_CREDENTIALS]),
    help="default: authorization_code, if the client may use it",
)
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=some_text,
    metavar="SCOPE",
    help="a scope; may be repeated",
)
@click.option(
    "--resource",
    type=some_text,
    metavar="URL",
    help="the API that the token is for, if the server has several",
)
@click.option(
    "--call",
    type=some_text,
    metavar="URL",
    callback=_checked_url,
    help="call this URL with the token, or this path",
)
@click.option("--no-browser", is_flag=True, help="print the address, and open no browser")
def try_(
    ini: Ini,
    client_id: str | None,
    grant_type: str | None,
    scopes: tuple[str, ...],
    resource: str | None,
    call: str | None,
    no_browser: bool,
) -> int:
    """Get a token; the exit status is 1 if there is none, or the call was refused."""
    scope = frozenset(name for words in scopes for name in words.split())
    try:
        with ini.service() as service, _client(service, client_id, grant_type, scope) as client:
            trial = Trial(service.settings.issuer, client, grant_type, scope, resource)
            return trial.run(call, opens_browser=not no_browser)
    except TrialFailed as failed:
        print(f"poauth2: {failed}", file=sys.stderr)
        return 1


@contextmanager
def _client(
    service: OAuth2Service, client_id: str | None, grant_type: str | None, scope: frozenset[str]
) -> Iterator[TrialClient]:
    if service.settings.backend_of("clients") == "memory":
        raise TrialFailed(
            "oauth2.backend = memory: the server that runs has its clients in its own memory, "
            "where this command cannot find or register one"
        )
    if client_id is None:
        server = service.server
        scope = scope or server.default_scopes or server.known_scopes
        with temporary_client(service.clients, grant_type or CODE, frozenset(scope)) as client:
            yield client
        return
    found = registered_client(service.clients, client_id)
    has_secret = found.token_endpoint_auth_method != NONE
    yield TrialClient(found, _secret() if has_secret else None)


def _secret() -> str:
    secret = read_secret()
    try:
        check_secret(secret)
    except UnusableSecret as error:
        raise TrialFailed(f"what was read is no client secret: {error}") from None
    return secret
