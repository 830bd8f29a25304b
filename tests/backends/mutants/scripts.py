"""Faults of the Redis store: one script has another text."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha1
from typing import Any

from pyramid_oauth2.backends.redis import RedisBackend
from pyramid_oauth2.backends.redis.scripts import BY_SHA, Script


class Rewriting:
    """A server that runs a script with another text.

    :param changes: the script's name, a part of its text, and what is there instead.
    """

    def __init__(self, server: Any, *changes: tuple[str, str, str]) -> None:
        self.server, self.changes = server, changes

    def __getattr__(self, name: str) -> Any:
        return getattr(self.server, name)

    def run(self, script: Script, keys: Sequence[str], *arguments: Any, **more: Any) -> Any:
        return self.server.run(self._rewritten(script), keys, *arguments, **more)

    def _rewritten(self, script: Script) -> Script:
        text = script.text
        for name, part, instead in self.changes:
            if name == script.name:
                assert part in text, f"{name}.lua has no {part}"
                text = text.replace(part, instead)
        other = Script(script.name, text, sha1(text.encode(), usedforsecurity=False).hexdigest())
        BY_SHA.setdefault(other.sha, other)
        return other


def rewritten(backend: RedisBackend, *changes: tuple[str, str, str]) -> RedisBackend:
    """The backend with scripts of another text."""
    return RedisBackend(Rewriting(backend._server, *changes))  # type: ignore[arg-type]
