"""While an update is rolled out, the version before it runs beside this one, on the same store."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import requests

from benchmarks.running import revision
from tests import programs
from tests.functional.flow import VERIFIER, authorization_request
from tests.functional.openid_provider import parts
from tests.live import CALLBACK, ROOT, LiveClient, LiveServer, write_ini
from tests.ports import free_port
from tests.preloaded import BIN
from tests.serving import running
from tests.visitor import Visitor

# The last commit without OpenID Connect.
BEFORE = "5a6943b"
# Settings of the demo that came later.
LATER = re.compile(
    r"^oauth2\.(openid|resources|registration(\.\w+)?|private_schemes) = .*\n", re.MULTILINE
)


@pytest.fixture(scope="module")
def before() -> Iterator[Path]:
    """The package as it was then."""
    git = programs.need("git")
    known = [git, "-c", f"safe.directory={ROOT}", "cat-file", "-e", f"{BEFORE}^{{commit}}"]
    if subprocess.run(known, cwd=ROOT, capture_output=True).returncode:
        pytest.skip(f"this checkout has no history: {BEFORE} is not in it")
    with revision(BEFORE) as tree:
        yield tree


class Update:
    """Two processes of one authorization server.

    :param server: whose first address, the issuer's, is where users sign in and allow.
    """

    def __init__(self, server: LiveServer) -> None:
        self.server = server
        self.client: LiveClient = server.add_client(
            "--name", "Web", "--scope", "read openid", "--redirect-uri", CALLBACK
        )

    def code(self, visitor: Visitor | None = None, **changes: str) -> str:
        """A code that the first process issues, unless the visitor sends forms to the other."""
        parameters = authorization_request(self.client.id, redirect_uri=CALLBACK, **changes)
        query = requests.Request("GET", self.server.authorize, params=parameters).prepare().url
        return (visitor or Visitor()).code(query or "")

    def redeem(self, code: str) -> dict[str, Any]:
        """The tokens of a code, from the second process."""
        form = {"code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
        return self._ask(1, grant_type="authorization_code", **form)

    def refresh(self, tokens: dict[str, Any], process: int) -> dict[str, Any]:
        """New tokens, from one of the processes."""
        refresh_token = tokens["refresh_token"]
        return self._ask(process, grant_type="refresh_token", refresh_token=refresh_token)

    def _ask(self, process: int, **form: str) -> dict[str, Any]:
        login = (self.client.id, self.client.secret or "")
        address = f"{self.server.addresses[process]}/oauth2/token"
        answer = requests.post(address, form, auth=login, timeout=60)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


class Passed(Visitor):
    """A user whose consent page is of one process, and whose decision reaches the other."""

    def __init__(self, server: LiveServer) -> None:
        super().__init__()
        self._server = server
        self.passed = 0

    def address(self, action: str) -> str:
        one, other = self._server.addresses
        if not action.startswith(f"{one}/oauth2/authorize"):
            return action
        self.passed += 1
        return action.replace(one, other)


@pytest.fixture(scope="module")
def start(
    before: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Update]]:
    """A process of each version, and a new client; users sign in at the first process.

    The processes are started once for each order of the versions.
    """
    with ExitStack() as stack:

        @cache
        def started(*trees: Path) -> LiveServer:
            folder = tmp_path_factory.mktemp("update")
            ports = [free_port() for _ in trees]
            addresses = tuple(f"http://localhost:{port}" for port in ports)
            inis = [write_ini(folder, {}, addresses[0], port) for port in ports]
            for tree, port, ini in zip(trees, ports, inis, strict=True):
                if tree == before:
                    ini.write_text(LATER.sub("", ini.read_text()))
                stack.enter_context(served(ini, port, tree))
                metadata = f"http://localhost:{port}/.well-known/openid-configuration"
                known = requests.get(metadata, timeout=60).status_code
                assert known == (404 if tree == before else 200)
            # The command line is of this version.
            return LiveServer(addresses[0], addresses, inis[trees.index(ROOT)])

        yield lambda *trees: Update(started(*trees))


@contextmanager
def served(ini: Path, port: int, tree: Path) -> Iterator[None]:
    """Serve the demo of a version; not from a process that has imported this one."""
    command = [str(BIN / "pserve"), ini.name]
    with running(command, ini.with_suffix(".log"), port, PYTHONPATH=str(tree)):
        yield


def test_a_code_of_before_is_redeemed_after(start: Callable[..., Update], before: Path) -> None:
    update = start(before, ROOT)
    tokens = update.redeem(update.code())
    assert tokens["scope"] == "read"
    for process in (1, 0, 1):
        tokens = update.refresh(tokens, process)
    assert "id_token" not in tokens


def test_a_code_of_after_is_redeemed_before(start: Callable[..., Update], before: Path) -> None:
    update = start(ROOT, before)
    tokens = update.redeem(update.code())
    assert tokens["scope"] == "read"
    for process in (1, 0, 1):
        tokens = update.refresh(tokens, process)
    assert "id_token" not in tokens


def test_so_is_one_of_openid_connect(start: Callable[..., Update], before: Path) -> None:
    """Without an ID token, which that version cannot make; the next refresh has one."""
    update = start(ROOT, before)
    tokens = update.redeem(update.code(scope="openid read", nonce="n"))
    assert "id_token" not in tokens
    _, claims = parts(update.refresh(tokens, 0)["id_token"])
    assert (claims["sub"], claims["aud"]) == ("alice", update.client.id)


@pytest.mark.parametrize("later", [True, False], ids=["after", "before"])
def test_a_consent_page_is_decided_by_the_other(
    start: Callable[..., Update], before: Path, later: bool
) -> None:
    update = start(*((before, ROOT) if later else (ROOT, before)))
    visitor = Passed(update.server)
    tokens = update.redeem(update.code(visitor))
    assert visitor.passed == 1
    assert tokens["scope"] == "read"
