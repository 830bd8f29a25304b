"""A signer whose keys are in another process: a second implementation of ``ISigner``."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from zope.interface import implementer

from pyramid_oauth2.extension import ISigner, StoreUnavailable

PROGRAM = Path(__file__).with_name("key_service.py")


@implementer(ISigner)
class SignerElsewhere:
    """Asks a key service for each signature, over a pipe."""

    max_age = 60

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._lock = threading.Lock()

    def check(self) -> None:
        self.published()

    def key_for(self, algorithm: str) -> str:
        kid = self.ask("key_for", algorithm)
        if kid is None:
            raise StoreUnavailable(f"The key service has no key for {algorithm}.")
        return str(kid)

    def sign(self, data: bytes, kid: str, algorithm: str) -> bytes:
        return base64.b64decode(self.ask("sign", kid, base64.b64encode(data).decode()))

    def published(self) -> list[Mapping[str, str]]:
        return list(self.ask("published"))

    def public_key(self, kid: str) -> Mapping[str, str] | None:
        found = self.ask("public_key", kid)
        return None if found is None else dict(found)

    def is_revoked(self, kid: str) -> bool:
        return bool(self.ask("is_revoked", kid))

    def ask(self, *command: str) -> Any:
        """Send a command to the service, and read its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            try:
                self._process.stdin.write(json.dumps(command) + "\n")
                self._process.stdin.flush()
                return json.loads(self._process.stdout.readline())
            except (OSError, ValueError) as error:
                raise StoreUnavailable(f"The key service does not answer: {error}.") from None

    def kill(self) -> None:
        """End the service."""
        self._process.kill()
        self._process.wait(10)


@contextmanager
def signer_elsewhere() -> Iterator[SignerElsewhere]:
    """Run a key service until the block ends."""
    process = subprocess.Popen(
        [sys.executable, str(PROGRAM)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    signer = SignerElsewhere(process)
    try:
        yield signer
    finally:
        signer.kill()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            with suppress(BrokenPipeError):  # It has what was written after the end.
                pipe.close()
