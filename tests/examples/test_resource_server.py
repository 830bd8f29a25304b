"""examples/resource_server/README.md, beside the demo."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator

import pytest
import requests

from tests import programs
from tests.checkout import ROOT, Checkout
from tests.ports import free_port
from tests.serving import BIN

README = ROOT / "examples" / "resource_server" / "README.md"


@pytest.fixture
def api(checkout: Checkout) -> Iterator[str]:
    """The running example; yields the address of its view."""
    with checkout.run("resource_server") as running:
        running.line("Serving on")
        yield f"{checkout.api}/hello"


def test_the_machine_client_asks_it(checkout: Checkout, api: str) -> None:
    with checkout.run("resource_server", number=1) as running:
        assert running.line("200") == '200 {"hello": null, "from": "demo"}\n'
    assert '200 {"hello": null, "from": "demo"}\n' in README.read_text()


def bearer(checkout: Checkout, **changes: str) -> dict[str, str]:
    form = {
        "grant_type": "password",
        "username": "alice",
        "password": "wonderland",
        "client_id": "demo",
        "client_secret": checkout.secret("demo"),
        **changes,
    }
    answer = requests.post(checkout.server.token, form, timeout=10).json()
    return {"Authorization": f"Bearer {answer['access_token']}"}


def test_it_greets_the_user_of_a_token(checkout: Checkout, api: str) -> None:
    answer = requests.get(api, headers=bearer(checkout), timeout=10)
    assert answer.json() == {"hello": "alice", "from": "demo"}


def test_the_scope_must_be_there(checkout: Checkout, api: str) -> None:
    answer = requests.get(api, headers=bearer(checkout, scope="write"), timeout=10)
    assert answer.status_code == 403


def test_who_brings_no_token_is_told_where_they_are_to_be_had(checkout: Checkout, api: str) -> None:
    (command,) = re.findall("^curl .*", README.read_text(), re.MULTILINE)
    command = command.replace("http://localhost:6544", checkout.api)
    programs.need_all_of(command)
    printed = subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, check=True, timeout=30
    ).stdout
    assert printed.startswith("HTTP/1.1 401")
    (url,) = re.findall('resource_metadata="(.*?)"', printed)
    metadata = requests.get(url, timeout=10).json()
    assert metadata["authorization_servers"] == [checkout.server.issuer]


def test_without_a_demo_it_lets_nobody_in(checkout: Checkout) -> None:
    issuer = f"http://localhost:{free_port()}"
    with checkout.run("resource_server", issuer=issuer) as running:
        running.line("Serving on")
        headers = bearer(checkout)
        assert requests.get(f"{checkout.api}/hello", headers=headers, timeout=30).status_code == 503


def test_without_a_secret_it_says_what_to_do(checkout: Checkout) -> None:
    with (
        checkout.without("demo-client-api.secret"),
        checkout.run("resource_server") as running,
    ):
        assert "`make demo` writes it" in running.line("There is no demo-client-api.secret")
        assert running.end() != 0


def machine(checkout: Checkout) -> dict[str, str]:
    """The form of the client whose tokens are JWTs."""
    return {
        "grant_type": "client_credentials",
        "client_id": "demo-jwt",
        "client_secret": checkout.secret("demo-jwt"),
    }


class TestLocalValidation:
    @pytest.fixture
    def api(self, checkout: Checkout) -> Iterator[str]:
        """The same API, with local.ini."""
        with checkout.run("resource_server", number=2) as running:
            running.line("Serving on")
            yield f"{checkout.api}/hello"

    def test_the_machine_client_asks_it(self, checkout: Checkout, api: str) -> None:
        with checkout.run("resource_server", number=3) as running:
            answer = running.line("200")
        assert answer == '200 {"hello": null, "from": "demo-jwt"}\n'
        assert answer in README.read_text()

    def test_an_opaque_token_is_refused(self, checkout: Checkout, api: str) -> None:
        answer = requests.get(api, headers=bearer(checkout), timeout=10)
        assert answer.status_code == 401

    def test_one_that_was_revoked_is_accepted_until_it_expires(
        self, checkout: Checkout, api: str
    ) -> None:
        client, headers = machine(checkout), bearer(checkout, **machine(checkout))
        form = {**client, "token": headers["Authorization"].removeprefix("Bearer ")}
        requests.post(checkout.server.revoke, form, timeout=10).raise_for_status()
        assert requests.get(checkout.server.me, headers=headers, timeout=10).status_code == 401
        assert requests.get(api, headers=headers, timeout=10).status_code == 200


def test_without_a_demo_there_are_no_keys(checkout: Checkout) -> None:
    issuer = f"http://localhost:{free_port()}"
    with checkout.run("resource_server", number=2, issuer=issuer) as running:
        running.line("Serving on")
        headers = bearer(checkout, **machine(checkout))
        assert requests.get(f"{checkout.api}/hello", headers=headers, timeout=30).status_code == 503


def test_an_ini_that_is_not_there(checkout: Checkout) -> None:
    programs.need("make")
    command = ["make", "example-resource-server", "API=remote", f"BIN={BIN}"]
    done = subprocess.run(command, cwd=checkout.folder, capture_output=True, text=True)
    assert done.returncode
    assert "examples/resource_server/remote.ini" in done.stderr
