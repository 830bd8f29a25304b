"""Clients of other people prove themselves by a JWT that they sign (RFC 7523 section 2.2)."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from joserfc.jwk import ECKey

from tests.live import LiveServer
from tests.serving import environment

from .environment import HERE, node_with, python_with

SCRIPTS = HERE / "signing"
CLIENTS: dict[str, Callable[[], list[str]]] = {
    # openid-client brings oauth4webapi.
    "node": lambda: [str(node_with("openid-client")), str(SCRIPTS / "with_node.js")],
    "Authlib": lambda: [str(python_with("Authlib")), str(SCRIPTS / "with_authlib.py")],
    "requests_oauth2client": lambda: [
        str(python_with("requests_oauth2client")),
        str(SCRIPTS / "with_requests_oauth2client.py"),
    ],
}


@pytest.mark.parametrize("name", CLIENTS)
def test_it_proves_itself(name: str, server: LiveServer, tmp_path: Path) -> None:
    """At the token endpoint and at the revocation endpoint, each time by another assertion."""
    command = CLIENTS[name]()
    key = ECKey.generate_key("P-256", {"kid": "one", "alg": "ES256", "use": "sig"})
    private, public = tmp_path / "key.json", tmp_path / "keys.json"
    private.write_text(json.dumps(key.as_dict(private=True)))
    public.write_text(json.dumps({"keys": [key.as_dict(private=False)]}))
    options = ("--name", name, "--kind", "machine", "--scope", "read")
    method = ("--auth-method", "private_key_jwt", "--jwks", str(public))
    client = server.add_client(*options, *method)
    assert client.secret is None
    done = subprocess.run(
        [*command, server.issuer, client.id, str(private)],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout.splitlines()[-1])
    statuses = [
        requests.get(
            server.me, headers={"Authorization": f"Bearer {token}"}, timeout=60
        ).status_code
        for token in (*printed["ended"], printed["lives"])
    ]
    assert statuses == [401] * len(printed["ended"]) + [200]
