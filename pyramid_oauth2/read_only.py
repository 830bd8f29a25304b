"""A backend that is only read: ``oauth2.read_only``, while another store takes over."""

from __future__ import annotations

from typing import Any, NoReturn

from zope.interface import directlyProvides, implementer
from zope.interface.interface import InterfaceClass

from .interfaces import IBackend, IClientStore, IConsentStore, IGrantStore
from .protocol.records import StoreUnavailable

# Whatever a store does beside these is refused, so that what it may do one day
# is no hole.
READING = frozenset({"get", "find", "search", "list", "grants", "tokens", "export"})

REFUSAL = (
    "oauth2.read_only = true: tokens are checked, but nothing is written until the setting is gone."
)


@implementer(IBackend)
class ReadOnlyBackend:
    """Does what *backend* does, but for writing: a store that is asked to is unavailable.

    So each endpoint answers as it does when the store is down, with 503, and
    nothing is decided by halves: a code that is replayed is not refused, but
    may be replayed again where its grant can be ended.
    """

    def __init__(self, backend: IBackend) -> None:
        self._backend = backend
        self.clients = _read_only(backend.clients, IClientStore)
        self.grants = _read_only(backend.grants, IGrantStore)
        self.consents = _read_only(backend.consents, IConsentStore)

    def clients_of_request(self, request: Any) -> Any:
        """Return the client store: a request has written nothing of its own that it could read."""
        return self.clients

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)


def writable(backend: IBackend) -> IBackend:
    """Return the backend behind a read-only one, for ``poauth2 copy`` to fill."""
    return backend._backend if isinstance(backend, ReadOnlyBackend) else backend


class _ReadOnlyStore:
    def __init__(self, store: Any, interface: InterfaceClass) -> None:
        self._store = store
        vars(self).update(dict.fromkeys(set(interface.names()) - READING, _refuse))
        directlyProvides(self, interface)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def _read_only(store: Any, interface: InterfaceClass) -> Any:
    return None if store is None else _ReadOnlyStore(store, interface)


def _refuse(*args: Any, **kw: Any) -> NoReturn:
    raise StoreUnavailable(REFUSAL)
