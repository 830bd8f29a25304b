"""Programs that no Python package provides, and the Debian packages that do.

A test that needs a missing program is skipped, and the last lines of the run say so;
under ``TEST_DEMAND=all`` it fails. ``python3 tests/programs.py`` prints the packages
that are missing, for ``apt-get install``.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

PACKAGES = {
    "apache2": "apache2-bin",
    "bash": "bash",
    "chromium-headless-shell": "chromium-headless-shell",
    "curl": "curl",
    "git": "git",
    "mariadbd": "mariadb-server-core",
    "mod_auth_openidc.so": "libapache2-mod-auth-openidc",
    "nginx": "nginx-light",
    "node": "nodejs",
    "npm": "npm",
    "pgbouncer": "pgbouncer",
}
# Servers are in folders that are not in the path of an ordinary user.
SYSTEM = ("/usr/sbin", "/usr/local/sbin")
# Apache loads its modules; they are not run.
MODULES = Path("/usr/lib/apache2/modules")


def find(name: str) -> Path | None:
    """The path of a program of :data:`PACKAGES`, or None."""
    if name.endswith(".so"):
        module = MODULES / name
        return module if module.exists() else None
    path = os.environ.get("PATH", "")
    # A custom path without the folders of the system is used as it is.
    if "/usr/bin" in path.split(os.pathsep):
        path = os.pathsep.join((path, *SYSTEM))
    found = shutil.which(name, path=path)
    return Path(found) if found else None


def need(name: str, instead: str = "") -> Path:
    """The path of the program; if it is missing, the test is skipped, or fails if demanded.

    :param instead: an alternative, for the message.
    """
    import pytest  # Not at the top: .ci/run asks for the packages before anything is installed.

    if found := find(name):
        return found
    missing = f"{name} is not installed: apt-get install {PACKAGES[name]}{instead}"
    if os.environ.get("TEST_DEMAND") == "all":
        pytest.fail(missing)
    pytest.skip(missing)


def need_all_of(script: str) -> None:
    """The same for every program of :data:`PACKAGES` that a shell script names."""
    for name in PACKAGES:
        if re.search(rf"\b{name}\b", script):
            need(name)


if __name__ == "__main__":
    print(*(package for name, package in PACKAGES.items() if find(name) is None))
