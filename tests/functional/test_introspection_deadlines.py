"""An introspection endpoint that is mute, drips or cuts: each request ends in time."""

from __future__ import annotations

import random
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from time import monotonic
from urllib.parse import urlsplit

import pytest

from pyramid_oauth2.fetching import fetcher
from pyramid_oauth2.protocol.records import StoreUnavailable
from pyramid_oauth2.resource_server.endpoint import REST_SECONDS, IntrospectionEndpoint
from tests.certificates import write_certificate
from tests.servers.faulty_proxy import CUT, DRIP, MUTE, SOUND, FaultyProxy

from .introspecting import ACTIVE, Endpoint, introspection_endpoint

SHORT = 1.0
SPARE = 1.5


class Clock:
    """The clock of a circuit breaker; the test lets its rest pass."""

    later = 0.0

    def __call__(self) -> float:
        return monotonic() + self.later


@pytest.fixture(params=["http", "https"])
def endpoint(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Endpoint]:
    tls = None
    if request.param == "https":
        certificate, key = write_certificate(tmp_path, "localhost")
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate, key)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with introspection_endpoint(tls) as endpoint:
        yield endpoint


@pytest.fixture
def proxy(endpoint: Endpoint) -> Iterator[FaultyProxy]:
    proxy = FaultyProxy(urlsplit(endpoint.url).port or 0, pause=0.05)
    yield proxy
    proxy.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def asking(
    endpoint: Endpoint, proxy: FaultyProxy, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[IntrospectionEndpoint]:
    monkeypatch.setattr(fetcher, "TOTAL_SECONDS", SHORT)
    port = urlsplit(endpoint.url).port
    url = endpoint.url.replace(f":{port}/", f":{proxy.port}/")
    asking = IntrospectionEndpoint(url, "api", "secret", clock)
    yield asking
    asking.close()


@pytest.mark.parametrize("connected", [True, False])
@pytest.mark.parametrize("mode", [MUTE, DRIP])
def test_a_request_ends_and_the_next_one_works(
    asking: IntrospectionEndpoint, proxy: FaultyProxy, clock: Clock, mode: str, connected: bool
):
    if connected:
        assert asking.ask("one") == ACTIVE
    proxy.mode = mode
    began = monotonic()
    with pytest.raises(StoreUnavailable, match="does not answer: too slow"):
        asking.ask("another")
    assert SHORT / 2 < monotonic() - began < SHORT + SPARE
    proxy.mode = SOUND
    clock.later += REST_SECONDS
    assert asking.ask("another") == ACTIVE


def test_the_body_alone_drips(
    asking: IntrospectionEndpoint, endpoint: Endpoint, proxy: FaultyProxy
):
    assert asking.ask("one") == ACTIVE
    endpoint.body = b" " * 10_000 + b"{}"
    proxy.mode = DRIP
    with pytest.raises(StoreUnavailable, match="does not answer: too slow"):
        asking.ask("another")


@pytest.mark.parametrize("seed", range(10))
def test_an_answer_that_is_cut_at_any_byte(
    asking: IntrospectionEndpoint, proxy: FaultyProxy, seed: int
):
    """It is asked for again, once, on a new connection; a part of it is never believed."""
    assert asking.ask("one") == ACTIVE
    proxy.mode, proxy.left = CUT, random.Random(seed).randrange(350)
    began = monotonic()
    with suppress(StoreUnavailable):
        assert asking.ask("another") == ACTIVE
    assert monotonic() - began < SHORT + SPARE
    proxy.mode = SOUND
    assert asking.ask("another") == ACTIVE


@pytest.mark.parametrize("mode", [MUTE, DRIP])
def test_fifty_at_a_time(asking: IntrospectionEndpoint, proxy: FaultyProxy, mode: str):
    proxy.mode = mode

    def ask(number: int) -> float:
        began = monotonic()
        with pytest.raises(StoreUnavailable):
            asking.ask(f"token-{number}")
        return monotonic() - began

    with ThreadPoolExecutor(50) as pool:
        assert max(pool.map(ask, range(50))) < SHORT + 2 * SPARE
