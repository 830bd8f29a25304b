"""Races for clients, consents and entries: of several writers of the same version, one succeeds."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from operator import methodcaller

from pyramid_oauth2.interfaces import IEntryStore
from pyramid_oauth2.protocol.records import DuplicateRecord

from .factories import HOUR, NOW, every, new_client, new_consent, new_entry
from .purging import purge_all
from .racing import RACERS, Race, Racecourse, rounds


def few() -> int:
    """A fifth of the rounds, at least 3: these records are written by people."""
    return max(3, rounds() // 5)


class ClientRaces(Racecourse):
    """Registering, editing, disabling and deleting one client, many at once."""

    def registered(self) -> list[str]:
        """Register a client for each round; return their ids."""
        names = [f"client-{number}" for number in range(few())]
        for name in names:
            self.clients.add(new_client(client_id=name))
        return names

    def test_race_to_register_has_one_winner(self, race: Race) -> None:
        clients = [new_client(client_id=f"client-{number}") for number in range(few())]
        results = race([[methodcaller("add", client)] * RACERS for client in clients], "clients")
        for added in results:
            assert sum(isinstance(result, DuplicateRecord) for result in added) == RACERS - 1

    def test_race_to_edit_has_one_winner(self, race: Race) -> None:
        names = self.registered()
        results = race(
            [
                [
                    methodcaller("edit", name, 0, {"client_name": f"racer {number}"})
                    for number in range(RACERS)
                ]
                for name in names
            ],
            "clients",
        )
        for name, edited in zip(names, results, strict=True):
            assert edited.count(True) == 1
            client = self.clients.get(name)
            assert client is not None
            assert (client.client_name, client.version) == (f"racer {edited.index(True)}", 1)

    def test_race_to_raise_the_epoch_counts_everyone(self, race: Race) -> None:
        names = self.registered()
        results = race(
            [[methodcaller("raise_epoch", name, NOW)] * RACERS for name in names], "clients"
        )
        assert [sorted(epochs) for epochs in results] == [[*range(1, RACERS + 1)]] * len(names)

    def test_race_to_delete_has_one_winner(self, race: Race) -> None:
        names = self.registered()
        results = race([[methodcaller("delete", name, NOW)] * RACERS for name in names], "clients")
        assert [deleted.count(True) for deleted in results] == [1] * len(names)


class ConsentRaces(Racecourse):
    """Storing and forgetting what one user allows one client, many at once."""

    def test_race_to_put_a_consent_has_one_winner(self, race: Race) -> None:
        fresh = [new_consent(client_id=f"client-{number}") for number in range(few())]
        known = [new_consent(subject="bob", client_id=c.client_id) for c in fresh]
        assert self.consents.import_(known) == len(known)
        results = race(
            [[methodcaller("put", consent, None)] * RACERS for consent in fresh]
            + [[methodcaller("put", consent, 0)] * RACERS for consent in known],
            "consents",
        )
        assert [put.count(True) for put in results] == [1] * len(results)
        for consent, version in [(c, 0) for c in fresh] + [(c, 1) for c in known]:
            found = self.consents.get(consent.subject, consent.client_id)
            assert found is not None
            assert found.version == version

    def test_race_to_forget_has_one_winner(self, race: Race) -> None:
        known = [new_consent(client_id=f"client-{number}") for number in range(few())]
        assert self.consents.import_(known) == len(known)
        results = race(
            [[methodcaller("forget", c.subject, c.client_id)] * RACERS for c in known], "consents"
        )
        assert [forgotten.count(True) for forgotten in results] == [1] * len(known)


def count_up(store: IEntryStore, namespace: str, key: str, owner: str, times: int) -> None:
    """Increment the number in an entry's data, retrying until it was written *times* times."""
    written = 0
    for _ in range(times * RACERS):
        entry = store.get(namespace, key)
        assert entry is not None
        data = str(int(entry.data) + 1).encode()
        written += store.put(replace(entry, data=data, owner=owner), entry.version)
        if written == times:
            return
    raise AssertionError("refused although no other process had written")


class EntryRaces(Racecourse):
    """Storing and deleting one entry, many at once: no write is lost, no listing goes wrong."""

    def test_race_to_make_the_next_entry_has_one_winner(self, race: Race) -> None:
        """As of several processes that make the next signing key, one makes it."""
        names = [f"key-{number}" for number in range(few())]
        tries = [
            [new_entry(key=name, owner=f"racer-{n}", data=bytes([n])) for n in range(RACERS)]
            for name in names
        ]
        results = race(
            [[methodcaller("put", e, None) for e in tried] for tried in tries], "entries"
        )
        for name, tried, put in zip(names, tries, results, strict=True):
            assert put.count(True) == 1
            winner = tried[put.index(True)]
            assert self.entries.get("feature", name) == winner
        for number in range(RACERS):
            owner = f"racer-{number}"
            won = {tried[number] for tried, put in zip(tries, results, strict=True) if put[number]}
            assert set(every(self.entries.list, owner=owner)) == won

    def test_race_to_replace_an_entry_has_one_winner(self, race: Race) -> None:
        known = [new_entry(owner="alice") for _ in range(few())]
        assert self.entries.import_(known) == len(known)
        results = race(
            [
                [methodcaller("put", replace(e, owner=f"racer-{n}"), 0) for n in range(RACERS)]
                for e in known
            ],
            "entries",
        )
        assert [put.count(True) for put in results] == [1] * len(known)
        assert list(every(self.entries.list, owner="alice")) == []
        for entry, put in zip(known, results, strict=True):
            owned = every(self.entries.list, owner=f"racer-{put.index(True)}")
            assert replace(entry, owner=f"racer-{put.index(True)}", version=1) in set(owned)

    def test_race_to_change_an_entry_counts_everyone(self, race: Race) -> None:
        entry = new_entry(data=b"0")
        assert self.entries.put(entry, None)
        call = partial(count_up, namespace=entry.namespace, key=entry.key, times=rounds())
        race([[partial(call, owner=f"racer-{n}") for n in range(RACERS)]], "entries")
        found = self.entries.get(entry.namespace, entry.key)
        assert found is not None
        assert (int(found.data), found.version) == (rounds() * RACERS, rounds() * RACERS)
        owners = [n for n in range(RACERS) if [*every(self.entries.list, owner=f"racer-{n}")]]
        assert [f"racer-{n}" for n in owners] == [found.owner]

    def test_race_to_delete_an_entry_has_one_winner(self, race: Race) -> None:
        known = [new_entry() for _ in range(2 * few())]
        assert self.entries.import_(known) == len(known)
        versions = [None, 0] * few()
        results = race(
            [
                [methodcaller("delete", entry.namespace, entry.key, version)] * RACERS
                for entry, version in zip(known, versions, strict=True)
            ],
            "entries",
        )
        assert [deleted.count(True) for deleted in results] == [1] * len(known)
        assert list(every(self.entries.list, namespace="feature")) == []

    def test_race_of_replacing_deleting_and_purging_an_entry(self, race: Race) -> None:
        known = [new_entry(owner="alice") for _ in range(few())]
        assert self.entries.import_(known) == len(known)
        results = race(
            [
                [
                    methodcaller("put", replace(e, owner="bob", expires_at=None), 0),
                    methodcaller("delete", e.namespace, e.key, 0),
                    methodcaller("put", replace(e, owner="carol", expires_at=NOW + 2 * HOUR), 0),
                    methodcaller("purge", NOW + HOUR),
                ]
                for e in known
            ],
            "entries",
        )
        purge_all(self.entries, NOW + HOUR)
        for entry, (bob, deleted, carol, _) in zip(known, results, strict=True):
            assert [bob, deleted, carol].count(True) <= 1
            found = self.entries.get(entry.namespace, entry.key)
            assert (found is not None) is (bob or carol)
            assert found is None or found.owner == ("bob" if bob else "carol")
        assert list(every(self.entries.list, owner="alice")) == []
