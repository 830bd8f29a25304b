"""Races for clients and consents: of several writers of the same version, one succeeds."""

from __future__ import annotations

from operator import methodcaller

from pyramid_oauth2.protocol.records import DuplicateRecord

from .factories import NOW, new_client, new_consent
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
