"""On a Cluster, a reply that is lost while no node can be reached leaves a write in doubt."""

from __future__ import annotations

import signal

import pytest
from redis.exceptions import TimeoutError as RedisTimeout

from pyramid_oauth2.backends.contract.factories import NOW, new_attempt, new_grant, new_token
from pyramid_oauth2.backends.redis import watched_connections
from pyramid_oauth2.protocol.records import OutcomeUnknown
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


@pytest.mark.parametrize("operation", ["add", "redeem"])
def test_a_write_stays_in_doubt(monkeypatch, operation):
    with valkey.cluster() as servers:
        backend = open_backend(servers.url)
        grant = new_grant()
        token = new_token(grant=grant)
        assert backend.grants.open(grant, [token], NOW)
        disconnected = Disconnected(servers, monkeypatch)
        try:
            with pytest.raises(OutcomeUnknown):
                if operation == "add":
                    backend.grants.add(grant.id, [new_token(grant=grant)], NOW)
                else:
                    backend.grants.redeem(token, NOW, new_attempt(), [])
        finally:
            disconnected.signal(signal.SIGCONT)
        assert not disconnected.pending
        backend.close()
