"""Faults that any store can have: two steps in place of one, and what only one process knows."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

from pyramid_oauth2.protocol.records import Outcome, Page

from .mutation import Wrapped


class RedeemsThenAdds(Wrapped):
    """What is redeemed is spent in one step, and its products are added in another."""

    def redeem(self, token: Any, now: int, attempt: str, produce: Any, **more: Any) -> Any:
        found = self.store.redeem(token, now, attempt, [], **more)
        if found.outcome is Outcome.WON and produce and token.grant_id:
            self.store.add(token.grant_id, produce, now)
        return found


class RetiresAfterwards(Wrapped):
    """The tokens that a redemption retires are revoked in a second step."""

    def redeem(self, *arguments: Any, retire: Any = (), **more: Any) -> Any:
        found = self.store.redeem(*arguments, **more)
        if found.outcome is Outcome.WON:
            for ref in retire:
                self.store.revoke_token(ref, arguments[1])
        return found


class OpensThenAdds(Wrapped):
    """A grant is opened without its tokens, which are added in another step."""

    def open(self, grant: Any, tokens: Any, now: int) -> Any:
        if grant is None:
            return self.store.open(grant, tokens, now)
        return self.store.open(grant, [], now) and self.store.add(grant.id, tokens, now)


class FindsFromMemory(Wrapped):
    """A process remembers what it has found until it changes that itself."""

    def __init__(self, store: Any) -> None:
        super().__init__(store)
        self.found: dict[Any, Any] = {}

    def find(self, ref: Any) -> Any:
        if ref not in self.found:
            self.found[ref] = self.store.find(ref)
        return self.found[ref]

    def __getattr__(self, name: str) -> Any:
        if name in ("redeem", "amend", "revoke_token", "revoke_grant", "revoke_subject", "add"):
            self.found.clear()
        return super().__getattr__(name)


class ReservesInMemory(Wrapped):
    """A process knows its own reservations only."""

    def __init__(self, store: Any) -> None:
        super().__init__(store)
        self.reserved: dict[Any, int] = {}
        self.lock = threading.Lock()

    def reserve(self, namespace: str, digest: bytes, expires_at: int, now: int) -> bool:
        with self.lock:
            taken = self.reserved.get((namespace, digest), 0) > now
            if not taken:
                self.reserved[namespace, digest] = expires_at
            return not taken


class AmendsTheLatest(Wrapped):
    """The version is compared, and then the token is changed at the version that it has."""

    def amend(self, ref: Any, version: int, changes: Any) -> bool:
        found = self.store.find(ref)
        if found is None or found[0].version != version:
            return False
        latest = self.store.find(ref)
        return latest is not None and self.store.amend(ref, latest[0].version, changes)


class RevokesLater(Wrapped):
    """A revocation returns before it is done."""

    def revoke_grant(self, *arguments: Any) -> bool:
        threading.Timer(0.2, self.store.revoke_grant, arguments).start()
        return True


class ReadsOnePageOfTheUser(Wrapped):
    """A user's grants for one client are looked for in a page of all grants of the user."""

    def grants(
        self,
        subject: str | None = None,
        client_id: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Any]:
        page: Page[Any] = self.store.grants(subject, client_id, cursor, limit)
        if subject is None or client_id is None:
            return page
        page = self.store.grants(subject, None, cursor, limit)
        items = tuple(grant for grant in page.items if grant.client_id == client_id)
        return Page(items, page.cursor if len(items) == limit else None)


class RevokesOnePageOfTheUser(Wrapped):
    """A user's grants for one client are revoked if they are among the user's first."""

    def revoke_subject(
        self, subject: str, now: int, reason: str, client_id: str | None = None
    ) -> int:
        if client_id is None:
            return int(self.store.revoke_subject(subject, now, reason))
        found = self.store.grants(subject, limit=100).items
        chosen = [grant.id for grant in found if grant.client_id == client_id]
        return sum(self.store.revoke_grant(each, now, reason) for each in chosen)


class EditsTheLatest(Wrapped):
    """The version is compared, and then the client is changed at the version that it has."""

    role = "clients"

    def edit(self, client_id: str, version: int, changes: Any) -> bool:
        seen = self.store.get(client_id)
        if seen is None or seen.version != version:
            return False
        latest = self.store.get(client_id)
        return latest is not None and self.store.edit(client_id, latest.version, changes)


class DisablesOnce(Wrapped):
    """A client is disabled by an edit, which a concurrent edit can win against."""

    role = "clients"

    def raise_epoch(self, client_id: str, now: int, disabled_at: int | None = None) -> Any:
        client = self.store.get(client_id)
        if client is None:
            return None
        if disabled_at is not None:
            self.store.edit(client_id, client.version, {"disabled_at": disabled_at})
            client = replace(client, version=client.version + 1)
        return self.store.raise_epoch(client_id, now)


class ClientsFromMemory(Wrapped):
    """A process remembers the clients that it has read until it changes one."""

    role = "clients"

    def __init__(self, store: Any) -> None:
        super().__init__(store)
        self.clients: dict[str, Any] = {}

    def get(self, client_id: str) -> Any:
        if client_id not in self.clients:
            self.clients[client_id] = self.store.get(client_id)
        return self.clients[client_id]

    def __getattr__(self, name: str) -> Any:
        if name in ("add", "edit", "raise_epoch", "delete", "import_"):
            self.clients.clear()
        return super().__getattr__(name)


class ForgetsThenPuts(Wrapped):
    """A consent is replaced by removing it, and putting the new one."""

    role = "consents"

    def put(self, consent: Any, version: int | None) -> bool:
        if version is None:
            return bool(self.store.put(consent, None))
        found = self.store.get(consent.subject, consent.client_id)
        if found is None or found.version != version:
            return False
        self.store.forget(consent.subject, consent.client_id)
        return self.store.import_([replace(consent, version=version + 1)]) == 1


class DeletesThenPuts(Wrapped):
    """An entry is replaced by removing it, and putting the new one."""

    role = "entries"

    def put(self, entry: Any, version: int | None) -> bool:
        if version is None:
            return bool(self.store.put(entry, None))
        if not self.store.delete(entry.namespace, entry.key, version):
            return False
        return self.store.import_([replace(entry, version=version + 1)]) == 1


class ReadsThenDeletes(Wrapped):
    """An entry's version is compared in one step, and it is deleted at any version in another."""

    role = "entries"

    def delete(self, namespace: str, key: str, version: int | None = None) -> bool:
        if version is not None:
            found = self.store.get(namespace, key)
            if found is None or found.version != version:
                return False
        return bool(self.store.delete(namespace, key))
