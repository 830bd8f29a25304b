"""A third-party backend: selected by its dotted name, and certified by the suite."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError
from webtest import TestApp

from pyramid_oauth2 import Client, get_service
from pyramid_oauth2.backends.contract import BackendContract
from pyramid_oauth2.interfaces import IBackend
from pyramid_oauth2.protocol.purging import EVERY
from pyramid_oauth2.protocol.records import Entry

from . import toy_backend
from .toy_backend import ToyBackend, ToyStore


class TestToy(BackendContract):
    # Where it has read its file, and where it has written it.
    waits_in = (ToyStore._opened,)

    def make_backend(self) -> IBackend:
        for file in self.directory.iterdir():
            file.unlink()
        return ToyBackend(self.directory)

    def open_elsewhere(self) -> Callable[[], IBackend]:
        return partial(ToyBackend, self.directory)

    def raw_dump(self, backend: IBackend) -> bytes:
        return b"".join(file.read_bytes() for file in self.directory.iterdir())

    def count_records(self, backend: IBackend) -> int:
        stores = (backend.clients, backend.grants, backend.consents, backend.entries)
        return sum(len(store.export(limit=10**9).items) for store in stores)


def configure(tmp_path: Path, backend: str = toy_backend.__name__, **more: str) -> Configurator:
    settings = {
        "oauth2.issuer": "http://localhost",
        "oauth2.backend": backend,
        "oauth2.scopes": "read = Read your data",
    }
    if not backend.startswith("acme"):
        settings["oauth2.toy.directory"] = str(tmp_path)
    return Configurator(settings=settings | {f"oauth2.{key}": text for key, text in more.items()})


def start(config: Configurator) -> Any:
    config.include("pyramid_oauth2")
    return config.make_wsgi_app()


def hello(request: Any) -> dict[str, str]:
    return {"client": request.oauth2.client.client_id}


def test_it_serves_a_token_and_a_view(tmp_path: Path) -> None:
    config = configure(tmp_path)
    config.add_route("hello", "/hello")
    config.include("pyramid_oauth2")
    config.add_view(hello, route_name="hello", renderer="json", oauth2_scope="read")
    browser = TestApp(config.make_wsgi_app(), extra_environ={"HTTP_HOST": "localhost"})
    service = get_service(config.registry)
    client = Client("robot", grant_types=("client_credentials",), scope=frozenset({"read"}))
    secret = service.clients.add(client).secret
    browser.set_authorization(("Basic", ("robot", secret)))
    answer = browser.post("/oauth2/token", {"grant_type": "client_credentials"})
    browser.set_authorization(("Bearer", answer.json["access_token"]))
    assert browser.get("/hello").json == {"client": "robot"}
    kept = ToyBackend(tmp_path)
    assert len(kept.grants.export().items) == 1
    assert kept.clients.get("robot") is not None


def test_one_role_may_be_another_backend(tmp_path: Path) -> None:
    config = configure(tmp_path, "memory", **{"backend.clients": toy_backend.__name__})
    start(config)
    service = get_service(config.registry)
    service.clients.add(Client("robot", grant_types=("client_credentials",)))
    assert ToyBackend(tmp_path).clients.get("robot") is not None
    assert not isinstance(service.server.grants, toy_backend.ToyStore)


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module ``acme.oauth2`` whose ``includeme`` each test writes."""
    package, module = ModuleType("acme"), ModuleType("acme.oauth2")
    package.__dict__["oauth2"] = module
    monkeypatch.setitem(sys.modules, "acme", package)
    monkeypatch.setitem(sys.modules, "acme.oauth2", module)
    return module


def refusal(tmp_path: Path, **more: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        start(configure(tmp_path, **more))
    return str(caught.value)


def test_a_module_that_registers_nothing(tmp_path: Path, module: ModuleType) -> None:
    module.__dict__["includeme"] = lambda config: None
    said = refusal(tmp_path, backend="acme.oauth2")
    assert "no backend named 'acme.oauth2'" in said
    assert "config.add_oauth2_backend('acme.oauth2', factory)" in said


def test_a_module_that_registers_another_name(tmp_path: Path, module: ModuleType) -> None:
    module.__dict__["includeme"] = lambda config: config.add_oauth2_backend("acme", ToyBackend)
    said = refusal(tmp_path, backend="acme.oauth2")
    assert "there are: acme, " in said


def test_a_backend_that_lacks_a_role(tmp_path: Path, module: ModuleType) -> None:
    class Half(ToyBackend):
        def __init__(self, _settings: object) -> None:
            super().__init__(tmp_path)
            self.grants: Any = None

    module.__dict__["includeme"] = lambda config: config.add_oauth2_backend("acme.oauth2", Half)
    said = refusal(tmp_path, backend="acme.oauth2")
    assert "does not keep grants: set oauth2.backend.grants" in said


@pytest.mark.parametrize("how", ["absent", "None"])
def test_a_backend_that_was_written_before_there_were_entries(
    tmp_path: Path, module: ModuleType, how: str
) -> None:
    class Earlier(ToyBackend):
        def __init__(self, _settings: object) -> None:
            super().__init__(tmp_path)
            self.entries: Any = None
            if how == "absent":
                del self.entries

    module.__dict__["includeme"] = lambda config: config.add_oauth2_backend("acme.oauth2", Earlier)
    config = configure(tmp_path, backend="acme.oauth2")
    start(config)
    service = get_service(config.registry)
    service.clients.add(Client("robot", grant_types=("client_credentials",)))
    with pytest.raises(ConfigurationError, match=r"does not keep entries: set oauth2\.backend\.en"):
        service.entries  # noqa: B018


def test_entries_may_be_in_another_backend(tmp_path: Path) -> None:
    config = configure(tmp_path, "memory", **{"backend.entries": toy_backend.__name__})
    start(config)
    entries = get_service(config.registry).entries
    entry = Entry("feature", "key", data=b"x")
    assert entries.put(entry, None)
    assert ToyBackend(tmp_path).entries.get("feature", "key") == entry
    assert not (tmp_path / "grants").exists()


def test_issuing_purges_the_entries_once_a_feature_asks_for_them(tmp_path: Path) -> None:
    config = configure(tmp_path, "memory", **{"backend.clients": toy_backend.__name__})
    start(config)
    service = get_service(config.registry)
    entries = service.backends["memory"].entries
    assert entries.put(Entry("feature", "key", expires_at=1), None)
    for _ in range(2 * EVERY):
        service.purger.after_issue()
    assert entries.get("feature", "key") is not None
    assert service.entries is service.entries is entries
    for _ in range(EVERY):
        service.purger.after_issue()
    assert entries.get("feature", "key") is None


def test_a_module_that_is_not_there(tmp_path: Path) -> None:
    said = refusal(tmp_path, backend="acme.nowhere")
    assert "acme.nowhere" in said


def test_a_setting_of_its_own_that_is_wrong(tmp_path: Path) -> None:
    config = configure(tmp_path)
    del config.registry.settings["oauth2.toy.directory"]
    with pytest.raises(ConfigurationError, match=r"oauth2\.toy\.directory is missing"):
        start(config)
    said = refusal(tmp_path, **{"toy.directroy": "x"})
    assert "Did you mean oauth2.toy.directory?" in said
