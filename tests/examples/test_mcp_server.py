"""examples/mcp_server/README.md: a user signs in, and what the server refuses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial

import pytest
import requests

from tests.checkout import Checkout, Running
from tests.relying_parties.environment import python_with
from tests.visitor import Visitor

Run = Callable[..., AbstractContextManager[Running]]


@pytest.fixture(scope="module")
def run(checkout: Checkout) -> Run:
    """Runs the command of the page, with the programs of an environment that has the SDK."""
    return partial(checkout.run, "mcp_server", programs=python_with("mcp").parent)


def sign_in(running: Running, decision: str = "allow") -> None:
    url = running.line("/oauth2/authorize?").strip()
    back = Visitor("alice", decision).send(url)
    assert "Go on in the terminal." in requests.get(back, timeout=10).text


# These are first: later the address is in use.
def test_a_user_who_denies(run: Run) -> None:
    with run() as running:
        sign_in(running, "deny")
        running.line("You were not signed in: access_denied")
        assert running.end() != 0


def test_without_a_secret_it_says_what_to_do(checkout: Checkout, run: Run) -> None:
    with checkout.without("demo-client-mcp.secret"), run() as running:
        assert "`make demo` writes it" in running.line("There is no demo-client-mcp.secret")
        assert running.end() != 0


@pytest.fixture(scope="module")
def running(run: Run) -> Iterator[Running]:
    """The example, once its client has used the server."""
    with run() as running:
        sign_in(running)
        running.line("Ctrl-C")
        yield running


def test_the_whole_way(checkout: Checkout, running: Running) -> None:
    readme = checkout.file("mcp_server", "README.md").read_text()
    (promised,) = re.findall(r"^```text\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    assert promised in "".join(running.printed)


def test_a_client_finds_out_where_tokens_are_issued(checkout: Checkout, running: Running) -> None:
    refused = requests.post(checkout.mcp, timeout=10)
    assert refused.status_code == 401
    (url,) = re.findall('resource_metadata="(.*?)"', refused.headers["WWW-Authenticate"])
    metadata = requests.get(url, timeout=10).json()
    assert metadata["resource"] == checkout.mcp
    assert metadata["authorization_servers"] == [checkout.server.issuer]


@pytest.mark.parametrize(("api", "status"), [(True, 400), (False, 401)])
def test_a_token_is_for_this_server_or_refused(
    checkout: Checkout, running: Running, api: bool, status: int
) -> None:
    """With the right one, the body of the request is what is wrong."""
    form = {
        "grant_type": "client_credentials",
        "client_id": "demo",
        "client_secret": checkout.secret("demo"),
        **({"resource": checkout.mcp} if api else {}),
    }
    token = requests.post(checkout.server.token, form, timeout=10).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert requests.post(checkout.mcp, headers=headers, timeout=10).status_code == status
