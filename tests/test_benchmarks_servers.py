"""``make bench SERVERS=1``, and the feature that the documentation recommends."""

from __future__ import annotations

import subprocess
import sys

import pytest

from benchmarks import addon
from benchmarks.features import without_transaction
from benchmarks.servers.catalog import GROUPS, configurations, new_stores_of
from benchmarks.worker import measured
from benchmarks.workloads import opaque
from tests.benchmark_workers import uncollected  # noqa: F401
from tests.servers import databases


def test_redis_py_is_measured_without_hiredis(tmp_path):
    without, usual = configurations("redis", sys.executable, tmp_path)
    program = [sys.executable, "-c", "import hiredis"]
    assert (
        subprocess.run(
            program, env=dict(without.peer.variables), stderr=subprocess.DEVNULL
        ).returncode
        == 1
    )
    assert not usual.peer.variables


@pytest.mark.parametrize("group", GROUPS)
def test_configurations_have_names_of_their_own(group, tmp_path):
    chosen = configurations(group, sys.executable, tmp_path)
    assert len({each.name for each in chosen}) == len(chosen) > 1
    assert all("PORT" in " ".join(each.peer.serve) for each in chosen)


def test_the_durable_server_writes_before_it_answers(tmp_path):
    with new_stores_of("durable", tmp_path) as new_store:
        server = databases.DatabaseServer(new_store())
        with server._admin.connect() as connection:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                assert connection.exec_driver_sql(f"SHOW {setting}").scalar() == "on"


@pytest.mark.usefixtures("uncollected")
def test_endpoints_work_without_a_transaction(tmp_path):
    url = f"sqlite:///{tmp_path}/bench.sqlite"
    site = addon.make_site("sqlite", url, without_transaction.includeme)
    assert all(measured(site, name, 2) for name in opaque())
    site.close()
