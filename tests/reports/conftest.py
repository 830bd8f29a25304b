"""The applications of the functional tests."""

from __future__ import annotations

from tests.functional.conftest import *  # noqa: F403
