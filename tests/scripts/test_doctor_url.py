"""``poauth2 INI doctor --url``: what a client sees of a server that runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from pyramid_oauth2 import get_service
from pyramid_oauth2.known_clients import known_clients
from pyramid_oauth2.protocol.listings import every
from pyramid_oauth2.scripts.poauth2 import main
from pyramid_oauth2.scripts.running_server import play_at
from pyramid_oauth2.simulation.step import NOT_REACHED, PASSED, REFUSED
from tests.ports import free_port
from tests.simulation.applications import make


@dataclass(frozen=True)
class Running:
    """A server in a thread."""

    server: Any
    app: Any

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/mcp"


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    server = make_server("127.0.0.1", 0, None, handler_class=Quiet)
    issuer = f"http://127.0.0.1:{server.server_port}"
    app = make(issuer=issuer, resources=f"{issuer}/mcp = read")
    server.set_app(app)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield Running(server, app)
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("name", ["claude-code", "cursor", "inspector"])
def test_as_far_as_the_login(name: str, running: Running):
    steps = play_at(running.api, known_clients()[name])
    assert {each.state for each in steps} == {PASSED}
    assert [each.name for each in steps][-2:] == ["client", "login"]


def test_a_client_that_was_registered_is_deleted(running: Running):
    search = get_service(running.app.registry).clients.search
    play_at(running.api, known_clients()["cursor"])
    assert list(every(lambda at: search(cursor=at, limit=10))) == []


def test_what_stops_a_client(running: Running, capsys: pytest.CaptureFixture[str]):
    assert main(["any.ini", "doctor", "--url", running.api, "--client", "claude"]) == 1
    assert "is not https" in capsys.readouterr().out
    steps = play_at(f"{running.api}/elsewhere", known_clients()["codex"])
    (refused,) = [each for each in steps if each.state == REFUSED]
    assert (refused.name, steps[-1].state) == ("challenge", NOT_REACHED)
    assert "answers with 404" in refused.text


def test_a_server_that_is_away():
    steps = play_at(f"http://127.0.0.1:{free_port()}/mcp", known_clients()["codex"])
    assert "fails (does not answer" in steps[1].text
