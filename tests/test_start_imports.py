"""A start imports what the configuration uses: the rest would cost time at each start."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError

from pyramid_oauth2 import migrations, new_server_secret
from pyramid_oauth2.views.page_renderer import PageRenderers
from tests.servers import postgresql_server, redis_url  # noqa: F401

SERVER = {
    "oauth2.issuer": "http://localhost",
    "oauth2.scopes": "read = Read your data",
    "oauth2.login_route": "login",
}
RESOURCE_SERVER = {
    "oauth2.issuer": "http://localhost",
    "oauth2.mode": "resource_server",
    "oauth2.base_url": "http://localhost:6544",
    "oauth2.introspection.url": "http://localhost/oauth2/introspect",
    "oauth2.introspection.client_id": "api",
    "oauth2.introspection.client_secret": "secret",
}
MEMORY = SERVER | {"oauth2.backend": "memory"}
OTHER_DIALECTS = tuple(f"sqlalchemy.dialects.{name}" for name in ("mysql", "mssql", "oracle"))
SIGNING = ("pyramid_oauth2.keys.ring", "pyramid_oauth2.openid.id_token")
PAGES = ("babel", "jinja2", "pyramid_jinja2", "pyramid_oauth2.views.clients")

PROGRAM = """
import json, sys
from pyramid.config import Configurator
with Configurator(settings=json.loads(sys.argv[1])) as config:
    config.add_route("login", "/login")
    config.include("pyramid_oauth2")
    config.make_wsgi_app()
print(json.dumps(sorted(sys.modules)))
"""


def imported(settings: dict[str, str]) -> set[str]:
    """The modules of a process that has made the application."""
    process = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(settings)],
        check=True,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[1],
    )
    return set(json.loads(process.stdout))


def made(**settings: str) -> Any:
    with Configurator(settings=MEMORY | settings) as config:
        config.add_route("login", "/login")
        config.include("pyramid_oauth2")
        return config.make_wsgi_app()


@pytest.fixture(scope="module")
def with_sqlite(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The modules of an authorization server on SQLite."""
    url = f"sqlite:///{tmp_path_factory.mktemp('start')}/oauth2.sqlite"
    migrations.upgrade(url)
    return imported(SERVER | {"oauth2.backend": "sqlalchemy", "oauth2.sqlalchemy.url": url})


@pytest.fixture(scope="module")
def of_a_resource_server() -> set[str]:
    """The modules of a resource server."""
    return imported(RESOURCE_SERVER)


class TestSQLite:
    @pytest.mark.parametrize(
        "name",
        [
            *OTHER_DIALECTS,
            *PAGES,
            *SIGNING,
            "sqlalchemy.dialects.postgresql",
            "sqlalchemy.orm",
            "zope.sqlalchemy",
            "alembic",
            "limits",
            "redis",
            "urllib3",
            "pyramid_oauth2.extensions.client_id_metadata.resolver",
            "prometheus_client",
        ],
    )
    def test_is_not_imported(self, with_sqlite: set[str], name: str):
        assert name not in with_sqlite

    @pytest.mark.parametrize(
        "name", ["sqlite3", "sqlalchemy.dialects.sqlite", "cryptography.hazmat.primitives.kdf.hkdf"]
    )
    def test_what_requests_need_is_there_before_a_server_forks(
        self, with_sqlite: set[str], name: str
    ):
        assert name in with_sqlite


def test_postgresql_imports_no_other_dialect(postgresql_server):  # noqa: F811
    url = postgresql_server.new_database()
    migrations.upgrade(url)
    modules = imported(SERVER | {"oauth2.backend": "sqlalchemy", "oauth2.sqlalchemy.url": url})
    assert "sqlalchemy.dialects.postgresql" in modules
    assert modules.isdisjoint({*OTHER_DIALECTS, *PAGES, "limits", "redis", "pymysql"})


def test_redis_imports_no_other_store(redis_url: str):  # noqa: F811
    modules = imported(SERVER | {"oauth2.backend": "redis", "oauth2.redis.url": redis_url})
    assert "redis" in modules
    assert modules.isdisjoint({"sqlalchemy", "sqlite3", "alembic", "limits", "urllib3", *PAGES})


class TestAResourceServer:
    @pytest.mark.parametrize("name", [*PAGES, *SIGNING, "limits", "asyncio", "sqlalchemy", "redis"])
    def test_has_no_pages_and_no_store(self, of_a_resource_server: set[str], name: str):
        assert name not in of_a_resource_server

    def test_has_what_asks_the_authorization_server(self, of_a_resource_server: set[str]):
        assert "urllib3" in of_a_resource_server


class TestWhatASettingAdds:
    def test_a_storage_of_the_limits_library(self, redis_url: str):  # noqa: F811
        assert "limits" in imported(MEMORY | {"oauth2.throttle_storage": redis_url})

    def test_attempts_in_process_memory_need_no_library(self):
        assert "limits" not in imported(MEMORY | {"oauth2.throttle_storage": "memory://"})

    def test_the_key_ring(self):
        secret = new_server_secret(os.urandom)
        assert "pyramid_oauth2.keys.ring" in imported(MEMORY | {"oauth2.secret": secret})

    def test_the_pages_of_clients(self):
        modules = imported(MEMORY | {"oauth2.self_service": "true"})
        assert "pyramid_oauth2.views.clients" in modules


class TestAMistakeIsStillReportedAtTheStart:
    def test_in_the_storage_of_attempts(self):
        with pytest.raises(ConfigurationError, match=r"oauth2\.throttle_storage cannot be used"):
            made(**{"oauth2.throttle_storage": "radis://localhost"})

    @pytest.mark.parametrize("name", ["shop:templates/consent.oauth2", "no.oauth2"])
    def test_in_the_name_of_a_template_of_ours(self, name: str):
        with pytest.raises(ConfigurationError, match=r"oauth2\.renderer\.consent = .* cannot be"):
            made(**{"oauth2.renderer.consent": name})

    def test_in_a_template_for_a_renderer_that_is_not_included(self):
        with pytest.raises(ConfigurationError, match=r"No such renderer factory \.jinja2"):
            made(**{"oauth2.renderer.consent": "shop:templates/consent.jinja2"})

    def test_in_who_may_manage_clients(self):
        with pytest.raises(ConfigurationError, match="there is no security policy"):
            made(**{"oauth2.admin": "true", "oauth2.admin_principals": "alice"})


def test_an_application_includes_pyramid_jinja2_itself_in_any_order():
    with Configurator(settings=MEMORY) as config:
        config.add_route("login", "/login")
        config.include("pyramid_oauth2")
        config.include("pyramid_jinja2")
        config.commit()
        environments = [config.get_jinja2_environment(name) for name in (".jinja2", ".oauth2")]
    assert environments[0] is not None
    # The settings of the application's environment are not those of our pages.
    assert environments[1] is None


def test_first_pages_in_several_threads_are_all_rendered():
    factory = PageRenderers({})
    info = SimpleNamespace(name="pyramid_oauth2:templates/error.oauth2", package=None)
    together = threading.Barrier(4)
    templates = []

    def render() -> None:
        together.wait()
        templates.append(factory(info).template_loader())

    threads = [threading.Thread(target=render) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each.name for each in templates] == [info.name] * 4
    # One environment from now on, which keeps what is compiled.
    assert factory(info).template_loader() is factory(info).template_loader()
