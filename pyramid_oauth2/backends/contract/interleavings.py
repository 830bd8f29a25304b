"""Every writer against every writer: at any moment, it is as if one came after the other.

The first call stops before a line of the backend, the second one runs, and the first goes on.
The results of both, and what is in the store afterwards, must be those of one of the two orders.
Both orders are tried on the memory backend, so a backend must also agree with it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache, partial
from typing import Any, NamedTuple

import pytest

from pyramid_oauth2.backends.memory import MemoryBackend

from .elsewhere import Elsewhere
from .harness import Contract
from .pausing import (
    Code,
    Start,
    Step,
    chosen,
    code_of,
    in_thread,
    one_after_the_other,
    run_paused,
    steps_of,
)
from .scenes import CALLERS, SOON, Scene, differences, labelled
from .writers import (
    CHANGED_USER,
    CLIENTS,
    CONSENTS,
    ENDING,
    ENTRIES,
    GRANTS,
    NO_CLIENT,
    NO_CONSENT,
    NO_ENTRY,
    OPENING,
    PURGE,
    REVOKE_SUBJECT,
    Table,
)

Begin = Callable[[Callable[[Any], Any]], Start]

LEAST_PATIENCE = 0.003  # seconds


class Pair(NamedTuple):
    """Two writers of a table."""

    table: Table
    first: str
    second: str

    def calls(self, scene: Scene) -> list[Callable[[Any], Any]]:
        """The calls of both."""
        return [
            self.table.writers[name](scene, who)
            for name, who in zip((self.first, self.second), CALLERS, strict=True)
        ]

    def seen(self, scene: Scene, store: Any, first: Any, second: Any) -> Any:
        """What came of it, in a form that can be compared."""
        results = {
            f"{who} ({name})": None if name in self.table.silent else result
            for who, name, result in zip(CALLERS, self[1:], (first, second), strict=True)
        }
        purged_at = SOON if PURGE in self[1:] else 0
        return labelled({**results, **scene.look(store, purged_at)}, scene.names)


class Interleavings(Contract):
    """Runs pairs of calls that meet; its subclasses say which."""

    def interleave(self, table: Table, first: str) -> None:
        """Stop one writer of a table at its lines, and run every writer meanwhile.

        The others run in another process, in which no lock or cache of this one has an effect;
        where the store is in one process, in another thread.
        """
        store = getattr(self.backend, table.role, None)
        if store is None:
            pytest.skip(f"the backend has no {table.role}")
        faults: list[str] = []
        code = code_of(store, self.code_elsewhere, self.waits_in)
        with self._other(table.role, store) as begin, ThreadPoolExecutor(2) as pool:
            for second in table.writers:
                pair = Pair(table, first, second)
                faults += _meet(pair, store, code, partial(begin, pool))
        assert not faults, "\n\n".join(faults)

    @contextmanager
    def _other(self, role: str, store: Any) -> Iterator[Callable[..., Start]]:
        opener = self.open_elsewhere()
        if opener is None:
            yield lambda pool, call: in_thread(pool, partial(call, store))
            return
        with Elsewhere(opener) as process:
            yield lambda _pool, call: partial(process.start, role, call)


class GrantInterleavings(Interleavings):
    """The calls that change a grant and its tokens."""

    @pytest.mark.parametrize("first", GRANTS.writers)
    def test_interleaving_about_a_grant(self, first: str) -> None:
        self.interleave(GRANTS, first)

    @pytest.mark.parametrize("first", ENDING.writers)
    def test_interleaving_about_a_grant_that_ends(self, first: str) -> None:
        self.interleave(ENDING, first)

    @pytest.mark.parametrize("first", OPENING.writers)
    def test_interleaving_about_a_new_grant(self, first: str) -> None:
        self.interleave(OPENING, first)

    @pytest.mark.parametrize("first", CHANGED_USER.writers)
    def test_interleaving_about_a_grant_of_another_user(self, first: str) -> None:
        self.interleave(CHANGED_USER, first)


class ClientInterleavings(Interleavings):
    """The calls that change a client."""

    @pytest.mark.parametrize("first", CLIENTS.writers)
    def test_interleaving_about_a_client(self, first: str) -> None:
        self.interleave(CLIENTS, first)

    @pytest.mark.parametrize("first", NO_CLIENT.writers)
    def test_interleaving_about_a_new_client(self, first: str) -> None:
        self.interleave(NO_CLIENT, first)


class ConsentInterleavings(Interleavings):
    """The calls that change a consent."""

    @pytest.mark.parametrize("first", CONSENTS.writers)
    def test_interleaving_about_a_consent(self, first: str) -> None:
        self.interleave(CONSENTS, first)

    @pytest.mark.parametrize("first", NO_CONSENT.writers)
    def test_interleaving_about_a_new_consent(self, first: str) -> None:
        self.interleave(NO_CONSENT, first)


class EntryInterleavings(Interleavings):
    """The calls that change an entry."""

    @pytest.mark.parametrize("first", ENTRIES.writers)
    def test_interleaving_about_an_entry(self, first: str) -> None:
        self.interleave(ENTRIES, first)

    @pytest.mark.parametrize("first", NO_ENTRY.writers)
    def test_interleaving_about_a_new_entry(self, first: str) -> None:
        self.interleave(NO_ENTRY, first)


def _meet(pair: Pair, store: Any, code: Code, begin: Callable[..., Start]) -> Iterator[str]:
    """What is wrong with a pair of calls, at each moment at which they can meet."""
    steps, patience = _rehearsed(pair, store, code)
    assert steps, f"{pair.first} runs no Python code of the store, so it cannot be stopped"
    orders = _orders(*pair)
    with ThreadPoolExecutor(2) as pool:
        held = 0
        for number, step in enumerate(steps):
            if held > 2 and number % held:
                # It holds a lock: the moments within it are all the same.
                continue
            scene = pair.table.scene()
            scene.lay(store)
            first, second = pair.calls(scene)
            results = run_paused(pool, partial(first, store), begin(second), step, code, patience)
            *both, waited = results
            held = held + 1 if waited else 0
            seen = pair.seen(scene, store, *both)
            if seen not in orders:
                yield _report(pair, step, seen, orders)


def _rehearsed(pair: Pair, store: Any, code: Code) -> tuple[list[Step], float]:
    scene = pair.table.scene()
    scene.lay(store)
    first, second = pair.calls(scene)
    steps = steps_of(partial(first, store), code)
    begin = time.perf_counter()
    one_after_the_other([partial(second, store)])
    alone = time.perf_counter() - begin
    return chosen(steps), LEAST_PATIENCE + 4 * alone


@cache
def _orders(table: Table, first: str, second: str) -> list[Any]:
    pair, orders = Pair(table, first, second), []
    store = getattr(MemoryBackend(), table.role)
    for second_first in (False, True):
        scene = table.scene()
        scene.lay(store)
        calls = [partial(call, store) for call in pair.calls(scene)]
        if second_first:
            results = one_after_the_other(reversed(calls))[::-1]
        else:
            results = one_after_the_other(calls)
        orders.append(pair.seen(scene, store, *results))
    return [*orders, *_refusals(pair, store)]


def _refusals(pair: Pair, store: Any) -> Iterator[Any]:
    """What else is right: a grant that is revoked while it is opened may not be opened at all."""
    names, refused = pair[1:], pair.table.refused
    if REVOKE_SUBJECT not in names or not refused.keys() & set(names):
        return
    scene = pair.table.scene()
    scene.lay(store)
    for revoked in (0, 1):
        yield pair.seen(scene, store, *(refused.get(name, revoked) for name in names))


def _report(pair: Pair, step: Step, seen: Any, orders: list[Any]) -> str:
    nearest = min((list(differences(seen, order)) for order in orders), key=len)
    return (
        f"{pair.first} stopped before {step.place}, and {pair.second} ran meanwhile. That is "
        "neither order of the two:\n  " + "\n  ".join(nearest)
    )
