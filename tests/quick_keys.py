"""Gives each test the RSA keys of the tests before it: a provider makes one, and then reads it.

Both took a tenth of a second. Within a test every key is another one, as if it were new.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from joserfc.jwk import RSAKey

_MEMBERS = ("n", "e", "d", "p", "q", "dp", "dq", "qi", "oth")
_USUAL_SIZE = 2048

binding: Any = RSAKey.binding
_make, _import = binding.generate_private_key, binding.import_private_key
_made: list[Any] = []
_imported: dict[tuple[Any, ...], Any] = {}
_next: Iterator[int] | None = None
_lock = threading.Lock()


def generated(size: int) -> Any:
    """The next key of the process; a new one where the test needs more than any before it.

    What a module makes while tests are collected, it has for itself.
    """
    if _next is None or size != _USUAL_SIZE:
        return _make(size)
    number = next(_next)
    # Several threads of a test may each want one.
    with _lock:
        while len(_made) <= number:
            _made.append(_make(size))
    return _made[number]


def imported(members: Mapping[str, Any]) -> Any:
    """The key of these members, examined once; what is no key is refused each time."""
    key = tuple(members.get(name) for name in _MEMBERS)
    if key not in _imported:
        _imported[key] = _import(members)
    return _imported[key]


def pytest_configure(config: pytest.Config) -> None:
    """Let joserfc have the keys."""
    patch = pytest.MonkeyPatch()
    patch.setattr(binding, "generate_private_key", generated)
    patch.setattr(binding, "import_private_key", imported)
    config.add_cleanup(patch.undo)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Begin with the first key again."""
    global _next
    _next = itertools.count()
