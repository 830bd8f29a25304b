"""A backend that is only read: what it refuses, and what it does not change."""

from __future__ import annotations

import pytest
from zope.interface.verify import verifyObject

from pyramid_oauth2.backends.contract.factories import NOW, new_client, new_grant, new_token
from pyramid_oauth2.backends.memory import MemoryBackend
from pyramid_oauth2.interfaces import (
    IBackend,
    IClientStore,
    IConsentStore,
    IEntryStore,
    IGrantStore,
)
from pyramid_oauth2.protocol.records import StoreUnavailable
from pyramid_oauth2.read_only import ReadOnlyBackend, writable

WRITING = {
    IClientStore: {"add", "edit", "raise_epoch", "delete", "forget", "import_"},
    IGrantStore: {
        "open",
        "add",
        "redeem",
        "amend",
        "revoke_grant",
        "revoke_token",
        "revoke_subject",
        "reserve",
        "purge",
        "import_",
    },
    IConsentStore: {"put", "forget", "purge", "import_"},
    IEntryStore: {"put", "delete", "purge", "import_"},
}
ROLES = {
    IClientStore: "clients",
    IGrantStore: "grants",
    IConsentStore: "consents",
    IEntryStore: "entries",
}


class FullBackend(MemoryBackend):
    """A backend with everything that a backend may have."""

    def attempt_storage(self):
        return "storage"

    def clients_of_request(self, request):
        return self.clients


@pytest.mark.parametrize("interface", WRITING)
def test_each_method_either_reads_or_is_refused(interface):
    store = getattr(ReadOnlyBackend(MemoryBackend()), ROLES[interface])
    assert verifyObject(interface, store)
    refused = set()
    for name in interface.names():
        try:
            getattr(store, name)()
        except StoreUnavailable:
            refused.add(name)
        except (TypeError, ValueError):
            pass  # Called without its arguments.
    assert refused == WRITING[interface]


def test_what_is_read_is_what_is_there():
    backend = FullBackend()
    client, grant = new_client(), new_grant()
    token = new_token(grant=grant)
    backend.clients.add(client)
    backend.grants.open(grant, [token], NOW)
    reader = ReadOnlyBackend(backend)
    assert verifyObject(IBackend, reader)
    assert reader.clients.get(client.client_id) == client
    assert reader.grants.find(token.ref) == (token, grant)
    assert reader.check() == backend.check()
    assert reader.attempt_storage() == "storage"


def test_a_request_writes_no_client_either():
    clients = ReadOnlyBackend(FullBackend()).clients_of_request(None)
    with pytest.raises(StoreUnavailable, match=r"oauth2\.read_only = true"):
        clients.add(new_client())


def test_a_role_that_it_does_not_keep():
    class Partial(MemoryBackend):
        def __init__(self):
            super().__init__()
            self.consents = None

    assert ReadOnlyBackend(Partial()).consents is None


def test_a_backend_that_was_written_before_there_were_entries():
    class Earlier(MemoryBackend):
        def __init__(self):
            super().__init__()
            del self.entries

    assert ReadOnlyBackend(Earlier()).entries is None


def test_what_a_store_has_beside_its_operations():
    backend = MemoryBackend()
    backend.grants.expires_itself = True
    assert ReadOnlyBackend(backend).grants.expires_itself is True
    with pytest.raises(AttributeError, match="attempt_storage"):
        ReadOnlyBackend(backend).attempt_storage  # noqa: B018


def test_a_copy_fills_the_backend_behind_it():
    backend = MemoryBackend()
    assert writable(ReadOnlyBackend(backend)) is writable(backend) is backend
