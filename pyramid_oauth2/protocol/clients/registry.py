"""Registering and changing clients, on pages, by command and in code, by one set of rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...interfaces.storage import IClientStore
from ..events import ClientChanged, Emit, emit_nothing
from ..records import Client, ClientSecret, Page
from ..server import Server
from ..token_strings import new_client_id, new_client_secret
from .announced_keys import announce_keys
from .document import document_problems
from .fixed_fields import with_fixed
from .outcomes import ClientChangedMeanwhile as ClientChangedMeanwhile
from .outcomes import Registered as Registered
from .outcomes import UnknownClient as UnknownClient
from .rules import (
    DERIVED,
    InvalidClientMetadata,
    check_change,
    client_of,
    record_fields,
    secretless,
    to_register,
)
from .secrets import UnusableSecret, ending, keep_secret, newest_secret, verify_secret
from .source import approved, is_unchecked
from .unreadable import UNREADABLE, UnreadableClient
from .writes import Writes

MAX_OVERLAP = 90 * 86400  # seconds: two valid secrets are for a change-over, not permanent


class ClientRegistry:
    """The clients of a server.

    :param store: where they are stored: the server's store, or the one of a
        request's own transaction.
    :param emit: receives an event for every change.
    """

    def __init__(self, server: Server, store: IClientStore, emit: Emit = emit_nothing) -> None:
        self._server, self._emit = server, emit
        self._store, self._writes = store, Writes(server, store)

    def get(self, client_id: str) -> Client:
        """The client, also a disabled one.

        :raises UnknownClient: there is none.
        """
        client = self._store.get(client_id)
        if client is None:
            raise UnknownClient(client_id)
        return client

    def search(
        self,
        owner: str | None = None,
        prefix: str | None = None,
        sort: str = "client_name",
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Client]:
        """List clients in order; see :meth:`~pyramid_oauth2.interfaces.IClientStore.search`.

        :raises ValueError: there is no such order, *limit* is less than 1, or *cursor* is none.
        """
        return self._store.search(owner, prefix, sort, cursor, limit)

    def add(
        self, client: Client | None = None, secret: str | None = None, /, **metadata: Any
    ) -> Registered:
        """Register a client.

        ::

            registered = request.oauth2.clients.add(
                client_name="Nightly",
                grant_types=("client_credentials",),
                scope=frozenset({"read"}),
            )

        :param client: its record; or pass the fields as *metadata*, in which case
            the server generates a missing ``client_id``.
        :param secret: the secret of a client that authenticates by one; by default the
            server generates it.
        :raises TypeError: both a record and fields were given.
        :raises InvalidClientMetadata: a rule is broken.
        :raises DuplicateRecord: the client_id is or was in use.
        """
        if client is None:
            metadata = record_fields(self._server, metadata, {})
            client = client_of({"client_id": new_client_id(self._server.random), **metadata})
        elif metadata:
            beside = ", ".join(metadata)
            raise TypeError(f"give the client as a record or by its fields, not both: {beside}")
        client = to_register(self._server, client)
        now = self._server.clock()
        stored = None
        if self._server.has_secret(client):
            stored, secret = self._secret(secret, now)
        elif secret is not None:
            raise _without_secret(client)
        client = replace(
            client, client_secrets=(stored,) if stored else (), created_at=now, updated_at=now
        )
        self._writes.add(client)
        announce_keys(self._server, None, client)
        self._emit_change(client.client_id, "registered")
        return Registered(client, secret)

    def restore(self, client: Client) -> bool:
        """Register a client with the secrets and times that it had elsewhere.

        :return: False if its client_id is or was in use; nothing is changed then.
        :raises InvalidClientMetadata: a rule is broken.
        """
        client = to_register(self._server, client)
        if not client.created_at:
            now = self._server.clock()
            client = replace(client, created_at=now, updated_at=now)
        if not self._writes.restore(client):
            return False
        announce_keys(self._server, None, client)
        self._emit_change(client.client_id, "registered")
        return True

    def edit(self, client_id: str, version: int | None = None, /, **changes: Any) -> Client:
        """Change a client's metadata.

        :param version: the version that the change is based on, if the client was read before.
        :param changes: fields of :class:`~.records.Client`, or added ones, and their new values.
        :return: the client as it is now.
        :raises UnknownClient: there is none.
        :raises InvalidClientMetadata: a rule is broken, or a field cannot be changed.
        :raises ClientChangedMeanwhile: the client has another version.
        """
        client = self._get(client_id, version)
        changed_here = with_fixed(self._server.client_fields, client, changes)
        changes = record_fields(self._server, changed_here, client.extra)
        changed = check_change(self._server, client, changes)
        if changed == client:
            return client
        written = {name: getattr(changed, name) for name in (*changes, *DERIVED)}
        return self._write(client, written, "edited")

    def rotate_secret(
        self,
        client_id: str,
        overlap: int = 0,
        secret: str | None = None,
        version: int | None = None,
    ) -> Registered:
        """Give a confidential client a new secret. Its tokens stay valid.

        A *secret* that already is its only one changes nothing. At most two are
        valid at once: an older one that an earlier rotation left valid ends now.

        :param overlap: for how many seconds the previous secret stays valid, so
            that every instance of the client can be changed over.
        :param version: the version that the rotation is based on, if the client was
            read before: a rotation requested twice would end the secret in use.
        :raises UnknownClient: there is none.
        :raises InvalidClientMetadata: it has no secret, or *secret* cannot be used.
        :raises ClientChangedMeanwhile: the client has another version.
        """
        client, now = self._get(client_id, version), self._server.clock()
        if not self._server.has_secret(client):
            raise _without_secret(client)
        if not 0 <= overlap <= MAX_OVERLAP:
            problem = f"choose 0 to {MAX_OVERLAP} seconds for the old secret to end"
            raise InvalidClientMetadata({"overlap": problem})
        only = len(client.client_secrets) == 1
        if only and secret is not None and verify_secret(secret, client.client_secrets, now):
            return Registered(client, secret)
        stored, secret = self._secret(secret, now)
        # As a whole number: timedelta.total_seconds() is a float.
        secrets = (stored, *ending(client.client_secrets, now, now + int(overlap)))
        return Registered(
            self._write(client, {"client_secrets": secrets}, "secret rotated"), secret
        )

    def end_earlier_secret(self, client_id: str, version: int | None = None) -> Client:
        """End the previous secret that a rotation left valid: only the newest stays valid.

        :raises UnknownClient: there is none.
        :raises InvalidClientMetadata: it has no secret.
        :raises ClientChangedMeanwhile: the client has another version.
        """
        client = self._get(client_id, version)
        if not self._server.has_secret(client):
            raise _without_secret(client)
        newest = newest_secret(client.client_secrets, self._server.clock())
        if client.client_secrets == newest:
            return client
        return self._write(client, {"client_secrets": newest}, "earlier secret ended")

    def disable(self, client_id: str) -> None:
        """Disable a client: it can request nothing, and what it was given is revoked for good.

        Other processes follow within ``oauth2.client_cache`` seconds. It takes no
        version and always wins over concurrent changes: a client that has to be
        disabled must not stay enabled because another operator edits it.

        :raises UnknownClient: there is none.
        """
        now = self._server.clock()
        if not self._writes.raise_epoch(client_id, now, disabled_at=now):
            raise UnknownClient(client_id)
        self._emit_change(client_id, "disabled")

    def enable(self, client_id: str, version: int | None = None) -> Client:
        """Enable a disabled client again. What was revoked stays revoked.

        :param version: the version that was inspected: the client may have been
            enabled since, and disabled again for another reason.
        :raises UnknownClient: there is none.
        :raises InvalidClientMetadata: its record cannot be read.
        :raises ClientChangedMeanwhile: the client has another version.
        """
        client = self._get(client_id, version)
        if client.disabled_at is None:
            return client
        return self._write(client, {"disabled_at": None}, "enabled")

    def approve(self, client_id: str, version: int | None = None) -> Client:
        """Say that an operator has checked a client that another party brought here.

        :param version: the version that was inspected.
        :raises UnknownClient: there is none.
        :raises InvalidClientMetadata: its record cannot be read.
        :raises ClientChangedMeanwhile: the client has another version.
        """
        client = self._get(client_id, version)
        if not is_unchecked(client):
            return client
        return self._write(client, {"extra": approved(client).extra}, "approved")

    def withdraw(self, client_id: str) -> None:
        """Revoke everything that a client was ever given; it may request new tokens.

        It takes no version and always wins, as :meth:`disable` does.

        :raises UnknownClient: there is none.
        """
        if not self._writes.raise_epoch(client_id, self._server.clock()):
            raise UnknownClient(client_id)
        self._emit_change(client_id, "rights withdrawn")

    def delete(self, client_id: str, version: int | None = None) -> None:
        """Remove a client and all that it was given. Its client_id is never used again.

        :param version: the version that was inspected. The check and the deletion
            are not one step: a change made in between is lost with the client.
        :raises UnknownClient: there is none.
        :raises ClientChangedMeanwhile: the client has another version.
        """
        if version is not None and self.get(client_id).version != version:
            raise ClientChangedMeanwhile(client_id)
        if not self._writes.delete(client_id, self._server.clock()):
            raise UnknownClient(client_id)
        self._emit_change(client_id, "deleted")

    def _get(self, client_id: str, version: int | None) -> Client:
        client = self.get(client_id)
        if isinstance(client, UnreadableClient):
            raise InvalidClientMetadata({"client_id": UNREADABLE})
        if version is not None and client.version != version:
            raise ClientChangedMeanwhile(client_id)
        return client

    def _secret(self, secret: str | None, now: int) -> tuple[ClientSecret, str]:
        secret = new_client_secret(self._server.random) if secret is None else secret
        try:
            return keep_secret(secret, now), secret
        except UnusableSecret as error:
            raise InvalidClientMetadata({"client_secret": str(error)}) from None

    def _write(self, client: Client, changes: Mapping[str, Any], change: str) -> Client:
        now = self._server.clock()
        written = {**changes, "updated_at": now}
        # What cannot be read again would end the client for good.
        if problems := dict(document_problems(replace(client, **written))):
            raise InvalidClientMetadata(problems)
        changed = self._writes.edit(client, written)
        if changed is None:
            raise ClientChangedMeanwhile(client.client_id)
        announce_keys(self._server, client, changed)
        self._emit_change(client.client_id, change)
        return changed

    def _emit_change(self, client_id: str, change: str) -> None:
        self._emit(ClientChanged(client_id=client_id, change=change))


def _without_secret(client: Client) -> InvalidClientMetadata:
    return InvalidClientMetadata({"client_secret": secretless(client)})
