"""examples/native_app/README.md: the whole flow, with a simulated user; and refusals."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from pyramid_oauth2.scripts.poauth2 import main as poauth2
from tests.browser.conftest import served
from tests.checkout import Checkout, Running
from tests.ports import free_port
from tests.visitor import Visitor

ANSWER = "{'user': 'alice', 'client': 'demo-native', 'scope': 'read'}"


def address(running: Running) -> str:
    """The address to which the program sends the browser."""
    return running.line("/oauth2/authorize?").strip()


def parameters(url: str) -> dict[str, str]:
    return {name: value for name, (value,) in parse_qs(urlsplit(url).query).items()}


def answer_with(url: str, **changes: str) -> requests.Response:
    """Send the browser back to the program, with a response that the test makes up."""
    question = parameters(url)
    answer = {"code": "x", "state": question["state"], "iss": "https://evil.example", **changes}
    return requests.get(question["redirect_uri"], answer, timeout=10)


def test_the_whole_way(checkout: Checkout) -> None:
    with checkout.run("native_app") as running:
        back = Visitor("alice").send(address(running))
        page = requests.get(back, timeout=10)
        assert "Go on in the terminal." in page.text
        readme = checkout.file("native_app", "README.md").read_text()
        (promised,) = re.findall(r"^```text\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
        for line in promised.splitlines():
            assert running.line(line.partition(":")[0]).rstrip() == line
        assert running.end() == 0


def test_the_authorization_request(checkout: Checkout) -> None:
    # Both at once, so that they cannot be given the same port.
    with checkout.run("native_app") as one, checkout.run("native_app") as other:
        asked = [parameters(address(running)) for running in (one, other)]
    for name in ("state", "code_challenge", "redirect_uri"):
        assert asked[0][name] != asked[1][name]
    assert asked[0]["code_challenge_method"] == "S256"
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/callback", asked[0]["redirect_uri"])


def test_it_opens_the_browser(checkout: Checkout) -> None:
    seen = checkout.folder / "seen"
    browser = checkout.folder / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {seen}.new && mv {seen}.new {seen}\n')
    browser.chmod(0o755)
    with checkout.run("native_app", BROWSER=str(browser)) as running:
        url = address(running)
        answer_with(url)
        running.end()
    assert seen.read_text().strip() == url


def test_an_answer_with_another_state_or_at_another_path_is_not_taken(checkout: Checkout) -> None:
    with checkout.run("native_app") as running:
        url = address(running)
        assert answer_with(url, state="another").status_code == 404
        assert answer_with(url, state="\u00fc").status_code == 404
        assert requests.get(parameters(url)["redirect_uri"], timeout=10).status_code == 404
        elsewhere = parameters(url)["redirect_uri"].replace("/callback", "/")
        query = {"state": parameters(url)["state"]}
        assert requests.get(elsewhere, query, timeout=10).status_code == 404
        # It still waits for the right one.
        requests.get(Visitor("alice").send(url), timeout=10)
        assert ANSWER in running.line("Signed in")
        assert running.end() == 0


def test_an_answer_of_another_server_is_refused(checkout: Checkout) -> None:
    """RFC 9207 section 2.4, with a code that would be valid."""
    with checkout.run("native_app") as running:
        url = address(running)
        code = Visitor("alice").code(url)
        answer_with(url, code=code, iss="https://evil.example")
        running.line("This answer comes from another server.")
        assert running.end() != 0


def test_a_user_who_denies(checkout: Checkout) -> None:
    with checkout.run("native_app") as running:
        back = Visitor("alice", decision="deny").send(address(running))
        requests.get(back, timeout=10)
        running.line("The server let nobody in: access_denied")
        assert running.end() != 0


def test_what_goes_wrong_with_the_api_leaves_no_grant_behind(
    checkout: Checkout, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = f"{checkout.server.issuer}/api/nothing"
    with checkout.run("native_app", API_URL=missing) as running:
        requests.get(Visitor("bob").send(address(running)), timeout=10)
        running.line(f"{missing} answered 404")
        assert running.end() != 0
    assert poauth2([str(checkout.server.ini), "grant", "list", "--user", "bob"]) == 0
    assert "demo-native" not in capsys.readouterr().out


def test_a_redirect_of_the_api_takes_no_token_elsewhere(checkout: Checkout) -> None:
    arrived: list[str | None] = []

    def elsewhere(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        arrived.append(environ.get("HTTP_AUTHORIZATION"))
        start_response("200 OK", [("Content-Type", "application/json")])
        return [b"{}"]

    with served(elsewhere) as port:

        def api(environ: dict[str, Any], start_response: Any) -> list[bytes]:
            start_response("302 Found", [("Location", f"http://127.0.0.1:{port}/")])
            return []

        with (
            served(api) as api_port,
            checkout.run("native_app", API_URL=f"http://127.0.0.1:{api_port}/") as running,
        ):
            requests.get(Visitor("alice").send(address(running)), timeout=10)
            running.line("Refreshed")
            running.end()
    assert set(arrived) == {None}


def test_a_code_that_is_none(checkout: Checkout) -> None:
    with checkout.run("native_app") as running:
        url = address(running)
        answer_with(url, iss=checkout.server.issuer)
        assert "/oauth2/token answered 400" in running.line("invalid_grant")
        assert running.end() != 0


def test_a_server_with_another_name_is_refused(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RFC 8414 section 3.3."""
    program = checkout.module("native_app")
    monkeypatch.setattr(program, "ISSUER", checkout.server.issuer.replace("localhost", "127.0.0.1"))
    monkeypatch.setattr(program, "PATIENCE", 0.1)
    with pytest.raises(SystemExit, match=f"says that it is {checkout.server.issuer}"):
        program.main()


def test_nobody_signs_in(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROWSER", "true")
    program = checkout.module("native_app")
    monkeypatch.setattr(program, "PATIENCE", 0.1)
    with pytest.raises(SystemExit, match="Nobody signed in"):
        program.main()


def test_without_a_demo_it_says_what_to_do(checkout: Checkout) -> None:
    with checkout.run("native_app", issuer=f"http://localhost:{free_port()}") as running:
        running.line("Does `make demo` run?")
        assert running.end() != 0
