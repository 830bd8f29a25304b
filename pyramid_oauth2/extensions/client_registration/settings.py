"""The settings of registration."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from ...protocol.messages import message as _
from ...protocol.scopes import CLIENT_REGISTRATION
from ...settings.declaration import GRANT_TYPES, SCOPES, setting
from ...settings.tokens import DEFAULT_GRANT_TYPES
from ...settings.types import AUTHORIZATION_SERVER, BadValue, endpoint_url, some_words, words

TOKEN, USER, OPEN = "token", "user", "open"
MODES = ("off", TOKEN, USER, OPEN)
SCOPE = CLIENT_REGISTRATION
SCOPE_DESCRIPTION = _("Register applications in your name")
HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+(:[0-9]{1,5})?")


def who(value: str) -> str | None:
    """``off``, ``token``, ``user`` or ``open``."""
    text = str(value).strip()
    if text not in MODES:
        raise BadValue(f"write one of {', '.join(MODES)}")
    return None if text == "off" else text


def hosts(value: str | Collection[str]) -> frozenset[str]:
    """Hosts such as ``app.example``, with a port unless it is 443, separated by white space."""
    found = words(value)
    for host in sorted(found):
        if not HOST.fullmatch(host):
            raise BadValue(f"{host!r} is not a host: write it in lower case, as in app.example")
    return frozenset(host.removesuffix(":443") for host in found)


def software_issuers(value: str | Mapping[str, str]) -> Mapping[str, str]:
    """``issuer = URL of its key set``, one per line."""
    if isinstance(value, str):
        lines = [line.split(" = ", 1) for line in value.splitlines() if line.strip()]
        if any(len(pair) != 2 for pair in lines):
            raise BadValue("write one 'ISSUER = URL of its key set' a line")
        value = {issuer.strip(): url for issuer, url in lines}
    return MappingProxyType({str(issuer): endpoint_url(url) for issuer, url in value.items()})


def most_unused(value: str | int) -> int:
    """A number from 1 to 10000."""
    text = str(value).strip()
    if not re.fullmatch("[0-9]{1,5}", text) or not 1 <= int(text) <= 10_000:
        raise BadValue("write a number from 1 to 10000")
    return int(text)


@dataclass(frozen=True)
class RegistrationSettings:
    """Registration of clients by themselves.

    Only for an authorization server.
    """

    who: str | None = setting(
        who,
        None,
        "Which clients may register themselves (RFC 7591): token, those with an initial access "
        "token, which `poauth2 registration-token add` makes; user, also those with the access "
        "token of a user, who becomes the owner; open, all. Default: off, none.",
        key="",
        mode=AUTHORIZATION_SERVER,
    )
    scopes: frozenset[str] | None = setting(
        some_words,
        None,
        "The scopes that such a client may have at most. Default: all but `client_registration`. "
        "An initial access token may have a limit of its own.",
        limit=True,
        names=SCOPES,
        mode=AUTHORIZATION_SERVER,
        needs="",
    )
    grant_types: frozenset[str] = setting(
        some_words,
        frozenset({"authorization_code", "refresh_token"}),
        "The grant types that such a client may have. With client_credentials it can get tokens "
        "without a user, and it is never removed as unused.",
        names=GRANT_TYPES,
        mode=AUTHORIZATION_SERVER,
        needs="",
    )
    redirect_hosts: frozenset[str] = setting(
        hosts,
        frozenset(),
        "The hosts that its https redirect URIs may have. Default: any. Loopback hosts and "
        "schemes of apps are allowed anyway.",
        mode=AUTHORIZATION_SERVER,
        needs="",
    )
    software_issuers: Mapping[str, str] = setting(
        software_issuers,
        MappingProxyType({}),
        "The issuers whose software statements are accepted (RFC 7591 section 3.1.1), one per "
        "line, each with the URL of its key set (RFC 7517): `ISSUER = URL`. What a statement says "
        "of a client counts more than what the client says. Default: none, a client with a "
        "statement is refused.",
        mode=AUTHORIZATION_SERVER,
        needs="",
    )
    max_unused: int = setting(
        most_unused,
        1000,
        "With open: how many clients there may be that registered themselves and were never used. "
        "One that was not used within a day is removed; if there are as many, within an hour.",
        mode=AUTHORIZATION_SERVER,
        any_of=("registration = open",),
    )

    def contradictions(self, settings: Any) -> Iterator[str]:
        """A client that registers itself can have some grant type."""
        enabled = settings.grant_types or DEFAULT_GRANT_TYPES
        implicit = {"implicit"} if "token" in settings.response_types else set()
        if self.who is not None and not self.grant_types & (enabled | implicit):
            yield (
                "oauth2.registration.grant_types names none of those that oauth2.grant_types "
                f"enables, so no client could register itself: {', '.join(sorted(enabled))}."
            )
