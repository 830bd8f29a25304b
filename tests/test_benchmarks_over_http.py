"""``make bench PEERS=1``: the add-on over HTTP, on the server that the tests have."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from benchmarks.peers import catalog
from benchmarks.peers.over_http import headers_of
from benchmarks.peers.serving import cpu_of, serving
from benchmarks.running import ROOT
from benchmarks.site import environ

PEERS = ROOT / "benchmarks" / "peers"


@pytest.mark.parametrize("server", [catalog.waitress, catalog.gunicorn])
def test_a_request_over_http_costs_its_server_cpu_time(server, tmp_path):
    application = f"{catalog.OURS}:make" + ("()" if server is catalog.gunicorn else "")
    peer = catalog.ours(sys.executable, server(application))
    url = f"sqlite:///{tmp_path}/bench.sqlite"
    with serving(peer, "sqlite", url, tmp_path / "log", connections=2) as served:
        costs = [served.measure(name, 3) for name in catalog.WORKLOADS["postgresql"]]
    assert all(cost.cpu > 0 and cost.rate > 0 and len(cost.latencies) == 3 for cost in costs)


def test_a_server_that_does_not_serve_is_an_error(tmp_path):
    broken = catalog.Peer(["echo", "secret"], [sys.executable, "-c", "raise SystemExit('broken')"])
    with pytest.raises(RuntimeError, match="broken"), serving(broken, "", "", tmp_path / "log"):
        pass


def test_the_cpu_time_is_that_of_all_processes():
    # A process that waits for its child, which works for a fifth of a second.
    work = "import time\nwhile time.process_time() < 0.2: pass\ninput()"
    script = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {work!r}])"
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE) as process:
        while cpu_of(process.pid) < 0.2:
            assert process.poll() is None
        process.communicate(b"\n")


def test_the_headers_of_a_request():
    request = environ("POST", "/", b"a=b", HTTP_AUTHORIZATION="Basic x", REMOTE_USER="alice")
    assert headers_of(request) == {
        "Authorization": "Basic x",
        "User-Agent": "python-requests/2.32",
        "Accept": "*/*",
        "Content-Type": "application/x-www-form-urlencoded",
        "Remote-User": "alice",
    }


def test_peers_are_installed_by_exact_version():
    lines = (PEERS / "requirements.txt").read_text().splitlines()
    named = [line for line in lines if not line.startswith("#")]
    assert all(re.fullmatch(r"[\w\[\]-]+==[\d.]+", line) for line in named)
    packages = json.loads((PEERS / "package.json").read_text())["dependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in packages.values())
