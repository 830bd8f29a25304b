"""A machine client: it acts for itself, with the client credentials grant (RFC 6749 section 4.4).

It calls an API every five seconds, until Ctrl-C.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import requests
from authlib.integrations.requests_client import OAuth2Session, OAuthError

ISSUER = os.environ.get("ISSUER", "http://localhost:6543")
API_URL = os.environ.get("API_URL", f"{ISSUER}/api/me")
CLIENT_ID = os.environ.get("CLIENT_ID", "demo")
SECRET_FILE = Path(__file__).parents[2] / f"demo-client{CLIENT_ID.removeprefix('demo')}.secret"
INTERVAL = 5  # seconds


def connect() -> OAuth2Session:
    """Create a session, which gets a new token one minute before the current one expires."""
    return OAuth2Session(
        client_id=CLIENT_ID,
        client_secret=os.environ.get("CLIENT_SECRET") or SECRET_FILE.read_text().strip(),
        token_endpoint_auth_method="client_secret_post",
        token_endpoint=f"{ISSUER}/oauth2/token",
        grant_type="client_credentials",
        scope="read",
        default_timeout=10,  # seconds
    )


def ask(session: OAuth2Session) -> requests.Response:
    """Call the API, with a new token if it refuses the current one."""
    if not session.token:
        session.fetch_token()
    answer: requests.Response = session.get(API_URL)
    if answer.status_code == 401:
        # A token may be revoked before it expires. One retry is enough: if a new
        # token is refused too, another one would not help.
        session.fetch_token()
        answer = session.get(API_URL)
    return answer


def main() -> None:
    """Print the API's response, again and again."""
    session = connect()
    while True:
        answer = ask(session)
        print(answer.status_code, answer.text, flush=True)
        time.sleep(INTERVAL)


if __name__ == "__main__":
    try:
        main()
    except FileNotFoundError:
        sys.exit(f"There is no {SECRET_FILE.name}: `make demo` writes it. Or set CLIENT_SECRET.")
    except requests.ConnectionError:
        sys.exit(f"Nobody answers at {ISSUER} or {API_URL}. Does `make demo` run?")
    except (requests.RequestException, OAuthError, ValueError, RecursionError) as error:
        sys.exit(f"No token, or no answer: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
