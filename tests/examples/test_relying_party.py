"""examples/relying_party/README.md, beside the demo."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterator
from urllib.parse import urljoin

import pytest
import requests

from tests.checkout import ROOT, Checkout
from tests.serving import BIN
from tests.visitor import Visitor

PATIENCE = 20  # seconds, for a message
README = (ROOT / "examples" / "relying_party" / "README.md").read_text()


class Reader(Visitor):
    """A user of the relying party, whose browser has its cookies and the demo's."""

    def __init__(self, address: str) -> None:
        super().__init__("alice")
        self.site = address

    def page(self, path: str = "/") -> str:
        """The heading and the text of a page."""
        return self._session.get(urljoin(self.site, path), timeout=10).text

    def sign_in(self) -> requests.Response:
        """Press the button, sign in at the demo, allow it, and come back."""
        answer = self._session.post(f"{self.site}/sign-in", allow_redirects=False, timeout=10)
        back = self.send(answer.headers["Location"])
        assert back.startswith(f"{self.site}/callback?")
        return self._session.get(back, timeout=10)


@pytest.fixture
def address(checkout: Checkout) -> Iterator[str]:
    """The running example."""
    with checkout.run("relying_party") as running:
        running.line("Serving on")
        yield checkout.relying_party


def test_it_knows_who_signed_in(address: str) -> None:
    reader = Reader(address)
    assert "You are not signed in" in reader.page()
    signed_in = reader.sign_in().text
    (promised,) = re.findall(r"```text\n(.*)\n(.*)\n```", README)
    assert all(line in signed_in for line in promised)
    assert reader.page() == signed_in


def test_a_response_that_was_not_asked_for(address: str) -> None:
    reader = Reader(address)
    assert requests.get(f"{address}/callback?code=x&state=y", timeout=10).status_code == 400
    reader.sign_in()
    answer = reader._session.get(f"{address}/callback?code=x&state=y", timeout=10)
    assert answer.status_code == 400


def test_signing_out_there_signs_out_at_the_demo(address: str, checkout: Checkout) -> None:
    reader = Reader(address)
    reader.sign_in()
    answer = reader._session.post(f"{address}/sign-out", timeout=10)
    assert answer.url == f"{address}/"
    assert "You are not signed in" in answer.text
    assert "Sign in" in reader._session.get(checkout.server.issuer, timeout=10).text
    # The demo has ended its login: it asks for the password again.
    start = reader._session.post(f"{address}/sign-in", timeout=10)
    assert "Password" in start.text


def test_a_session_that_is_ended_at_the_demo(address: str, checkout: Checkout) -> None:
    reader = Reader(address)
    reader.sign_in()
    command = ["poauth2", str(checkout.server.ini), "session", "end", "alice", "--all"]
    subprocess.run([BIN / command[0], *command[1:]], check=True, capture_output=True)
    end = time.monotonic() + PATIENCE
    while "You are signed in" in reader.page():
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "e30.e30."])
def test_what_is_no_logout_token(address: str, token: str) -> None:
    url = f"{address}/back-channel-logout"
    assert requests.post(url, {"logout_token": token}, timeout=10).status_code == 400
    assert requests.post(url, timeout=10).status_code == 400
