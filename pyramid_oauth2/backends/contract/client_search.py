"""Finding clients: by owner and by name, in order, page by page."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from pyramid_oauth2.protocol.listings import NotACursor

from .factories import LATE, NOW, every, new_client, refuse_limit_below_one, spoilt, take_made_up
from .harness import Contract


class ClientSearch(Contract):
    """Many clients."""

    def test_a_cursor_of_clients_that_somebody_made_up(self) -> None:
        """It gives some page, or ``NotACursor``; no other exception."""
        self.clients.add(new_client(owner="alice"))
        take_made_up(self.clients.search, owner="alice")
        take_made_up(self.clients.search, prefix="a", sort="created_at")
        take_made_up(self.clients.export)

    @pytest.mark.parametrize("sort", ["client_name", "created_at"])
    def test_a_cursor_of_clients_that_somebody_spoilt(self, sort: str) -> None:
        """A text that only resembles a cursor is none: a page has one URL."""
        for _ in range(3):
            self.clients.add(new_client())
        for listing in (partial(self.clients.search, sort=sort), self.clients.export):
            cursor = listing(limit=1).cursor
            assert cursor is not None
            assert len(listing(cursor=cursor, limit=1).items) == 1
            for text in spoilt(cursor):
                with pytest.raises(NotACursor):
                    listing(cursor=text, limit=1)

    def named(self, *names: str) -> None:
        """Add a client of each name."""
        for number, name in enumerate(names):
            self.clients.add(new_client(client_id=f"id-{number}", client_name=name))

    def found(self, **arguments: Any) -> list[str]:
        """The names of the clients that a search returns, in its order."""
        return [client.client_name for client in every(self.clients.search, **arguments)]

    @pytest.mark.parametrize(
        ("prefix", "names"),
        [
            ("app", {"App", "app store", "APPLE"}),
            ("APP", {"App", "app store", "APPLE"}),
            ("apple", {"APPLE"}),
            ("pp", set()),
            ("a%", {"a%b"}),
            ("a_", {"a_b"}),
            ("%", set()),
            ("_", set()),
            ("a\\", {"a\\b"}),
            ("ÄR", {"Ärger", "äRZTE"}),
            ("är", {"Ärger", "äRZTE"}),
            ("ar", set()),
            ("STRASSE", {"Straße 1"}),
            ("мир", {"МИР"}),
            ("𝄞", {"𝄞 notes"}),
            ("日本", {"日本語"}),
            ("app ", {"app store"}),
        ],
    )
    def test_search_by_beginning_of_the_name(self, prefix: str, names: set[str]) -> None:
        self.named(
            *("App", "app store", "APPLE", "a%b", "a_b", "a\\b", "axb", "Zapp"),
            *("Ärger", "äRZTE", "Straße 1", "МИР", "𝄞 notes", "日本語"),
        )
        assert set(self.found(prefix=prefix)) == names

    def test_search_by_whole_client_id(self) -> None:
        for client_id in ("Abc", "abc", "abcd", "a%c"):
            self.clients.add(new_client(client_id=client_id, client_name=f"named {client_id}"))
        assert self.found(prefix="abc") == ["named abc"]
        assert self.found(prefix="ABC") == []
        assert self.found(prefix="a%c") == ["named a%c"]

    def test_search_by_owner(self) -> None:
        for owner in ("alice", "Alice", "alice ", None):
            self.clients.add(new_client(owner=owner, client_name=f"of {owner}"))
        assert self.found(owner="alice") == ["of alice"]
        assert self.found(owner="alice ") == ["of alice "]
        assert self.found(owner="bob") == []
        assert len(self.found()) == 4

    def test_search_by_owner_and_name(self) -> None:
        self.clients.import_(
            new_client(owner=owner, client_name=f"{name} {number} of {owner}")
            for owner in ("alice", "bob")
            for name in ("One", "Two")
            for number in range(7)
        )
        twos = [f"Two {number} of alice" for number in range(7)]
        assert self.found(owner="alice", prefix="two", limit=3) == twos

    def test_search_shows_disabled_clients(self) -> None:
        client = new_client()
        self.clients.add(client)
        self.clients.raise_epoch(client.client_id, NOW, disabled_at=NOW)
        assert [found.disabled_at for found in every(self.clients.search)] == [NOW]

    def test_search_follows_an_edit(self) -> None:
        client = new_client(client_name="Before", owner="alice")
        self.clients.add(client)
        changes = {"client_name": "After", "owner": "bob"}
        assert self.clients.edit(client.client_id, 0, changes)
        assert self.found(prefix="before") == self.found(owner="alice") == []
        assert self.found(prefix="after") == self.found(owner="bob") == ["After"]

    @pytest.mark.parametrize("limit", [1, 3, 100])
    def test_search_sorts_by_name_in_any_case(self, limit: int) -> None:
        self.named("beta", "Alpha", "GAMMA", "alpha", "Beta 2", "")
        expected = ["", "Alpha", "alpha", "beta", "Beta 2", "GAMMA"]
        assert self.found(limit=limit) == expected

    @pytest.mark.parametrize("limit", [1, 3, 100])
    def test_search_sorts_by_creation(self, limit: int) -> None:
        for number, created_at in enumerate([NOW + 2, NOW, LATE, 9, NOW, 10]):
            self.clients.add(new_client(client_id=f"c{number}", created_at=created_at))
        found = every(self.clients.search, sort="created_at", limit=limit)
        assert [client.client_id for client in found] == ["c3", "c5", "c1", "c4", "c0", "c2"]

    @pytest.mark.parametrize("sort", ["client_name", "created_at"])
    def test_search_pages_through_equal_keys(self, sort: str) -> None:
        ids = [f"client-{number:03}" for number in range(220)]
        self.clients.import_(
            new_client(client_id=client_id, client_name="Same") for client_id in reversed(ids)
        )
        found = every(self.clients.search, sort=sort, prefix="same", limit=50)
        assert [client.client_id for client in found] == ids

    def test_search_is_complete_while_others_come(self) -> None:
        names = [f"app {number:02}" for number in range(20)]
        self.named(*names)
        found = []
        for client in every(self.clients.search, prefix="app", limit=3):
            found.append(client.client_name)
            if len(found) < 40:
                self.clients.add(new_client(client_name=f"App {len(found):02}½"))
        assert set(found) >= set(names)
        assert len(found) == len(set(found))

    def test_search_refuses_an_order_that_it_does_not_know(self) -> None:
        with pytest.raises(ValueError):
            self.clients.search(sort="owner")

    def test_page_of_no_clients(self) -> None:
        self.clients.add(new_client())
        for sort in ("client_name", "created_at"):
            refuse_limit_below_one(self.clients.search, sort=sort)
        refuse_limit_below_one(self.clients.export)

    def test_search_of_nothing(self) -> None:
        assert self.found(owner="alice", prefix="x", sort="created_at") == []
