"""The names of keys. Keys that one operation writes share a hash tag, and so a Cluster slot.

================================================  =============================================
``oauth2:{family}:g``                             a grant, or the mark of one revoked in advance
``oauth2:{family}:m``                             sorted set: its tokens, by their end
``oauth2:{family}:t:<letter><digest>``            a token of a kind that has a letter
``oauth2:{family}:t:<kind>:<digest>``             any other token
``oauth2:{family}:s:<digest>``                    the sealed answer of a token
``oauth2:r:<namespace>:<digest>``                 a reservation
``oauth2:i:subject:<subject>``                    sorted set: a user's grants, by their end
``oauth2:i:client:<client_id>``                   sorted set: a client's grants, by their end
``oauth2:consent:{subject}:c:<client_id>``        a consent
``oauth2:consent:{subject}:i``                    sorted set: a user's consents
``oauth2:i:consents:<client_id>``                 sorted set: who consented to a client, by end
``oauth2:{clients}:c:<client_id>``                a client, or the tombstone of one
``oauth2:{clients}:i:<order>``                    sorted set: all clients in an order
``oauth2:{clients}:i:<order>:<owner>``            sorted set: an owner's clients in an order
``oauth2:{entries}:e:<namespace>:<key>``          an entry
``oauth2:{entries}:n:<namespace>``                sorted set: a namespace's entries, by their end
``oauth2:{entries}:o:<owner>``                    sorted set: an owner's entries, by their end
``oauth2:throttle:<limit>:<digest>``              attempts of one source; the throttle's own
================================================  =============================================

A name that is not ours is quoted as in a URL, since it may contain a brace or a colon.

An earlier version wrote every token under the name with its kind. So a token that is not found
under the one with a letter is looked for there. No token has both.
"""

from __future__ import annotations

import re
from binascii import a2b_base64, b2a_base64
from collections.abc import Iterator
from urllib.parse import quote, unquote

from ...protocol.records import DIGEST_SIZE, Reservation, Token, TokenRef
from ...protocol.token_kinds import ACCESS_TOKEN, AUTHORIZATION_CODE, REFRESH_TOKEN

PREFIX = "oauth2:"
EVERYTHING = f"{PREFIX}*"

# A placeholder where a script takes a key of the family that a call does not need; no such key
# exists.
NOTHING = "-"

# The kinds of which there are many. An interaction has none: its digest may be derived from a
# login, which must find the one that an earlier version stored for it.
LETTERS = {ACCESS_TOKEN: "a", AUTHORIZATION_CODE: "c", REFRESH_TOKEN: "r"}
_KINDS = {letter: kind for kind, letter in LETTERS.items()}

RECORD = re.compile(
    r"oauth2:(?:"
    r"\{(?P<family>[^}]+)\}:(?:(?P<grant>g)|(?P<members>m)"
    r"|t:(?P<token>[acr][A-Za-z0-9+/]{43}|[^:]+:[0-9a-f]+)|s:(?P<answer>[0-9a-f]+))"
    r"|r:(?P<namespace>[^:]*):(?P<reserved>[0-9a-f]+)"
    r"|consent:\{(?P<subject>[^}]+)\}:c:(?P<client>.+)"
    r"|i:(?P<index>.+)"
    r")"
)

ENTRY = re.compile(
    r"oauth2:\{entries\}:(?:e:(?P<entry>(?P<namespace>[^:]+):(?P<key>[^:]+))|(?P<index>[no]:.+))"
)


def _quoted(name: str) -> str:
    # Most names need no quoting: this is faster by 0.5 us, three to ten times a request.
    return name if name.isascii() and name.isalnum() else quote(name, safe="")


def family_of(family: str) -> str:
    """Return the prefix of every key of a family."""
    return f"{PREFIX}{{{_quoted(family)}}}:"


def grant_key(family: str) -> str:
    """Return the key of a grant."""
    return f"{family_of(family)}g"


def members_key(family: str) -> str:
    """Return the key of the set of a grant's tokens."""
    return f"{family_of(family)}m"


def member(token: TokenRef | Token) -> str:
    """Return the name of a token within its family."""
    letter = LETTERS.get(token.kind)
    if letter is None or len(token.digest) != DIGEST_SIZE:
        return earlier_member(token)
    # Without the padding.
    return letter + b2a_base64(token.digest, newline=False)[:43].decode("ascii")


def earlier_member(token: TokenRef | Token) -> str:
    """Return the name of a token that an earlier version wrote, or of a kind without a letter."""
    return f"{_quoted(token.kind)}:{token.digest.hex()}"


def names_of(token: TokenRef | Token) -> Iterator[str]:
    """Iterate over the names that a token may have; the first is that of a new token."""
    name = member(token)
    yield name
    if ":" not in name:
        yield earlier_member(token)


def ref_of(family: str, name: str) -> TokenRef:
    """Return the token of a :func:`member` name.

    :raises ValueError: it is none.
    """
    kind, colon, digest = name.rpartition(":")
    if colon:
        return TokenRef(unquote(kind), family, bytes.fromhex(digest))
    if name[:1] not in _KINDS:
        raise ValueError("the name of a token has neither a letter nor a kind")
    return TokenRef(_KINDS[name[0]], family, a2b_base64(f"{name[1:]}="))


def member_key(family: str, name: str) -> str:
    """Return the key of a token by its :func:`member` name."""
    return f"{family_of(family)}t:{name}"


def token_key(token: TokenRef | Token) -> str:
    """Return the key of a new token."""
    return member_key(token.family, member(token))


def token_keys(token: TokenRef | Token) -> Iterator[str]:
    """Return the keys of which one may be that of a token, first the one of a new token."""
    return (member_key(token.family, name) for name in names_of(token))


def answer_key(family: str, digest: bytes | None) -> str:
    """Return the key of a token's sealed answer; for None a key that never exists."""
    return f"{family_of(family)}s:{NOTHING if digest is None else digest.hex()}"


def reservation_key(claim: Reservation) -> str:
    """Return the key of a reservation."""
    return f"{PREFIX}r:{_quoted(claim.namespace)}:{claim.digest.hex()}"


def subject_index(subject: str) -> str:
    """Return the key of the set of a user's grants."""
    return f"{PREFIX}i:subject:{_quoted(subject)}"


def client_index(client_id: str) -> str:
    """Return the key of the set of a client's grants."""
    return f"{PREFIX}i:client:{_quoted(client_id)}"


def consent_key(subject: str, client_id: str) -> str:
    """Return the key of a consent."""
    return f"{PREFIX}consent:{{{_quoted(subject)}}}:c:{_quoted(client_id)}"


def consents_of_subject(subject: str) -> str:
    """Return the key of the set of a user's consents."""
    return f"{PREFIX}consent:{{{_quoted(subject)}}}:i"


def consents_to_client(client_id: str) -> str:
    """Return the key of the set of users who consented to a client."""
    return f"{PREFIX}i:consents:{_quoted(client_id)}"


def client_key(client_id: str) -> str:
    """Return the key of a client."""
    return f"{PREFIX}{{clients}}:c:{_quoted(client_id)}"


def clients_index(order: str, owner: str | None = None) -> str:
    """Return the key of the set of all clients, or an owner's, in an order."""
    whose = "" if owner is None else f":{_quoted(owner)}"
    return f"{PREFIX}{{clients}}:i:{order}{whose}"


def entry_name(namespace: str, key: str) -> str:
    """Return the name of an entry within the indexes."""
    return f"{_quoted(namespace)}:{_quoted(key)}"


def entry_key(namespace: str, key: str) -> str:
    """Return the key of an entry."""
    return f"{PREFIX}{{entries}}:e:{entry_name(namespace, key)}"


def entries_in_namespace(namespace: str) -> str:
    """Return the key of the set of a namespace's entries."""
    return f"{PREFIX}{{entries}}:n:{_quoted(namespace)}"


def entries_of_owner(owner: str) -> str:
    """Return the key of the set of an owner's entries."""
    return f"{PREFIX}{{entries}}:o:{_quoted(owner)}"
