"""Reused connections to the introspection endpoint: each request gets its own response."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyramid_oauth2.protocol.records import StoreUnavailable
from pyramid_oauth2.resource_server.endpoint import IntrospectionEndpoint
from tests.certificates import write_certificate

from .introspecting import ACTIVE, Endpoint, introspection_endpoint

BODY = json.dumps(ACTIVE).encode()
WHOLE_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)

FORKING = """
import os, sys
from pyramid_oauth2.resource_server.endpoint import IntrospectionEndpoint

endpoint = IntrospectionEndpoint(sys.argv[1], "api", "secret")
endpoint.ask("before")
child = os.fork()
endpoint.ask("parent" if child else "child")
if child:
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with introspection_endpoint() as endpoint:
        yield endpoint


@pytest.fixture
def asking(endpoint: Endpoint) -> Iterator[IntrospectionEndpoint]:
    asking = IntrospectionEndpoint(endpoint.url, "api", "secret")
    yield asking
    asking.close()


@pytest.mark.parametrize(("status", "body"), [(103, b""), (401, b"no"), (500, b"x" * 20_000)])
def test_the_rest_of_a_bad_answer_is_not_the_next_one(
    asking: IntrospectionEndpoint, endpoint: Endpoint, status: int, body: bytes
):
    endpoint.status, endpoint.body, endpoint.remainder = status, body, WHOLE_ANSWER
    with pytest.raises(StoreUnavailable):
        asking.ask("one")
    endpoint.status, endpoint.body = 200, b'{"active": false}'
    assert asking.ask("another") == {"active": False}
    assert endpoint.tokens == ["one", "another"], "each is asked about once"


def test_a_good_answer_leaves_the_connection_for_the_next(
    asking: IntrospectionEndpoint, endpoint: Endpoint
):
    for token in ("one", "another"):
        assert asking.ask(token) == ACTIVE
    assert endpoint.connections == 1


def test_a_forked_process_has_connections_of_its_own(endpoint: Endpoint):
    """A server that loads the application before it forks may have introspected a token."""
    subprocess.run([sys.executable, "-c", FORKING, endpoint.url], check=True, timeout=60)
    assert sorted(endpoint.tokens) == ["before", "child", "parent"]
    assert endpoint.connections == 2, "the parent keeps its own, the child opens one"


@pytest.mark.parametrize(
    ("host", "trusted"), [("localhost", True), ("localhost", False), ("other.example", True)]
)
def test_only_a_server_with_a_trusted_certificate_for_its_name_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str, trusted: bool
):
    certificate, key = write_certificate(tmp_path, host)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with introspection_endpoint(tls) as endpoint:
        asking = IntrospectionEndpoint(endpoint.url, "api", "secret")
        if trusted and host == "localhost":
            assert asking.ask("one") == ACTIVE
        else:
            with pytest.raises(StoreUnavailable, match="SSLError"):
                asking.ask("one")
            assert endpoint.tokens == []
        asking.close()
