"""The applications under test, on one backend: the contract proves that backends are alike.

A test that needs another one says so, with a reason: ``@pytest.mark.stores("sqlite", reason=...)``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pyramid.router import Router

from pyramid_oauth2.interfaces import IOAuth2Event
from tests.backends.sqlite_databases import empty_database
from tests.quick_templates import COMPILED

from . import host
from .applications import Configure, Idle, Recipe
from .client_pages import SWITCHED_ON, ClientPages
from .flow import SETTINGS, Flow, register_clients
from .server import Server

BASE = {
    "oauth2.issuer": "http://localhost",
    "oauth2.scopes": "read = Read your data\nwrite = Change your data",
    "oauth2.grant_types": "client_credentials password",
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that is marked so on each of the stores that its marker names."""
    marker = metafunc.definition.get_closest_marker("stores")
    if marker is not None and "store" in metafunc.fixturenames:
        metafunc.parametrize("store", marker.args)


@pytest.fixture
def store() -> str:
    """The store of a test that does not name others."""
    return "memory"


@pytest.fixture
def storage(tmp_path_factory: pytest.TempPathFactory, store: str) -> dict[str, str]:
    """The settings that choose a backend, which is empty; the same for every test."""
    if store == "memory":
        return {"oauth2.backend": "memory"}
    file = tmp_path_factory.getbasetemp() / "oauth2.sqlite"
    for left in file.parent.glob(f"{file.name}*"):
        left.unlink()
    file.write_bytes(empty_database())
    return {"oauth2.backend": "sqlalchemy", "oauth2.sqlalchemy.url": f"sqlite:///{file}"}


@pytest.fixture(scope="session")
def idle() -> Idle:
    """Applications that no test uses just now."""
    return Idle()


@pytest.fixture
def anew(idle: Idle) -> None:
    """For a test of what a start does: the application is not one that was made before."""
    idle.forget()


@pytest.fixture
def serve(idle: Idle) -> Iterator[Callable[..., Server]]:
    """Start an application, which is stopped after the test."""
    started: list[tuple[Server, Recipe | None]] = []

    def serve(app: Router, recipe: Recipe | None = None) -> Server:
        server = Server(app)
        started.append((server, recipe))
        return server

    yield serve
    for server, recipe in started:
        server.stop()
        idle.keep(recipe, server.app)


@pytest.fixture
def settings(storage: dict[str, str]) -> dict[str, Any]:
    """The settings of an application that works."""
    return {**BASE, **storage, **COMPILED}


@pytest.fixture
def build(
    settings: dict[str, Any], serve: Callable[..., Server], idle: Idle
) -> Callable[..., Server]:
    """Build and start an application that includes the add-on, then calls *configure*."""

    def build(*configure: Configure, changes: dict[str, Any] | None = None) -> Server:
        recipe = Recipe({**settings, **(changes or {})}, configure)
        return serve(idle.take(recipe) or recipe.make(), recipe)

    return build


@pytest.fixture
def server(build: Callable[..., Server]) -> Server:
    """An application with users, pages of its own, and views for tokens."""
    return build(host.pages)


@pytest.fixture
def patient(build: Callable[..., Server]) -> Server:
    """The same, for a test that makes more wrong attempts than one address may."""
    limits = dict.fromkeys(
        ("oauth2.throttle.clients", "oauth2.throttle.passwords"), "100000/minute"
    )
    return build(host.pages, changes=limits)


@pytest.fixture
def start_flow(build: Callable[..., Server]) -> Callable[..., Flow]:
    """Start an application with a login page and two clients; bob is signed in."""

    def start_flow(*configure: Configure, client_id: str = "web", **changes: str) -> Flow:
        named = {f"oauth2.{name}": value for name, value in changes.items()}
        server = build(host.pages, *configure, changes={**SETTINGS, **named})
        register_clients(server)
        return Flow(server, client_id).log_in()

    return start_flow


@pytest.fixture
def flow(start_flow: Callable[..., Flow]) -> Flow:
    return start_flow()


@pytest.fixture
def heard() -> list[Any]:
    """The events of a flow that ``start_heard`` made."""
    return []


@pytest.fixture
def start_heard(start_flow: Callable[..., Flow], heard: list[Any]) -> Callable[..., Flow]:
    """The same as ``start_flow``, with a subscriber of every event."""

    def start_heard(client_id: str = "web", **changes: str) -> Flow:
        flow = start_flow(client_id=client_id, **changes)
        flow.server.hear(heard.append, IOAuth2Event)
        return flow

    return start_heard


@pytest.fixture
def start_pages(build: Callable[..., Server]) -> Callable[..., ClientPages]:
    """Start an application with the pages for clients switched on, and sign in bob."""

    def start_pages(*configure: Configure, **changes: str) -> ClientPages:
        named = {f"oauth2.{name.replace('__', '.')}": value for name, value in changes.items()}
        return ClientPages(build(host.pages, *configure, changes={**SWITCHED_ON, **named}))

    return start_pages


@pytest.fixture
def pages(start_pages: Callable[..., ClientPages]) -> ClientPages:
    return start_pages()
