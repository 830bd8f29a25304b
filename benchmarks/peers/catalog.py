"""What is measured: the add-on and its peers, each on the server that its documents name."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parent
ENVIRONMENT = FOLDER.parents[1] / ".venv-peers"
PORT = "PORT"
"""Stands in a command for the port."""

THREADS = 4
DJANGO, FLASK, OURS = (f"benchmarks.peers.{name}" for name in ("django_site", "flask_site", "ours"))
# The codes of oidc-provider come by pages of its own, and an introspection compares the least.
WORKLOADS = {"postgresql": ("W1", "W3", "W4", "W6", "W7"), "redis": ("W1", "W3", "W7")}


@dataclass(frozen=True)
class Peer:
    """An application on a server.

    :param prepare: a command that makes the store ready, and prints the client's secret.
    :param serve: a command that serves it; :data:`PORT` stands for the port.
    :param variables: more environment variables for both.
    """

    prepare: Sequence[str]
    serve: Sequence[str]
    variables: Mapping[str, str] = field(default_factory=dict)


def granian(application: str, workers: int = 1, threads: int = THREADS) -> list[str]:
    """Granian, which takes a factory here."""
    options = ["--interface", "wsgi", "--factory", "--http", "1", "--no-ws"]
    sizes = ["--workers", str(workers), "--blocking-threads", str(threads)]
    return ["-m", "granian", *options, *sizes, "--port", PORT, application]


def gunicorn(application: str, workers: int = 1, threads: int = THREADS) -> list[str]:
    """Gunicorn. With threads it keeps connections open, which its default worker does not."""
    sizes = [f"--workers={workers}", f"--threads={threads}", "--worker-class=gthread"]
    return ["-m", "gunicorn", *sizes, "--keep-alive=75", f"--bind=127.0.0.1:{PORT}", application]


def waitress(application: str, workers: int = 1, threads: int = THREADS) -> list[str]:
    """Waitress, which takes a factory here. It has one process."""
    options = ["--call", f"--threads={threads}", f"--listen=127.0.0.1:{PORT}"]
    return ["-m", "waitress", *options, application]


def ours(python: str, serve: Sequence[str], **variables: str) -> Peer:
    """The add-on."""
    return Peer([python, "-m", OURS], [python, *serve], variables)


def peers_of(store: str, environment: Path) -> dict[str, Peer]:
    """The add-on, and its peers on a store. Without Node there is none on Redis.

    :param environment: the folder that ``make bench PEERS=1`` installs the peers in.
    """
    python = str(environment / "bin" / "python")
    add_on = {"ours": ours(python, granian(f"{OURS}:make"))}
    if store == "postgresql":
        django, flask = f"{DJANGO}.wsgi", FLASK
        return {
            **add_on,
            "django-oauth-toolkit": Peer(
                [python, "-m", django], [python, *gunicorn(f"{django}:application")]
            ),
            "Authlib": Peer([python, "-m", flask], [python, *gunicorn(f"{flask}:app")]),
        }
    if not shutil.which("node"):
        return add_on
    # Node looks for packages beside a program.
    program = ["node", str(shutil.copy2(FOLDER / "oidc_site.js", environment))]
    node = Peer([*program, "--prepare"], program, {"NODE_ENV": "production"})
    return {**add_on, "oidc-provider": node}
