"""``python -m benchmarks.start``: print the CPU time of a process until its application is made."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TypeAlias

from pyramid_oauth2 import migrations

from .running import ROOT, revision
from .stores import STORES

Settings: TypeAlias = Mapping[str, str]

SERVER = {
    "oauth2.issuer": "http://localhost",
    "oauth2.scopes": "read = Read your data",
}
RESOURCE_SERVER = SERVER | {
    "oauth2.mode": "resource_server",
    "oauth2.base_url": "http://localhost:6544",
    "oauth2.introspection.url": "http://localhost/oauth2/introspect",
    "oauth2.introspection.client_id": "api",
    "oauth2.introspection.client_secret": "secret",
}
CONFIGURATIONS = (*STORES, "resource_server")
FLOOR, OURS = "floor", "this"


@contextmanager
def settings_of(configuration: str) -> Iterator[Settings]:
    """The settings of an application, whose store is ready."""
    if configuration == "resource_server":
        yield RESOURCE_SERVER
        return
    with (
        TemporaryDirectory(prefix="bench-") as folder,
        STORES[configuration](Path(folder)) as new_store,
    ):
        url = new_store()
        backend = "redis" if configuration == "redis" else "sqlalchemy"
        if backend == "sqlalchemy":
            migrations.upgrade(url)
        chosen = {"oauth2.backend": backend, f"oauth2.{backend}.url": url}
        yield SERVER | chosen | {"oauth2.login_route": "login"}


def started(tree: Path | None, settings: Settings, bytecode: str) -> float:
    """The CPU time of a process until its application is made, in nanoseconds.

    :param tree: the checkout that has the add-on; None for a bare application of Pyramid.
    :param bytecode: the folder where the process finds compiled modules, or writes them.
    """
    # -P: the working directory has a package of the same name as the other revision.
    command = [sys.executable, "-P", "-m", "benchmarks.started"]
    words = [*(["--floor"] if tree is None else []), json.dumps(settings)]
    environ = os.environ | {
        "PYTHONPATH": f"{tree or ROOT}{os.pathsep}{ROOT}",
        # As in an installed application, also if the measurement runs without compiled modules.
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": bytecode,
    }
    process = subprocess.run([*command, *words], env=environ, check=True, stdout=subprocess.PIPE)
    return float(process.stdout)


def medians(
    trees: Mapping[str, Path], settings: Settings, times: int, bytecode: str
) -> dict[str, float]:
    """The CPU time of a start in nanoseconds, of a bare application and of each tree.

    :param bytecode: as :func:`started` takes it.
    """
    subjects: dict[str, Path | None] = {FLOOR: None, **trees}
    found: dict[str, list[float]] = {name: [] for name in subjects}
    for subject in subjects.values():
        started(subject, settings, bytecode)  # Compiles the modules.
    for _ in range(times):
        for name, subject in subjects.items():
            found[name].append(started(subject, settings, bytecode))
    return {name: median(values) for name, values in found.items()}


def main(words: Sequence[str] | None = None) -> None:
    """Measure, and print a table."""
    arguments = _parser().parse_args(words)
    with ExitStack() as stack:
        tree = stack.enter_context(
            revision(arguments.against) if arguments.against else nullcontext()
        )
        bytecode = stack.enter_context(TemporaryDirectory(prefix="bench-"))
        trees = {OURS: ROOT} | ({arguments.against: tree} if tree else {})
        base = arguments.against or FLOOR
        names = (FLOOR, *trees, f"{OURS}/{base}")
        print("CPU ms of a start".ljust(18) + "".join(f"{name[:12]:>14}" for name in names))
        for configuration in arguments.configuration or CONFIGURATIONS:
            settings = stack.enter_context(settings_of(configuration))
            found = medians(trees, settings, arguments.times, bytecode)
            row = [f"{nanoseconds / 1e6:>14.0f}" for nanoseconds in found.values()]
            print(f"{configuration:<18}{''.join(row)}{found[OURS] / found[base]:>14.3f}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks.start", description=__doc__)
    parser.add_argument("--against", metavar="REVISION", help="measure this commit in turn")
    parser.add_argument(
        "--configuration", action="append", choices=CONFIGURATIONS, help="default: all"
    )
    parser.add_argument("--times", type=int, default=15, help="starts of each (15)")
    return parser


if __name__ == "__main__":
    main()
