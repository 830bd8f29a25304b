"""A response that is broken ends an example with a line, and not with a traceback."""

from __future__ import annotations

import socket
import subprocess
import sys
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.broken_responses import BROKEN, answering
from tests.checkout import ROOT, Checkout
from tests.serving import environment

EXAMPLES = ("machine_client", "native_app")


@pytest.mark.parametrize("example", EXAMPLES)
@pytest.mark.parametrize("how", BROKEN)
def test_the_server_answers_so(example: str, how: str) -> None:
    program = ROOT / "examples" / example / f"{example}.py"
    with answering(BROKEN[how]) as url:
        ended = subprocess.run(
            [sys.executable, str(program)],
            env=environment(ISSUER=url, CLIENT_SECRET="x"),
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert ended.returncode == 1
    assert len(ended.stderr.splitlines()) == 1, ended.stderr


def test_a_program_that_sends_no_url_to_the_native_app(checkout: Checkout) -> None:
    with checkout.run("native_app") as running:
        url = running.line("/oauth2/authorize?").strip()
        (back,) = parse_qs(urlsplit(url).query)["redirect_uri"]
        address = ("127.0.0.1", urlsplit(back).port)
        with socket.create_connection(address, timeout=10) as connection:
            connection.sendall(b"GET http://[/callback HTTP/1.0\r\n\r\n")
            assert b" 404 " in connection.recv(100)
    assert "Traceback" not in "".join(running.printed)
