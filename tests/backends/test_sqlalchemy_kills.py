"""``kill -9`` of workers under load: nothing is spent twice, nothing is half written."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter

from pyramid_oauth2.backends.contract.factories import every, new_family
from pyramid_oauth2.interfaces import IGrantStore
from pyramid_oauth2.protocol.records import Grant, Token

from .load import OPENED, TOKENS, grant_of
from .server_databases import open_backend

WORKERS = 3
LONGEST_LIFE = 1.0  # seconds


def test_killed_workers_leave_nothing_half_done(url: str) -> None:
    backend = open_backend(url)
    seed = new_family()
    wanted = [grant_of(seed, number) for number in range(TOKENS)]
    backend.grants.import_(record for both in wanted for record in both)
    wins = kill_in_mid_load(url, seed)
    assert wins, "they were killed before they did anything"
    assert len({number for number, _ in wins}) == len(wins), "a token was spent twice"
    check(backend.grants, [token for _, token in wanted], dict(wins))
    backend.close()


def kill_in_mid_load(url: str, seed: str) -> list[tuple[int, str]]:
    """Let workers race; return the redemptions that they reported as won before the kill."""
    command = [sys.executable, "-m", "tests.backends.load", url, seed]
    workers = [
        subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ, text=True)
        for _ in range(WORKERS)
    ]
    for worker in workers:
        assert worker.stdout
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        time.sleep(random.uniform(0.1, LONGEST_LIFE / WORKERS))
        worker.kill()
    said = "".join(worker.communicate()[0] for worker in workers)
    # A worker may have been killed while it wrote its last line.
    lines = (line.split() for line in said.splitlines())
    return [(int(line[0]), line[1]) for line in lines if len(line) == 2 and len(line[1]) == 32]


def check(grants: IGrantStore, wanted: list[Token], wins: dict[int, str]) -> None:
    records = list(every(grants.export, limit=1000))
    tokens = [record for record in records if isinstance(record, Token)]
    found = {token.digest: token for token in tokens}
    parents = {token.digest for token in wanted}
    fruits = Counter((t.parent, t.data.decode()) for t in tokens if t.parent in parents)
    spent = {
        (token.digest, attempt)
        for token in wanted
        if (attempt := found[token.digest].attempt) is not None
    }
    assert fruits.keys() == spent, "products without a spent token, or the other way round"
    assert set(fruits.values()) == {2}, "half of the products"
    # A win may have been committed but not reported, never the other way round.
    assert {(wanted[number].digest, attempt) for number, attempt in wins.items()} <= spent
    families = Counter(token.family for token in tokens)
    opened = [r for r in records if isinstance(r, Grant) and r.client_id == OPENED]
    assert {families[grant.id] for grant in opened} == {2}, "half of a new grant"
    added = Counter(token.data for token in tokens if token.data and not token.parent)
    assert {times for data, times in added.items() if data.decode() != OPENED} == {2}
