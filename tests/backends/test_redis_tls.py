"""``rediss://``: the server's certificate is checked, and so is the password."""

from __future__ import annotations

import logging
import selectors
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from threading import Thread

import pytest

from pyramid_oauth2.backends.contract.factories import NOW, new_attempt, new_grant, new_token
from pyramid_oauth2.protocol.records import Outcome, StoreUnavailable
from tests.certificates import write_certificate
from tests.servers.valkey import single

from .redis_contract import open_backend

PASSWORD = "hunter2-behind-tls"


class TLSFront:
    """Terminates TLS in front of a server without TLS.

    :ivar port: where it listens.
    """

    def __init__(self, target: tuple[str, int], certificate: Path, key: Path) -> None:
        self._target = target
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, key)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        # close() alone would leave accept() waiting.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                plain, _ = self._listener.accept()
                Thread(target=self._serve, args=(plain,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        with (
            plain,
            suppress(OSError),
            self._context.wrap_socket(plain, server_side=True) as client,
            socket.create_connection(self._target) as server,
            selectors.DefaultSelector() as ready,
        ):
            ready.register(client, selectors.EVENT_READ, server)
            ready.register(server, selectors.EVENT_READ, client)
            while True:
                for key, _ in ready.select():
                    # At least a whole TLS record, so that none stays in the buffer.
                    data = key.fileobj.recv(1 << 16)
                    if not data:
                        return
                    key.data.sendall(data)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Path]]:
    folder = tmp_path_factory.mktemp("certificates")
    return {host: write_certificate(folder, host) for host in ("localhost", "other.example")}


@pytest.fixture(scope="module")
def port(certificates: dict[str, tuple[Path, Path]]) -> Iterator[int]:
    # The node is monitored by PING, which a password would refuse: so the password
    # is set once the server runs.
    with single() as node:
        node.command("CONFIG", "SET", "requirepass", PASSWORD)
        address = node.address.rpartition(":")
        with closing(TLSFront((address[0], node.port), *certificates["localhost"])) as front:
            yield front.port


def test_a_token_is_spent_over_tls(port: int, certificates: dict[str, tuple[Path, Path]]):
    authority = str(certificates["localhost"][0])
    url = f"rediss://:{PASSWORD}@localhost:{port}/0"
    backend = open_backend(url, ssl_ca_certs=authority)
    with closing(backend):
        grant = new_grant()
        token = new_token(grant=grant)
        assert backend.grants.open(grant, [token], NOW)
        assert backend.grants.redeem(token, NOW, new_attempt(), []).outcome is Outcome.WON
        assert backend.grants.redeem(token, NOW, new_attempt(), []).outcome is Outcome.CONSUMED


@pytest.mark.parametrize(
    ("url", "trusted"),
    [
        pytest.param("rediss://:{}@localhost:{}/0", "other.example", id="unknown authority"),
        pytest.param("rediss://:{}@127.0.0.1:{}/0", "localhost", id="another name"),
        pytest.param("rediss://:wrong-{}@localhost:{}/0", "localhost", id="wrong password"),
        pytest.param("redis://:{}@localhost:{}/0", None, id="no TLS"),
    ],
)
def test_what_cannot_be_trusted_is_not_used(
    port: int,
    certificates: dict[str, tuple[Path, Path]],
    caplog: pytest.LogCaptureFixture,
    url: str,
    trusted: str | None,
):
    options = {"ssl_ca_certs": str(certificates[trusted][0])} if trusted else {}
    with (
        caplog.at_level(logging.DEBUG),
        closing(open_backend(url.format(PASSWORD, port), **options)) as backend,
        pytest.raises(StoreUnavailable) as refused,
    ):
        backend.grants.find(new_token().ref)
    assert "oauth2.redis.url" in str(refused.value)
    assert PASSWORD not in str(refused.value) + repr(refused.value) + caplog.text
