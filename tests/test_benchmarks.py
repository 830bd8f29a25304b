"""``make bench``: every workload runs on the floor and on the add-on, and with another commit."""

from __future__ import annotations

import re
import subprocess

import pytest

from benchmarks import addon, floor, start
from benchmarks.__main__ import main
from benchmarks.running import ROOT
from benchmarks.worker import measured
from benchmarks.workloads import WORKLOADS
from tests import programs
from tests.servers import postgresql_server, redis_url  # noqa: F401


@pytest.fixture(params=["sqlite", "postgresql", "redis"])
def store(request, tmp_path):
    """The name of a store, and the URL of an empty one."""
    match request.param:
        case "sqlite":
            return request.param, f"sqlite:///{tmp_path}/bench.sqlite"
        case "postgresql":
            return request.param, request.getfixturevalue("postgresql_server").new_database()
    return request.param, request.getfixturevalue("redis_url")


@pytest.mark.parametrize("application", [addon, floor])
def test_every_workload_is_answered(application, store):
    site = application.make_site(*store)
    times = {name: measured(site, name, 2) for name in WORKLOADS}
    assert set(times) == {f"W{number}" for number in range(8)}
    assert all(times.values())
    site.close()


def test_an_error_is_not_measured(tmp_path):
    site = floor.make_site("sqlite", f"sqlite:///{tmp_path}/bench.sqlite")
    request = site.form("/oauth2/token", grant_type="refresh_token", refresh_token="none")
    with pytest.raises(AssertionError, match="status=400"):
        site.ask(request)
    site.close()


def test_two_commits_are_measured_in_turn(capsys):
    programs.need("git")
    if not (ROOT / ".git").exists():
        pytest.skip("there is no history here")
    quick = ["--store", "sqlite", "--workload", "W1", "--batches", "1", "--size", "2"]
    main(["--against", "HEAD", *quick])
    heading, row = capsys.readouterr().out.strip().split("\n")
    assert heading.split()[-4:] == ["floor", "this", "HEAD", "this/HEAD"]
    assert re.fullmatch(r"W1 client credentials +(\d+ +){3}\d\.\d+", row)


def test_a_start_is_measured_beside_a_bare_application(capsys):
    start.main(["--configuration", "sqlite", "--configuration", "resource_server", "--times", "1"])
    heading, *rows = capsys.readouterr().out.strip().split("\n")
    assert heading.split()[-3:] == ["pyramid", "this", "this/pyramid"]
    assert [row.split()[0] for row in rows] == ["sqlite", "resource_server"]
    for row in rows:
        bare, ours, ratio = map(float, row.split()[1:])
        assert 0 < bare < ours
        assert ratio > 1


def test_a_start_that_fails_is_not_measured(tmp_path):
    with pytest.raises(subprocess.CalledProcessError):
        start.started(ROOT, start.SERVER | {"oauth2.backend": "none"}, str(tmp_path))
