"""The contract detects each fault in ``mutants``, on the store that can have it."""

from __future__ import annotations

import os
from collections import Counter
from importlib import import_module
from pathlib import Path

import pytest

from .hunt import hunt

FILES = sorted(Path(__file__).with_name("mutants").glob("of_*.py"))
ROUNDS = int(os.environ.get("MUTANT_ROUNDS", "1"))


def faults(file: Path) -> list[str]:
    """The names of the broken backends in a file."""
    module = import_module(f"{__package__}.mutants.{file.stem}")
    return [name for name in vars(module) if name.startswith("Test")]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_fault_is_caught(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In every round: a fault that is caught by luck would be missed in one of ten.

    With the rounds of races that a run has by default, also where this one has more.
    """
    monkeypatch.delenv("TEST_ROUNDS", raising=False)
    caught = Counter(name for _ in range(ROUNDS) for name in hunt([str(file)]))
    assert {name: caught[name] for name in faults(file)} == dict.fromkeys(faults(file), ROUNDS)
