"""How a trial gets a token: the code flow with PKCE in the browser, or client credentials."""

from __future__ import annotations

import secrets
import sys
import webbrowser
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import click

from ...protocol.authorization.pkce import s256
from ...protocol.masking import shown
from .exchanges import Exchanges
from .failure import TrialFailed, refused
from .loopback import Loopback
from .trial_client import CLIENT_CREDENTIALS, CODE, REDIRECT_URI, TrialClient

Members = dict[str, Any]


def with_client_credentials(
    exchanges: Exchanges, metadata: Members, client: TrialClient, wanted: Mapping[str, str]
) -> Members:
    """Request a token for the client itself (RFC 6749 section 4.4).

    :param wanted: the parameters that say which access is requested.
    :raises TrialFailed: the server refused it.
    """
    exchanges.transcript.step("The token request: client credentials (RFC 6749 section 4.4)")
    form = {"grant_type": CLIENT_CREDENTIALS, **wanted}
    return _token_response(exchanges.send_form(metadata["token_endpoint"], form, client))


def with_code_flow(
    exchanges: Exchanges,
    metadata: Members,
    client: TrialClient,
    wanted: Mapping[str, str],
    opens_browser: bool,
    patience: float,
) -> Members:
    """Send the user to the server, and exchange the code (RFC 6749 section 4.1, RFC 7636).

    :param wanted: the parameters that say which access is requested.
    :param patience: how many seconds the user has.
    :raises TrialFailed: the server or the user refused, or no response came.
    """
    verifier = secrets.token_urlsafe(32)
    with _loopback(client) as loopback, loopback.listening():
        request = {
            "response_type": "code",
            "client_id": client.client.client_id,
            "redirect_uri": loopback.redirect_uri,
            **wanted,
            "state": loopback.state,
            "code_challenge": s256(verifier),
            "code_challenge_method": "S256",
        }
        response = _authorized(exchanges, metadata, request, loopback, opens_browser, patience)
    code = _code_of(response, metadata)
    exchanges.transcript.step("The token request: the code (RFC 6749 section 4.1.3)")
    form = {
        "grant_type": CODE,
        "code": code,
        "redirect_uri": request["redirect_uri"],
        "code_verifier": verifier,
    }
    return _token_response(exchanges.send_form(metadata["token_endpoint"], form, client))


def _authorized(
    exchanges: Exchanges,
    metadata: Members,
    request: Mapping[str, str],
    loopback: Loopback,
    opens_browser: bool,
    patience: float,
) -> Mapping[str, str]:
    if "authorization_endpoint" not in metadata:
        raise TrialFailed("the server has no authorization endpoint: see oauth2.grant_types")
    endpoint = metadata["authorization_endpoint"]
    exchanges.transcript.step("The authorization request, in a browser (RFC 6749 section 4.1.1)")
    exchanges.transcript.request("GET", endpoint, request)
    separator = "&" if "?" in endpoint else "?"
    url = f"{endpoint}{separator}{urlencode(request)}"
    # Before it opens: some browsers end the call only when they are closed.
    go = "If your browser does not open, go" if opens_browser else "Go"
    click.echo(
        f"\n   {go} to this address with a browser on this machine, sign in, and allow it.\n"
        f"   It waits for {patience:.0f} seconds:\n"
        f"\n{url}\n"
    )
    sys.stdout.flush()
    if opens_browser:
        webbrowser.open(url)
    response = loopback.wait(patience)
    if response is None:
        raise TrialFailed(
            f"no response came within {patience:.0f} seconds. If the browser shows a page with an "
            "error, its text says why. If it was not sent back after you had signed in, the login "
            "reads the path to return to from another parameter: see oauth2.login_return_param."
        )
    exchanges.transcript.step("The authorization response (RFC 6749 section 4.1.2)")
    exchanges.transcript.redirect(loopback.redirect_uri, response)
    return response


def _code_of(response: Mapping[str, str], metadata: Members) -> str:
    if response.get("iss") != metadata["issuer"]:
        # RFC 9207 section 2.4: "If the value does not match the expected issuer identifier,
        # clients MUST reject the authorization response".
        raise TrialFailed(
            f"the response is of another issuer: {shown(response.get('iss', 'none'))}"
        )
    if "code" not in response:
        raise refused(response.get("error", ""))
    return response["code"]


def _token_response(members: Members) -> Members:
    if not isinstance(members.get("access_token"), str):
        raise refused(str(members.get("error", "")))
    return members


def _loopback(client: TrialClient) -> Loopback:
    reasons = []
    for uri in client.loopback_redirect_uris():
        try:
            return Loopback(uri)
        except OSError as error:
            reasons.append(f"{uri}: {error.strerror}")
    raise TrialFailed(
        f"no redirect URI can be served here ({'; '.join(reasons)}). End what uses its port, or "
        f"register {REDIRECT_URI} as well, for which any port is free"
    )
