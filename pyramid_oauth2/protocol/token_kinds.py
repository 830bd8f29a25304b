"""The kinds of tokens: the name in their records, the prefix of their strings, how long they stay.

One table for the process, to which kinds are only added: a store must know the kind of any
record in it, whichever application of the process has issued it. A record of a kind that is not
in the table is stored, listed and copied like any other, and removed at its own end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from threading import Lock

from ..per_process import PerProcess

ACCESS_TOKEN = "access_token"
REFRESH_TOKEN = "refresh_token"
AUTHORIZATION_CODE = "authorization_code"
INTERACTION = "interaction"
# A secret looks like a token, so that scanners and masks find it, but is none: it has no record.
CLIENT_SECRET_PREFIX = "ocs"
SERVER_SECRET_PREFIX = "oss"
INITIAL_ACCESS_TOKEN_PREFIX = "oia"
REGISTRATION_ACCESS_TOKEN_PREFIX = "ora"
# No kind of token: a client_id is no secret. Its prefix is that of no user's subject.
CLIENT_ID_PREFIX = "oci"
SECRET_PREFIXES = {
    CLIENT_SECRET_PREFIX: "client_secret",
    SERVER_SECRET_PREFIX: "server_secret",
    INITIAL_ACCESS_TOKEN_PREFIX: "initial_access_token",
    REGISTRATION_ACCESS_TOKEN_PREFIX: "registration_access_token",
}

# A name is a column of 64 characters, and a part of Redis keys, which needs no quoting.
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
# A prefix ends at the first underscore, and needs no percent-encoding.
_PREFIX = re.compile(r"[a-z][a-z0-9]{1,15}")


@dataclass(frozen=True, slots=True)
class TokenKind:
    """A kind of token.

    :param name: ``kind`` of its records: at most 64 lower-case letters, digits and underscores.
    :param prefix: what its strings have before the underscore: 2 to 16 lower-case letters and
        digits.
    :param remembered: whether a spent one is stored as long as its grant lives, so that its
        replay is detected. A grant should have only a few of them.
    :raises ValueError: the name or the prefix has another form, or is in use for something else.
    """

    name: str
    prefix: str
    remembered: bool = False

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(
                f"{self.name!r} cannot be the name of a token kind: at most 64 lower-case "
                "letters, digits and underscores, of which the first is a letter."
            )
        if not _PREFIX.fullmatch(self.prefix):
            raise ValueError(
                f"{self.prefix!r} cannot be the prefix of a token kind: 2 to 16 lower-case "
                "letters and digits, of which the first is a letter."
            )
        if self.prefix == CLIENT_ID_PREFIX:
            raise ValueError(
                f"The token kind {self.name!r} cannot have the prefix {self.prefix!r}, which is "
                "that of a client_id."
            )
        if self.prefix in SECRET_PREFIXES:
            raise ValueError(
                f"The token kind {self.name!r} cannot have the prefix {self.prefix!r}, which is "
                f"that of a {SECRET_PREFIXES[self.prefix].replace('_', ' ')}."
            )

    def __str__(self) -> str:
        remembered = ", remembered" if self.remembered else ""
        return f"{self.name!r} (prefix {self.prefix!r}{remembered})"


_by_name: dict[str, TokenKind] = {}
_by_prefix: dict[str, TokenKind] = {}
_lock = PerProcess(Lock)


def register(kind: TokenKind) -> None:
    """Add a kind to the table; the same kind again changes nothing.

    :raises ValueError: another kind has that name or that prefix.
    """
    with _lock():
        for known in (_by_name.get(kind.name), _by_prefix.get(kind.prefix)):
            if known is not None and known != kind:
                raise ValueError(f"The token kind {kind} contradicts the token kind {known}.")
        _by_name[kind.name] = _by_prefix[kind.prefix] = kind


def registered_kinds() -> tuple[TokenKind, ...]:
    """Every kind in the table, in the order in which they were added."""
    return tuple(_by_name.values())


def kind_named(name: str) -> TokenKind:
    """Return the kind of that name.

    :raises ValueError: there is none.
    """
    kind = _by_name.get(name)
    if kind is None:
        raise ValueError(
            f"There is no token kind {name!r}: add it with config.add_oauth2_token_kind."
        )
    return kind


def kind_of_prefix(prefix: str) -> TokenKind | None:
    """Return the kind whose strings have that prefix."""
    return _by_prefix.get(prefix)


def is_remembered(name: str) -> bool:
    """Whether a spent token of that kind is stored as long as its grant lives.

    :param name: the ``kind`` of a record; False for one that is not in the table.
    """
    kind = _by_name.get(name)
    return kind is not None and kind.remembered


register(TokenKind(ACCESS_TOKEN, "oat"))
register(TokenKind(REFRESH_TOKEN, "ort"))
# RFC 6749 section 4.1.2: "If an authorization code is used more than once, the authorization
# server MUST deny the request and SHOULD revoke (when possible) all tokens previously issued
# based on that authorization code."
register(TokenKind(AUTHORIZATION_CODE, "oac", remembered=True))
register(TokenKind(INTERACTION, "oin"))
