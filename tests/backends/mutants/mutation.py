"""How a fault is put into a backend, in this process and in every other that opens the store."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from pyramid_oauth2.backends.contract import Contract


class Mutated(Contract):
    """A contract whose backend has a fault."""

    @staticmethod
    def mutate(backend: Any) -> Any:
        """Put the fault into a backend; return it."""
        raise NotImplementedError

    def make_backend(self) -> Any:
        return self.mutate(super().make_backend())

    def open_elsewhere(self) -> Callable[[], Any] | None:
        opener = super().open_elsewhere()
        return opener and partial(_opened, opener, self.mutate)


class Wrapped:
    """A store with some methods of its own; all others are those of the store within."""

    role = "grants"

    def __init__(self, store: Any) -> None:
        self.store = store

    def __getattr__(self, name: str) -> Any:
        if name == "store":
            # While it is copied to another process.
            raise AttributeError(name)
        return getattr(self.store, name)

    @classmethod
    def into(cls, backend: Any) -> Any:
        """Replace the store of its role in a backend."""
        setattr(backend, cls.role, cls(getattr(backend, cls.role)))
        return backend


def _opened(opener: Callable[[], Any], mutate: Callable[[Any], Any]) -> Any:
    return mutate(opener())
