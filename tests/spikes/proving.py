"""A client that proves the possession of its key."""

from __future__ import annotations

import base64
import json
import os
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from webtest import TestResponse

from tests.functional.server import TOKEN, Server

from .proof_of_possession import digest


class Key:
    """A client's key, which makes proofs; it remembers the server's nonce."""

    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.generate()
        self.public = self._key.public_key().public_bytes_raw().hex()
        self.nonce: str | None = None

    def proof(self, url: str, method: str = "POST", token: str | None = None, **other: Any) -> str:
        claims = {
            "key": self.public,
            "htm": method,
            "htu": url,
            "jti": os.urandom(8).hex(),
            "nonce": self.nonce,
            "ath": token and digest(token.encode()),
            **other,
        }
        payload = json.dumps(claims).encode()
        parts = (payload, self._key.sign(payload))
        return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)

    @property
    def digest(self) -> str:
        return digest(self.public.encode())


class Client:
    """A client whose every request has a proof; it follows the challenge for a nonce once."""

    def __init__(self, server: Server, client_id: str = "robot") -> None:
        self.server, self.client_id, self.key = server, client_id, Key()

    def ask(self, path: str = TOKEN, key: Key | None = None, **form: str) -> TestResponse:
        key = key or self.key
        for _ in range(2):
            answer = self.post(path, key.proof(f"http://localhost{path}"), **form)
            key.nonce = answer.headers.get("Proof-Nonce", key.nonce)
            if answer.status_int < 300 or answer.json["error"] != "use_proof_nonce":
                break
        return answer

    def post(self, path: str, proof: str, **form: str) -> TestResponse:
        secret = self.server.secrets[self.client_id]
        headers = self.server.login(self.client_id) if secret else {}
        form = form if secret else form | {"client_id": self.client_id}
        return self.server.post(form, headers | {"Proof": proof}, path)

    def get(self, token: str, path: str = "/read", scheme: str = "PoP", **other: Any) -> Any:
        proof = self.key.proof(f"http://localhost{path}", "GET", token, **other)
        answer = self.server.get(path, {"Authorization": f"{scheme} {token}", "Proof": proof})
        self.key.nonce = answer.headers.get("Proof-Nonce", self.key.nonce)
        return answer
