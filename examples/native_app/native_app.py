"""A native app: it acts for a user, who signs in with the browser (RFC 8252).

It holds its tokens in memory, and revokes them at the end.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import queue
import secrets
import sys
import threading
import webbrowser
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qsl, urlencode, urlsplit
from urllib.request import Request, urlopen

ISSUER = os.environ.get("ISSUER", "http://localhost:6543")
API_URL = os.environ.get("API_URL", f"{ISSUER}/api/me")
CLIENT_ID = "demo-native"  # a public client: a secret inside an app is not secret
TIMEOUT = 10  # seconds, for the response of a server
PATIENCE = 300  # seconds, for the user to sign in

Answer = dict[str, Any]


class Loopback(ThreadingHTTPServer):
    """Receives the browser on a port that the system chooses (RFC 8252 section 7.3)."""

    def __init__(self) -> None:
        # Not "localhost", which may resolve to another machine (RFC 8252 section 8.3).
        super().__init__(("127.0.0.1", 0), Callback)
        self.redirect_uri = f"http://127.0.0.1:{self.server_port}/callback"
        self.state = secrets.token_urlsafe(16)
        self.answers: queue.Queue[dict[str, str]] = queue.Queue()

    def handle_error(self, *_connection: object) -> None:
        """Print nothing: a connection that breaks is no response."""


class Callback(BaseHTTPRequestHandler):
    """The last page that the user sees."""

    server: Loopback

    def do_GET(self) -> None:
        """Accept only the response with our state: any program can find the port."""
        # Not by urlsplit, which raises for what any program may send here.
        path, _, query = self.path.partition("?")
        answer = dict(parse_qsl(query))
        state = answer.get("state", "").encode()
        if path != "/callback" or not secrets.compare_digest(state, self.server.state.encode()):
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Back</title><p>Go on in the terminal.")
        self.server.answers.put(answer)

    def log_message(self, format: str, *args: Any) -> None:
        """Write no log, since the line would contain the code."""


def ask(url: str, form: dict[str, str] | None = None, access_token: str | None = None) -> Answer:
    """Request JSON from a server, by GET, or by POST if there is a form."""
    request = Request(url, urlencode(form).encode() if form else None)
    if access_token:
        # Unredirected: the token must not be sent to another address if the API redirects.
        request.add_unredirected_header("Authorization", f"Bearer {access_token}")
    with urlopen(request, timeout=TIMEOUT) as response:
        return dict(json.loads(response.read() or "{}"))


def discover() -> Answer:
    """Request the server's metadata (RFC 8414 section 3)."""
    url = urlsplit(ISSUER)
    path = f"/.well-known/oauth-authorization-server{url.path}"
    metadata = ask(url._replace(path=path).geturl())
    if metadata["issuer"] != ISSUER:
        # RFC 8414 section 3.3: "the data contained in the response MUST NOT be used."
        sys.exit(f"{ISSUER} says that it is {metadata['issuer']}. If so, set ISSUER to that.")
    return metadata


def sign_in(metadata: Answer) -> Answer:
    """Send the user to the server, wait for the code, and exchange it for tokens."""
    verifier = secrets.token_urlsafe(32)
    # RFC 7636 section 4.2: S256.
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
    with Loopback() as loopback:
        threading.Thread(target=loopback.serve_forever, daemon=True).start()
        client = {"client_id": CLIENT_ID, "redirect_uri": loopback.redirect_uri}
        question = {
            **client,
            "response_type": "code",
            "scope": "read",
            "state": loopback.state,
            "code_challenge": challenge.decode(),
            "code_challenge_method": "S256",
        }
        url = f"{metadata['authorization_endpoint']}?{urlencode(question)}"
        print(f"Sign in with your browser. If it does not open, go to\n\n{url}\n", flush=True)
        webbrowser.open(url)
        try:
            answer = loopback.answers.get(timeout=PATIENCE)
        except queue.Empty:
            sys.exit("Nobody signed in.")
        finally:
            loopback.shutdown()
    if answer.get("iss") != ISSUER:
        # RFC 9207 section 2.4. Otherwise the code of one server could be sent to another.
        sys.exit("This answer comes from another server.")
    if "code" not in answer:
        sys.exit(f"The server let nobody in: {answer.get('error')}")
    code = {"grant_type": "authorization_code", "code": answer["code"], "code_verifier": verifier}
    return ask(metadata["token_endpoint"], client | code)


def main() -> None:
    """Sign in, call the API, refresh, call it again, and revoke the tokens."""
    metadata = discover()
    tokens = sign_in(metadata)
    try:
        print("Signed in:", ask(API_URL, access_token=tokens["access_token"]))
        form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
        # RFC 6749 section 6. Members that are not in the response, such as a refresh token, stay.
        tokens |= ask(metadata["token_endpoint"], {"client_id": CLIENT_ID, **form})
        print("Refreshed:", ask(API_URL, access_token=tokens["access_token"]))
    finally:
        # RFC 7009 section 2.1: revoking the refresh token ends the access tokens of its grant.
        form = {"client_id": CLIENT_ID, "token": tokens["refresh_token"]}
        ask(metadata["revocation_endpoint"], form)
    try:
        ask(API_URL, access_token=tokens["access_token"])
    except HTTPError as refusal:
        print("Revoked: the API answers", refusal.code)


if __name__ == "__main__":
    try:
        main()
    except HTTPError as refusal:
        try:
            text = refusal.read().decode(errors="replace")
        except (OSError, HTTPException):  # It is cut off.
            text = "(no text)"
        sys.exit(f"{refusal.url} answered {refusal.code}: {text}")
    except (OSError, HTTPException, ValueError, TypeError, KeyError, RecursionError) as error:
        sys.exit(f"{ISSUER} does not answer as it should ({error!r}). Does `make demo` run?")
    except KeyboardInterrupt:
        sys.exit(130)
