"""A copied store is equal to the original, whichever stores it passes through."""

from __future__ import annotations

import pytest

from pyramid_oauth2.backends.contract.factories import NOW, every
from pyramid_oauth2.backends.memory import MemoryBackend
from pyramid_oauth2.scripts.copying import compare_stores, copy_store
from pyramid_oauth2.service import ROLES
from tests.scripts.test_copying import fill, nothing

from .redis_contract import flush
from .redis_contract import open_backend as open_redis
from .server_databases import new_database, open_backend
from .sqlite_databases import new_backend


def contents(backend):
    """All records of a backend."""
    return {role: sorted(every(getattr(backend, role).export), key=repr) for role in ROLES}


@pytest.fixture
def opened():
    backends = []
    yield backends
    for backend in backends:
        backend.close()


@pytest.fixture(params=["sqlite", "postgresql", "mariadb", "redis", "redis_cluster"])
def backend(request, tmp_path, opened):
    if request.param == "sqlite":
        backend = new_backend(tmp_path / "oauth2.sqlite")
    elif request.param.startswith("redis"):
        backend = open_redis(request.getfixturevalue(f"{request.param}_url"))
        flush(backend)
    else:
        backend = open_backend(new_database(request.getfixturevalue(f"{request.param}_server")))
    opened.append(backend)
    return backend


def test_there_and_back_everything_is_as_it_was(backend):
    before, after = MemoryBackend(), MemoryBackend()
    fill(before)
    for old, new in ((before, backend), (backend, after), (before, backend)):
        for role in ROLES:
            stores = getattr(old, role), getattr(new, role)
            read = copy_store(*stores, nothing).read.total()
            found = compare_stores(*stores, read, lambda: NOW, nothing)
            assert found.missing.count == found.different.count == 0
    assert contents(after) == contents(backend) == contents(before)
