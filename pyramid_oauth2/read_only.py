"""A backend that is only read: ``oauth2.read_only``, used while moving to another store."""

from __future__ import annotations

from typing import Any, NoReturn

from zope.interface import directlyProvides, implementer
from zope.interface.interface import InterfaceClass

from .interfaces import IBackend, IClientStore, IConsentStore, IEntryStore, IGrantStore
from .interfaces.request import PyramidRequest
from .protocol.store_errors import WritesRefused

# An allow-list: any other method of a store is refused, so that a method that is
# added later cannot write by mistake.
READING = frozenset({"get", "was_deleted", "find", "search", "list", "grants", "tokens", "export"})

REFUSAL = (
    "oauth2.read_only = true: tokens are checked, but nothing is written until the setting is gone."
)


@implementer(IBackend)
class ReadOnlyBackend:
    """Reads from *backend*; a method that writes raises ``StoreUnavailable``.

    So each endpoint responds as it does when the store is down, with 503, and
    no decision is carried out in part: a replayed code is not refused with an
    error, but may be replayed again once its grant can be revoked.
    """

    def __init__(self, backend: IBackend) -> None:
        self._backend = backend
        self.clients = _read_only(backend.clients, IClientStore)
        self.grants = _read_only(backend.grants, IGrantStore)
        self.consents = _read_only(backend.consents, IConsentStore)
        self.entries = _read_only(getattr(backend, "entries", None), IEntryStore)

    def clients_of_request(self, request: PyramidRequest) -> Any:
        """Return the shared client store: in read-only mode a request has no writes of its own."""
        return self.clients

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)


def writable(backend: IBackend) -> IBackend:
    """Return the backend behind a read-only one, so that ``poauth2 copy`` can fill it."""
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
    raise WritesRefused(REFUSAL)
