"""A Cluster of which some nodes, or all, do not answer."""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor
from time import sleep

import pytest
from redis.exceptions import TimeoutError as RedisTimeout

from pyramid_oauth2.backends.contract.factories import NOW, new_attempt, new_grant, new_token
from pyramid_oauth2.backends.redis import watched_connections
from pyramid_oauth2.protocol.records import OutcomeUnknown, StoreUnavailable
from tests.servers import valkey

from .redis_contract import open_backend


class Disconnected:
    """Ends the network after the first script was carried out, before its reply arrives."""

    def __init__(self, servers, monkeypatch):
        self.processes = [node.daemon.process for node in servers.nodes]
        self.pending = True
        kind = watched_connections.TCPConnection
        send, read = kind.send_packed_command, kind.read_response

        def sending(connection, command, check_health=True):
            data = command if isinstance(command, bytes) else b"".join(command)
            connection.runs_script = b"EVAL" in data
            return send(connection, command, check_health)

        def reading(connection, *arguments, **named):
            reply = read(connection, *arguments, **named)
            if self.pending and getattr(connection, "runs_script", False):
                self.pending = False
                self.signal(signal.SIGSTOP)
                raise RedisTimeout("Timeout reading from socket")
            return reply

        monkeypatch.setattr(kind, "send_packed_command", sending)
        monkeypatch.setattr(kind, "read_response", reading)

    def signal(self, number):
        for process in self.processes:
            process.send_signal(number)


def add(backend, token, grant):
    return backend.grants.add(grant.id, [new_token(grant=grant)], NOW)


def redeem(backend, token, grant):
    return backend.grants.redeem(token, NOW, new_attempt(), [])


@pytest.mark.parametrize("operation", [add, redeem])
def test_a_write_stays_in_doubt(monkeypatch, operation):
    with valkey.cluster() as servers:
        backend = open_backend(servers.url)
        grant = new_grant()
        token = new_token(grant=grant)
        assert backend.grants.open(grant, [token], NOW)
        disconnected = Disconnected(servers, monkeypatch)
        try:
            with pytest.raises(OutcomeUnknown):
                operation(backend, token, grant)
        finally:
            disconnected.signal(signal.SIGCONT)
        assert not disconnected.pending
        backend.close()


def test_while_one_master_is_silent_the_slots_of_the_others_are_served():
    with valkey.cluster() as servers:
        for node in servers.nodes:
            node.command("CONFIG", "SET", "cluster-node-timeout", 60000)  # No failover meanwhile.
        backend = open_backend(servers.url)
        server = backend._server
        client = server._connected()
        keys = [f"oauth2:{number}" for number in range(100)]
        silent = client.get_node_from_key(keys[0]).port
        served = next(key for key in keys if client.get_node_from_key(key).port != silent)
        process = next(node.daemon.process for node in servers.nodes if node.port == silent)
        process.send_signal(signal.SIGSTOP)
        try:
            with pytest.raises(StoreUnavailable, match="in time"):
                server.read(keys[0])
            with ThreadPoolExecutor(1) as pool:
                trial = pool.submit(server.read, keys[0])
                sleep(0.2)
                with pytest.raises(StoreUnavailable, match="a moment ago"):
                    server.read(keys[0])
                assert server.read(served) == [None]
                assert not trial.done()
                assert isinstance(trial.exception(), StoreUnavailable)
        finally:
            process.send_signal(signal.SIGCONT)
        backend.close()
