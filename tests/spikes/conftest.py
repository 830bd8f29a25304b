"""The applications of the functional tests, with a plug-in."""

from __future__ import annotations

from tests.functional.conftest import *  # noqa: F403
