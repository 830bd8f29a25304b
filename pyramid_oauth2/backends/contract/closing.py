"""A backend that is closed: the start does that before the first request."""

from __future__ import annotations

from collections.abc import Iterator

from .factories import every
from .harness import Contract

ROLES = ("grants", "clients", "consents", "entries")


class Closing(Contract):
    """``close`` ends the connections, and not the use of the backend."""

    def test_closed_backend_is_used_again(self) -> None:
        """Before it has connected, and after that."""
        for _ in range(2):
            self.backend.close()
            assert list(self._everything()) == []

    def _everything(self) -> Iterator[object]:
        for role in ROLES:
            store = getattr(self.backend, role, None)
            if store is not None:
                yield from every(store.export)
