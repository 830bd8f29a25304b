from __future__ import annotations

from pathlib import Path

import pytest
from webtest import TestApp

from pyramid_oauth2.demo import main
from tests.backends.sqlite_databases import empty_database

DEVELOPMENT_INI = Path(__file__).parents[2] / "development.ini"


@pytest.fixture
def ini(tmp_path):
    path = tmp_path / "development.ini"
    path.write_text(DEVELOPMENT_INI.read_text())
    path.with_name("oauth2.sqlite").write_bytes(empty_database())
    return path


@pytest.fixture
def demo(ini):
    """The demo as development.ini serves it."""
    from pyramid_oauth2.scripts.ini import Ini

    application = main({}, **Ini(str(ini)).raw_settings())
    yield TestApp(application, extra_environ={"HTTP_HOST": "localhost:6543"})
    from pyramid_oauth2 import get_service

    get_service(application.registry).close()


@pytest.fixture
def secret(demo, ini):
    return (ini.parent / "demo-client.secret").read_text().strip()
