"""The requests that race: a code flow of a client at the running server, and its requests."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import requests
from requests.adapters import HTTPAdapter

from tests.live import CALLBACK, LiveClient, LiveServer
from tests.visitor import Visitor

RACERS = 50
# What decides is the store, and its contract stops each call at every moment.
ROUNDS = 5
FEWER_ROUNDS = 2

# Open connections make requests coincide; a search for proxies would take longer than
# the request.
_http = requests.Session()
_http.trust_env = False
_http.mount("http://", HTTPAdapter(pool_maxsize=RACERS))

# RFC 7636 appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def authorization_url(server: LiveServer, client: LiveClient, resource: Sequence[str] = ()) -> str:
    parameters = {
        "response_type": "code",
        "client_id": client.id,
        "redirect_uri": CALLBACK,
        "scope": "read",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "resource": resource,
    }
    return f"{server.authorize}?{urlencode(parameters, doseq=True)}"


def code_form(code: str) -> dict[str, str]:
    return {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }


def refresh_form(refresh_token: str) -> dict[str, str]:
    return {"grant_type": "refresh_token", "refresh_token": refresh_token}


def post(
    address: str, client: LiveClient, form: dict[str, str], endpoint: str = "token"
) -> requests.Response:
    login = (client.id, client.secret)
    return _http.post(f"{address}/oauth2/{endpoint}", form, auth=login, timeout=60)


def tokens_of(
    server: LiveServer,
    client: LiveClient,
    visitor: Visitor,
    resource: Sequence[str] = (),
    token_for: str | None = None,
) -> dict[str, str]:
    """The client's tokens after the whole flow.

    :param resource: the APIs that it requests; ``token_for`` is the one of the access token.
    """
    code = visitor.code(authorization_url(server, client, resource))
    form = code_form(code) | ({} if token_for is None else {"resource": token_for})
    answer = post(server.issuer, client, form)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def api_status(address: str, access_token: str, path: str = "/api/me") -> int:
    headers = {"Authorization": f"Bearer {access_token}"}
    return _http.get(f"{address}{path}", headers=headers, timeout=60).status_code


def error_of(answer: requests.Response) -> tuple[int, str | None]:
    return answer.status_code, answer.json().get("error")


def race(
    server: LiveServer, ask: Callable[[str], requests.Response], racers: int = RACERS
) -> list[requests.Response]:
    """Call *ask* for the addresses in turn, all calls at the same moment."""
    line = threading.Barrier(racers)

    def start(address: str) -> requests.Response:
        line.wait(60)
        return ask(address)

    addresses = itertools.islice(itertools.cycle(server.addresses), racers)
    with ThreadPoolExecutor(racers) as pool:
        return list(pool.map(start, addresses))
