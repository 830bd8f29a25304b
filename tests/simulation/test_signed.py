"""The key of a client that signs."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from pyramid_oauth2.jose.signing import PrivateKey
from pyramid_oauth2.known_clients import known_clients
from pyramid_oauth2.simulation.signed import published


def test_simulations_at_the_same_moment_have_one_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else one publishes what the other does not sign with."""
    known = known_clients()["chatgpt"]
    document = {**(known.document or {}), "token_endpoint_auth_signing_alg": "ES256"}
    client, made, begun = replace(known, document=document), PrivateKey.made, threading.Barrier(2)

    def slowly(algorithm: str) -> PrivateKey:
        time.sleep(0.1)
        return made(algorithm)

    def publish(_number: int) -> Any:
        begun.wait()
        return published(client)

    monkeypatch.setattr(PrivateKey, "made", slowly)
    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(publish, range(2))
    assert first == second
