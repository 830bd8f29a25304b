"""Programs in JavaScript, for clients and judges that are not of Python's world.

``make test`` installs their packages into ``tests/node/node_modules``, where npm is.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.programs import need

FOLDER = Path(__file__).parent


def run(script: str, argument: Any) -> Any:
    """What a script of this folder prints, in JSON, about its argument."""
    node = need("node")
    need("npm")
    if not (FOLDER / "node_modules").is_dir():
        missing = "the packages of tests/node are not installed: make test does it"
        if os.environ.get("TEST_DEMAND") == "all":
            pytest.fail(missing)
        pytest.skip(missing)
    done = subprocess.run(
        [node, FOLDER / script], input=json.dumps(argument), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
