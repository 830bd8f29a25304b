"""The settings of client ID metadata documents."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from ...settings.declaration import SCOPES_OR_ALL, setting
from ...settings.tokens import DEFAULT_GRANT_TYPES
from ...settings.types import AUTHORIZATION_SERVER, BadValue, plain_text, words

OFF, PINNED, ALLOWED, OPEN = "off", "pinned", "allowed", "open"
MODES = (OFF, PINNED, ALLOWED, OPEN)
ALL = "*"
HOST = re.compile(r"(\*\.)?([a-z0-9_-]+\.)+[a-z][a-z0-9-]*")


def which_clients(value: str) -> str:
    """``off``, ``pinned``, ``allowed`` or ``open``."""
    name = str(value).strip().lower()
    if name not in MODES:
        raise BadValue(f"choose one of {', '.join(MODES)}")
    return name


def host_patterns(value: str | Collection[str]) -> frozenset[str]:
    """Host names, separated by white space; ``*.example.com`` is every name below it."""
    found = words(value)
    for name in found:
        if not HOST.fullmatch(name):
            raise BadValue(f"{name} is no host name such as app.example or *.example.com")
    return found


@dataclass(frozen=True)
class ClientIDMetadataSettings:
    """Client ID metadata documents.

    Their client_id is the URL of a document that says what they are: no one registers them.
    """

    clients: str = setting(
        which_clients,
        OFF,
        "Which clients may be known by the document at their client_id: none (`off`), those whose "
        "document an operator has pinned or approved (`pinned`), also those of the hosts that "
        "`oauth2.client_id_metadata.hosts` names (`allowed`), or any (`open`). A client that came "
        "so before keeps what users allow it: disable or delete it to end that.",
        key="",
        mode=AUTHORIZATION_SERVER,
    )
    hosts: frozenset[str] = setting(
        host_patterns,
        frozenset(),
        "The hosts whose documents are fetched, such as `claude.ai`, or `*.example.com` for every "
        "name below example.com.",
        mode=AUTHORIZATION_SERVER,
        needs="",
    )
    pinned: str | None = setting(
        plain_text,
        None,
        "A folder with documents, each a file whose name ends in .json, that are used instead of "
        "those at their client_id. They are read when the server starts.",
        mode=AUTHORIZATION_SERVER,
        needs="",
    )
    scopes: frozenset[str] | None = setting(
        words,
        None,
        "The most that such a client may be granted, whose document names no scope or more; `*` is "
        "every scope but `client_registration`. Default: `oauth2.default_scopes`.",
        names=SCOPES_OR_ALL,
        mode=AUTHORIZATION_SERVER,
        needs="",
    )

    def contradictions(self, settings: Any) -> Iterator[str]:
        """Hosts belong to one mode, and there must be something that users can allow, and how."""
        name = "oauth2.client_id_metadata"
        if self.clients == ALLOWED and not self.hosts:
            yield f"{name} = {ALLOWED} allows no client: name their hosts in {name}.hosts."
        if self.clients in (PINNED, OPEN) and self.hosts:
            yield f"{name}.hosts has no effect with {name} = {self.clients}: set it to {ALLOWED}."
        grant_types = settings.grant_types or DEFAULT_GRANT_TYPES
        if self.clients != OFF and not (
            "authorization_code" in grant_types and "code" in settings.response_types
        ):
            yield (
                f"{name} = {self.clients} is for the code flow: add authorization_code to "
                "oauth2.grant_types, and code to oauth2.response_types."
            )
        if self.clients != OFF and self.scopes is None and settings.default_scopes is None:
            yield (
                f"{name} = {self.clients}, but such a client could be granted nothing: name scopes "
                f"in {name}.scopes, or in oauth2.default_scopes."
            )
