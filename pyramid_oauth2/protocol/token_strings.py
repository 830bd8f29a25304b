"""Token strings: how they are made, parsed and digested.

``<prefix>_<family: 16><secret: 43><checksum: 6>`` in base 62. Strict clients
percent-encode everything but letters and digits, and with this alphabet they
have nothing to encode. The prefix lets secret scanners recognise a leaked
token; the checksum lets the server refuse garbage without a read; the family
lets the store find the token and its grant in one read. The family is an
identifier, never a proof: all 256 bits of proof are in the secret.
"""

from __future__ import annotations

import hashlib
import string
import zlib
from collections.abc import Callable
from typing import NamedTuple

from .records import TokenRef
from .token_kinds import (
    CLIENT_ID_PREFIX,
    CLIENT_SECRET_PREFIX,
    INITIAL_ACCESS_TOKEN_PREFIX,
    REGISTRATION_ACCESS_TOKEN_PREFIX,
    SECRET_PREFIXES,
    SERVER_SECRET_PREFIX,
    kind_named,
    kind_of_prefix,
    registered_kinds,
)

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
FAMILY_LENGTH = 16  # 95 bits: two families never coincide by chance
SECRET_LENGTH = 43  # 256 bits
CHECKSUM_LENGTH = 6  # CRC-32 in base 62
CLIENT_ID_RANDOM_LENGTH = 24
TOKEN_LENGTH = FAMILY_LENGTH + SECRET_LENGTH + CHECKSUM_LENGTH  # after the prefix

# Of each random byte, the character. 248 is the largest multiple of 62 in a byte: the eight
# bytes from there on are dropped, since modulo 62 they would favour eight characters.
_CHARACTERS = bytes(ord(ALPHABET[byte % 62]) for byte in range(256))
_SURPLUS = bytes(range(248, 256))

# Two digits of base 62 at a time, in half the time: every presented token is checked.
_PAIRS = tuple(first + second for first in ALPHABET for second in ALPHABET)

RandomBytes = Callable[[int], bytes]


class NewToken(NamedTuple):
    """A token string, to be handed out once, and where its record is stored."""

    value: str
    ref: TokenRef

    def __repr__(self) -> str:
        return f"NewToken({self.ref!r})"


def random_text(length: int, random: RandomBytes) -> str:
    """Draw *length* characters uniformly from the alphabet."""
    text = b""
    while len(text) < length:
        text += random(length * 2).translate(_CHARACTERS, _SURPLUS)
    return text[:length].decode()


def new_family(random: RandomBytes) -> str:
    """Draw the identifier of a new family."""
    return random_text(FAMILY_LENGTH, random)


def new_token(kind: str, family: str, random: RandomBytes) -> NewToken:
    """Make a token string of *kind* in *family*.

    :param kind: the name of a :class:`~.token_kinds.TokenKind`.
    :raises ValueError: there is no such kind.
    """
    body = f"{kind_named(kind).prefix}_{family}{random_text(SECRET_LENGTH, random)}"
    value = body + _checksum(body)
    return NewToken(value, TokenRef(kind, family, digest(value)))


def parse_token(value: str) -> TokenRef | None:
    """Return where the record of a token string is stored; None if it is malformed."""
    prefix, _, rest = value.partition("_")
    kind = kind_of_prefix(prefix)
    if kind is None or not _has_token_form(value, rest):
        return None
    return TokenRef(kind.name, rest[:FAMILY_LENGTH], digest(value))


def is_token_of_any_kind(value: str) -> bool:
    """Whether a string has the form of a token, also of a kind that this process does not know."""
    return _has_token_form(value, value.partition("_")[2])


def has_our_prefix(value: str) -> bool:
    """Whether a string has a prefix of this server's tokens, valid or not."""
    prefix, separator, _ = value.partition("_")
    if not separator:
        return False
    return kind_of_prefix(prefix) is not None or prefix in SECRET_PREFIXES


def our_prefixes() -> dict[str, str]:
    """What a string with each prefix is: the kind of a token, or of a secret."""
    kinds = {kind.prefix: kind.name for kind in registered_kinds()}
    return kinds | SECRET_PREFIXES


def new_client_id(random: RandomBytes) -> str:
    """Draw a client_id: ``oci_<random: 24>``, which no user's subject begins with.

    :param random: for example ``os.urandom``.
    """
    return f"{CLIENT_ID_PREFIX}_{random_text(CLIENT_ID_RANDOM_LENGTH, random)}"


def is_drawn_client_id(value: str) -> bool:
    """Whether *value* begins as each client_id does that the server draws."""
    return value.startswith(f"{CLIENT_ID_PREFIX}_")


def new_client_secret(random: RandomBytes) -> str:
    """Draw a client secret: ``ocs_<secret: 43><checksum: 6>``.

    :param random: for example ``os.urandom``.
    """
    return _new_secret(CLIENT_SECRET_PREFIX, random)


def new_server_secret(random: RandomBytes) -> str:
    """Draw a secret for ``oauth2.secret``: ``oss_<secret: 43><checksum: 6>``.

    :param random: for example ``os.urandom``.
    """
    return _new_secret(SERVER_SECRET_PREFIX, random)


def new_initial_access_token(random: RandomBytes) -> str:
    """Draw an initial access token (RFC 7591 section 1.2): ``oia_<secret: 43><checksum: 6>``."""
    return _new_secret(INITIAL_ACCESS_TOKEN_PREFIX, random)


def new_registration_access_token(random: RandomBytes) -> str:
    """Draw a registration access token (RFC 7592 section 1.2): ``ora_<secret: 43><checksum: 6>``.

    :param random: for example ``os.urandom``.
    """
    return _new_secret(REGISTRATION_ACCESS_TOKEN_PREFIX, random)


def _new_secret(prefix: str, random: RandomBytes) -> str:
    body = f"{prefix}_{random_text(SECRET_LENGTH, random)}"
    return body + _checksum(body)


def is_client_secret(value: str) -> bool:
    """Whether *value* has the form that :func:`new_client_secret` makes."""
    return _is_secret(CLIENT_SECRET_PREFIX, value)


def is_server_secret(value: str) -> bool:
    """Whether *value* has the form that :func:`new_server_secret` makes."""
    return _is_secret(SERVER_SECRET_PREFIX, value)


def is_initial_access_token(value: str) -> bool:
    """Whether *value* has the form that :func:`new_initial_access_token` makes."""
    return _is_secret(INITIAL_ACCESS_TOKEN_PREFIX, value)


def is_registration_access_token(value: str) -> bool:
    """Whether *value* has the form that :func:`new_registration_access_token` makes."""
    return _is_secret(REGISTRATION_ACCESS_TOKEN_PREFIX, value)


def _is_secret(kind: str, value: str) -> bool:
    prefix, _, rest = value.partition("_")
    return (
        prefix == kind
        and len(rest) == SECRET_LENGTH + CHECKSUM_LENGTH
        and _well_formed(value, rest)
    )


def digest(value: str) -> bytes:
    """SHA-256 of a token string, the only trace of it that is stored.

    256 random bits need no slow hash: they cannot be guessed.
    """
    return hashlib.sha256(value.encode()).digest()


def _has_token_form(value: str, rest: str) -> bool:
    return len(rest) == TOKEN_LENGTH and _well_formed(value, rest)


def _well_formed(value: str, rest: str) -> bool:
    # isalnum alone would also accept letters and digits of other scripts.
    if not (rest.isascii() and rest.isalnum()):
        return False
    return _checksum(value[:-CHECKSUM_LENGTH]) == value[-CHECKSUM_LENGTH:]


def _checksum(body: str) -> str:
    upper, low = divmod(zlib.crc32(body.encode()), len(_PAIRS))
    high, middle = divmod(upper, len(_PAIRS))
    return _PAIRS[high] + _PAIRS[middle] + _PAIRS[low]
