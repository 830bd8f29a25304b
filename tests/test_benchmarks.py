"""``make bench``: every workload runs on the floor and on the add-on, and with another commit."""

from __future__ import annotations

import re
import subprocess
from contextlib import closing

import pytest
from redis import Redis

from benchmarks import addon, floor, start
from benchmarks.__main__ import main
from benchmarks.messages import postgresql_statements, redis_commands
from benchmarks.running import ROOT, WARMING
from benchmarks.traffic import Traffic, meter_of
from benchmarks.worker import counted, measured
from benchmarks.workloads import opaque
from tests import programs
from tests.benchmark_workers import uncollected, workers_here  # noqa: F401
from tests.servers import postgresql_server, redis_url  # noqa: F401

QUICK = ["--store", "sqlite", "--workload", "W1", "--batches=1", "--size=2", "--counted=2"]
FEATURE = "tests.spikes.pushed_requests_measured"

pytestmark = pytest.mark.usefixtures("uncollected")


@pytest.fixture(params=["sqlite", "postgresql", "redis"])
def store(request, tmp_path):
    """The name of a store, and the URL of an empty one."""
    match request.param:
        case "sqlite":
            return request.param, f"sqlite:///{tmp_path}/bench.sqlite"
        case "postgresql":
            return request.param, request.getfixturevalue("postgresql_server").new_database()
    url = request.getfixturevalue("redis_url")
    with Redis.from_url(url) as client:
        client.flushdb()
    return request.param, url


@pytest.fixture
def metered(store):
    """The name of a store, and the meter before an empty one."""
    name, url = store
    with closing(meter_of(name, url)) as meter:
        yield name, meter


@pytest.mark.parametrize("application", [addon, floor])
def test_every_workload_is_answered(application, store):
    site = application.make_site(*store)
    times = {name: measured(site, name, 2) for name in opaque()}
    assert set(times) == {f"W{number}" for number in range(8)}
    assert all(times.values())
    site.close()


def test_an_error_is_not_measured(tmp_path):
    site = floor.make_site("sqlite", f"sqlite:///{tmp_path}/bench.sqlite")
    request = site.form("/oauth2/token", grant_type="refresh_token", refresh_token="none")
    with pytest.raises(AssertionError, match="status=400"):
        site.ask(request)
    site.close()


# Of the floor, whose statements are in this repository: BEGIN, INSERT and COMMIT on SQLite,
# and a SELECT before that for a refresh, which is a statement for each of its tokens.
SENT = {
    "sqlite": {"W0": (0, 0), "W1": (3, 0), "W3": (6, 0), "W5": (1, 0), "W7": (2, 0)},
    "postgresql": {"W0": (0, 0), "W1": (1, 1), "W3": (2, 2), "W5": (1, 1), "W7": (2, 2)},
    # A refresh is GET, DEL, and MULTI, SET, SET, EXEC in one round trip.
    "redis": {"W0": (0, 0), "W1": (1, 1), "W3": (6, 3), "W5": (1, 1), "W7": (2, 2)},
}


def warm(site, meter, workload):
    """What a request sends once its connection is open, and its statements are prepared."""
    counted(site, meter, workload, WARMING)
    return counted(site, meter, workload, 4)


def test_what_is_sent_to_a_store_is_counted(metered):
    name, meter = metered
    site = floor.make_site(name, meter.url)
    sent = {workload: warm(site, meter, workload) for workload in SENT[name]}
    assert {workload: each[:2] for workload, each in sent.items()} == SENT[name]
    assert all(bool(each.bytes) == (each.round_trips > 0) for each in sent.values())
    site.close()


def test_a_view_with_a_token_reads_the_store_once(metered):
    name, meter = metered
    site = addon.make_site(name, meter.url)
    assert warm(site, meter, "W5")[:2] == (1, name != "sqlite")
    site.close()


def test_traffic_is_that_of_a_request():
    assert Traffic(9, 5, 100).since(Traffic(1, 1, 20), 4) == (2, 1, 20)


def message(kind: bytes, text: bytes = b"") -> bytes:
    return kind + (4 + len(text)).to_bytes(4, "big") + text


def test_messages_of_postgresql():
    started = message(b"", b"\0\3\0\0user\0me\0\0")
    buffer = bytearray(started + message(b"Q", b"SELECT 1\0") + message(b"P") + message(b"E")[:3])
    assert postgresql_statements(buffer) == 1
    buffer += message(b"E")[3:] + message(b"S")
    assert postgresql_statements(buffer) == 1
    assert not buffer


def test_messages_of_redis():
    get, text = b"*2\r\n$3\r\nGET\r\n$4\r\n\r\n*1\r\n", b"*1\r\n$4\r\nPING\r\n"
    whole = get + text + get
    for cut in range(len(whole)):
        buffer = bytearray(whole[:cut])
        number = redis_commands(buffer)
        assert number == (cut >= len(get)) + (cut >= len(get + text))
        buffer += whole[cut:]
        assert number + redis_commands(buffer) == 3
        assert not buffer


def test_two_commits_are_measured_in_turn(capsys):
    programs.need("git")
    if not (ROOT / ".git").exists():
        pytest.skip("there is no history here")
    main(["--against", "HEAD", *QUICK])
    heading, row, _, sent, traffic = capsys.readouterr().out.strip().split("\n")
    assert heading.split()[-4:] == ["floor", "this", "HEAD", "this/HEAD"]
    assert re.fullmatch(r"W1 client credentials +(\d+ +){3}\d\.\d+", row)
    assert sent.split()[-6:] == ["floor", "stmts", "this", "stmts", "HEAD", "stmts"]
    assert re.fullmatch(r"W1 client credentials +3( +\d+(\.\d)?){2}", traffic)


@pytest.mark.usefixtures("workers_here")
def test_a_feature_has_workloads_of_its_own_and_is_compared_on_the_others(capsys):
    main([*QUICK, "--feature", FEATURE, "--workload", "P1", "--markdown"])
    heading, line, opaque_row, row, *_ = capsys.readouterr().out.strip().split("\n")
    assert heading == "| sqlite: CPU us a call | floor | this | feature | feature/this |"
    assert line == "| --- | ---: | ---: | ---: | ---: |"
    assert re.fullmatch(r"\| W1 client credentials( \| \d+){3} \| \d\.\d+ \|", opaque_row)
    assert re.fullmatch(r"\| P1 pushed request \| - \| - \| \d+ \| \d\.\d+ W1 \|", row)


@pytest.mark.usefixtures("workers_here")
def test_signed_tokens_are_measured_beside_opaque_ones(capsys):
    workloads = [f"J{number}" for number in range(1, 7)]
    words = [word for name in ["W5", *workloads] for word in ("--workload", name)]
    main([*QUICK, "--feature", "benchmarks.features.signed_tokens", *words])
    times = capsys.readouterr().out.split("\n\n")[0].strip().split("\n")[1:]
    assert [(row[:2], row[-2:]) for row in times] == [
        ("W1", times[0][-2:]),
        ("W5", times[1][-2:]),
        *((name, "W1" if name in ("J1", "J2") else "W5") for name in workloads),
    ]


@pytest.mark.usefixtures("workers_here")
def test_openid_connect_is_measured_beside_what_is_none(capsys):
    words = [word for name in ("W4", "W5", "O1", "O2", "O3") for word in ("--workload", name)]
    main([*QUICK, "--feature", "benchmarks.features.openid_connect", *words])
    times = capsys.readouterr().out.split("\n\n")[0].strip().split("\n")[1:]
    beside = {row[:2]: row[-2:] for row in times if row.startswith("O")}
    assert beside == {"O1": "W4", "O2": "W4", "O3": "W5"}


@pytest.mark.usefixtures("workers_here")
def test_a_token_for_one_api_is_measured_beside_one_for_all(capsys):
    words = [word for name in ("W1", "W3", "W5", "R1", "R2", "R3") for word in ("--workload", name)]
    main([*QUICK, "--feature", "benchmarks.features.resources", *words])
    times = capsys.readouterr().out.split("\n\n")[0].strip().split("\n")[1:]
    beside = {row[:2]: row[-2:] for row in times if row.startswith("R")}
    assert beside == {"R1": "W1", "R2": "W3", "R3": "W5"}


@pytest.mark.usefixtures("workers_here")
def test_a_client_with_a_document_is_measured_beside_one_with_a_secret(capsys):
    words = [word for name in ("W3", "W4", "D1", "D2") for word in ("--workload", name)]
    main([*QUICK, "--feature", "benchmarks.features.documents", *words])
    times = capsys.readouterr().out.split("\n\n")[0].strip().split("\n")[1:]
    beside = {row[:2]: row[-2:] for row in times if row.startswith("D")}
    assert beside == {"D1": "W4", "D2": "W3"}


@pytest.mark.usefixtures("workers_here")
def test_a_client_that_signs_is_measured_beside_one_with_a_secret(capsys):
    words = [word for name in ("W1", "P1", "P2") for word in ("--workload", name)]
    main([*QUICK, "--feature", "benchmarks.features.private_key_jwt", *words])
    times = capsys.readouterr().out.split("\n\n")[0].strip().split("\n")[1:]
    beside = {row[:2]: row[-2:] for row in times if row.startswith("P")}
    assert beside == {"P1": "W1", "P2": "W1"}


def test_a_start_is_measured_beside_a_bare_application(capsys):
    start.main(["--configuration", "sqlite", "--configuration", "resource_server", "--times", "1"])
    heading, *rows = capsys.readouterr().out.strip().split("\n")
    assert heading.split()[-3:] == ["floor", "this", "this/floor"]
    assert [row.split()[0] for row in rows] == ["sqlite", "resource_server"]
    for row in rows:
        bare, ours, ratio = map(float, row.split()[1:])
        assert 0 < bare < ours
        assert ratio > 1


def test_a_start_that_fails_is_not_measured():
    with pytest.raises(subprocess.CalledProcessError):
        start.started(ROOT, start.SERVER | {"oauth2.backend": "none"}, bytecode="")
