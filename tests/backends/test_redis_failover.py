"""A master dies: errors in bounded time, then service; the lost writes are counted."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from pyramid_oauth2.backends.contract.factories import NOW, new_attempt, new_token
from pyramid_oauth2.protocol.records import Outcome, StoreUnavailable
from tests.servers import valkey

from .redis_contract import open_backend

# Seconds. How long one caller may wait for an error, and all callers for the new master.
PATIENCE = 6
RECOVERY = 30


@dataclass
class Load:
    """Opens and redeems tokens one after the other, also while the server fails."""

    backend: object
    won: list = field(default_factory=list)
    slowest: float = 0
    refused: int = 0
    stopped: threading.Event = field(default_factory=threading.Event)

    def run(self):
        while not self.stopped.is_set():
            token = new_token()
            self.attempt(lambda token=token: self.redeem(token))

    def redeem(self, token):
        assert self.backend.grants.open(None, [token], NOW)
        redemption = self.backend.grants.redeem(token, NOW, new_attempt(), [])
        if redemption.outcome is Outcome.WON:
            self.won.append(token)

    def attempt(self, operation):
        begin = time.monotonic()
        try:
            operation()
        except StoreUnavailable:
            self.refused += 1
            time.sleep(0.02)
        self.slowest = max(self.slowest, time.monotonic() - begin)

    def report(self, lost):
        """What pytest -rP shows."""
        return (
            f"{lost} of {len(self.won)} redemptions lost, "
            f"{self.refused} calls refused, the slowest after {self.slowest:.1f} s"
        )

    def good_again(self):
        """The tokens whose redemption was confirmed, but lost."""
        redeem = self.backend.grants.redeem
        answers = [(token, redeem(token, NOW, new_attempt(), [])) for token in self.won]
        return [token for token, answer in answers if answer.outcome is Outcome.WON]


def disturbed(backend, master, recovered):
    """Put load on a backend, kill a master, restart it, and wait until it works again."""
    load = Load(backend)
    with ThreadPoolExecutor(3) as pool:
        working = [pool.submit(load.run) for _ in range(3)]
        time.sleep(0.3)
        master.kill()
        try:
            valkey.eventually(recovered, RECOVERY)
            master.start()
            already = len(load.won)
            valkey.eventually(lambda: _assert(len(load.won) > already + 100), RECOVERY)
        finally:
            load.stopped.set()
        for future in working:
            future.result(RECOVERY)
    assert load.refused
    assert load.slowest < PATIENCE
    return load


def _assert(condition):
    assert condition


@pytest.mark.parametrize("replicas", ["0", "1"])
def test_sentinel_makes_another_the_master(replicas):
    with valkey.sentinel() as servers:
        first = servers.master()
        backend = open_backend(servers.url, wait_replicas=replicas)
        load = disturbed(backend, first, lambda: _assert(servers.master() is not first))
        lost = load.good_again()
        print(load.report(len(lost)))
        assert replicas == "0" or lost == []
        backend.close()


@pytest.mark.parametrize("replicas", ["0", "1"])
def test_cluster_makes_a_replica_the_master(replicas):
    with valkey.cluster() as servers:
        first = servers.masters[0]
        backend = open_backend(servers.url, wait_replicas=replicas)

        def recovered():
            masters = servers.masters
            assert len(masters) == valkey.MASTERS
            assert first not in masters
            for node in masters:
                with node.client() as client:
                    assert client.cluster("INFO")["cluster_state"] == "ok"

        load = disturbed(backend, first, recovered)
        lost = load.good_again()
        print(load.report(len(lost)))
        assert replicas == "0" or lost == []
        backend.close()
