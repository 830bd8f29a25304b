"""examples/machine_client/README.md."""

from __future__ import annotations

import re
import subprocess
from types import ModuleType
from typing import Any

import pytest

from tests.browser.conftest import served
from tests.checkout import ROOT, Checkout
from tests.ports import free_port
from tests.serving import environment

ANSWER = '200 {"user": null, "client": "demo", "scope": "read"}'


@pytest.fixture
def program(checkout: Checkout) -> ModuleType:
    return checkout.module("machine_client")


def test_it_asks_again_and_again(checkout: Checkout) -> None:
    with checkout.run("machine_client") as running:
        assert ANSWER in running.line("200")
        assert ANSWER in running.line("200")


def test_one_token_serves_until_it_ends(program: ModuleType) -> None:
    session = program.connect()
    assert program.ask(session).status_code == 200
    first = session.token["access_token"]
    assert program.ask(session).status_code == 200
    assert session.token["access_token"] == first
    session.token["expires_at"] -= session.token["expires_in"]
    assert program.ask(session).status_code == 200
    assert session.token["access_token"] != first


def test_a_token_that_was_revoked_is_replaced(checkout: Checkout, program: ModuleType) -> None:
    session = program.connect()
    program.ask(session)
    first = session.token["access_token"]
    readme = checkout.file("machine_client", "README.md").read_text()
    (revoke,) = re.findall(r"^\.venv/bin/poauth2 .*", readme, re.MULTILINE)
    subprocess.run(
        ["sh", "-c", revoke.replace("development.ini", checkout.server.ini.name)],
        cwd=checkout.folder,
        env=environment(PYTHONPATH=str(ROOT)),
        check=True,
        timeout=60,
    )
    assert program.ask(session).status_code == 200
    assert session.token["access_token"] != first


def test_a_wrong_secret_is_told(checkout: Checkout) -> None:
    with checkout.run("machine_client", CLIENT_SECRET="wrong") as running:
        assert "No token, or no answer: invalid_client" in running.line("invalid_client")
        assert running.end() != 0


def test_an_api_that_refuses_every_token_is_asked_twice_and_no_more(
    program: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def refuse(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        asked.append(environ["HTTP_AUTHORIZATION"])
        start_response("401 Unauthorized", [])
        return []

    with served(refuse) as port:
        monkeypatch.setattr(program, "API_URL", f"http://127.0.0.1:{port}/")
        assert program.ask(program.connect()).status_code == 401
    first, second = asked
    assert first != second


def test_without_a_demo_it_says_what_to_do(checkout: Checkout) -> None:
    with checkout.run("machine_client", issuer=f"http://localhost:{free_port()}") as running:
        assert "Does `make demo` run?" in running.line("Nobody answers")
        assert running.end() != 0


def test_without_a_secret_it_says_what_to_do(checkout: Checkout) -> None:
    with checkout.without("demo-client.secret"), checkout.run("machine_client") as running:
        assert "`make demo` writes it" in running.line("There is no demo-client.secret")
        assert running.end() != 0
