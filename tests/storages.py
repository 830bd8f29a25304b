"""On which storages a test of the whole server is run.

The contract proves that the stores are alike, so a test that serves the application runs on those
that can matter to it. With TEST_ROUNDS=1, as CI has it, it is run on the others as well.
"""

from __future__ import annotations

from typing import Any

import pytest

from pyramid_oauth2.backends.contract.racing import thorough

ELSEWHERE = pytest.mark.skipif(
    not thorough(), reason="the same on another storage: set TEST_ROUNDS=1 to run this as well"
)


def mostly(*storages: str, also: tuple[str, ...]) -> list[Any]:
    """The parameters of a test for *storages*, and in a thorough run for others *also*."""
    return [*storages, *(pytest.param(name, marks=ELSEWHERE) for name in also)]
