"""The demo's clients are registered at every start, also after a start that failed."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from pyramid_oauth2 import get_service
from pyramid_oauth2.demo import main
from pyramid_oauth2.demo.clients import SECRET_FILES
from pyramid_oauth2.scripts.ini import Ini


@pytest.fixture
def start(ini):
    """Start the demo on the given port; return a function that reads a registered client."""
    running = []

    def start(port=6543):
        own = ini.with_name(f"development-{port}.ini")
        if not own.exists():
            own.write_text(ini.read_text().replace("localhost:6543", f"localhost:{port}"))
        application = main({}, **Ini(str(own)).raw_settings())
        running.append(get_service(application.registry))
        return running[-1].server.clients.get

    yield start
    for service in running:
        service.close()


def test_a_start_on_another_port_leaves_the_first_its_addresses(start):
    start()
    client = start(7001)
    assert client("demo-sample").redirect_uris == (
        "http://localhost:6543/sample/callback",
        "http://localhost:7001/sample/callback",
    )
    assert client("demo-spa").allowed_origins == (
        "http://localhost:6543",
        "http://localhost:7001",
        "http://localhost:8000",
    )


def test_the_demo_starts_without_openid_connect_as_well(ini, start):
    start()
    ini.with_name("development-6543.ini").unlink()
    ini.write_text(ini.read_text().replace("oauth2.openid = true\n", ""))
    client = start()
    assert client("demo-sample").scope == {"read"}
    assert client("demo-relying-party").scope == {"openid", "profile", "email"}, "left as it was"


def test_the_demo_starts_without_apis_that_have_a_name(ini, start):
    ini.write_text(ini.read_text().replace("oauth2.resources = ", "# "))
    assert start()("demo-mcp") is None


def test_at_the_default_port_the_origin_has_none(start):
    assert "http://localhost" in start(80)("demo-spa").allowed_origins


@pytest.mark.parametrize("client_id", ["demo-spa", "demo-native"])
def test_a_start_changes_nothing_that_is_right(start, client_id):
    before = start()(client_id)
    assert start()(client_id) == before


def test_who_of_them_may_ask_about_the_tokens_of_others(start):
    client = start()
    clients = map(client, (*SECRET_FILES, "demo-spa", "demo-native"))
    asking = {known.client_id: known for known in clients if known.resource_server}
    assert asking.keys() == {"demo-api", "demo-mcp"}
    assert asking["demo-mcp"].extra["resources"] == ["http://localhost:6546/mcp"]


def test_a_client_of_an_earlier_demo_is_brought_up_to_date(start):
    start()
    registered = start()
    old = registered("demo")
    # As it was before refresh tokens were introduced.
    registered.__self__.edit("demo", old.version, {"grant_types": ("password",)})
    assert "refresh_token" in start()("demo").grant_types


def test_a_read_only_start_registers_nothing(start, ini):
    ini.write_text(ini.read_text().replace("[app:main]\n", "[app:main]\noauth2.read_only = true\n"))
    assert start()("demo") is None


def test_processes_that_start_together(start):
    start()
    with ThreadPoolExecutor(4) as starting:
        for client in starting.map(lambda _: start(), range(4)):
            assert client("demo-sample").client_secrets


def test_each_secret_is_a_file_for_its_owner(start, ini):
    start()
    files = [ini.parent / f"demo-client{more}.secret" for more in ("", "-sample", "-api", "-jwt")]
    assert len({file.read_text() for file in files}) == len(files)
    for file in files:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
