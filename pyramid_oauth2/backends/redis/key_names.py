"""The names of keys. Keys that one operation writes share a hash tag, and so a Cluster slot.

================================================  =============================================
``oauth2:{family}:g``                             a grant, or the mark of one revoked in advance
``oauth2:{family}:m``                             sorted set: its tokens, by their end
``oauth2:{family}:t:<kind>:<digest>``             a token
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
"""

from __future__ import annotations

import re
from functools import partial
from urllib.parse import quote, unquote

from ...protocol.records import Reservation, Token, TokenRef

PREFIX = "oauth2:"
EVERYTHING = f"{PREFIX}*"

# A placeholder where a script takes a key of the family that a call does not need; no such key
# exists.
NOTHING = "-"

_quoted = partial(quote, safe="")

RECORD = re.compile(
    r"oauth2:(?:"
    r"\{(?P<family>[^}]+)\}:(?:(?P<grant>g)|(?P<members>m)"
    r"|t:(?P<token>(?P<kind>[^:]+):(?P<digest>[0-9a-f]+))|s:(?P<answer>[0-9a-f]+))"
    r"|r:(?P<namespace>[^:]*):(?P<reserved>[0-9a-f]+)"
    r"|consent:\{(?P<subject>[^}]+)\}:c:(?P<client>.+)"
    r"|i:(?P<index>.+)"
    r")"
)

ENTRY = re.compile(
    r"oauth2:\{entries\}:(?:e:(?P<entry>(?P<namespace>[^:]+):(?P<key>[^:]+))|(?P<index>[no]:.+))"
)


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
    return f"{_quoted(token.kind)}:{token.digest.hex()}"


def ref_of(family: str, name: str) -> TokenRef:
    """Return the token of a :func:`member` name."""
    kind, _, digest = name.rpartition(":")
    return TokenRef(unquote(kind), family, bytes.fromhex(digest))


def member_key(family: str, name: str) -> str:
    """Return the key of a token by its :func:`member` name."""
    return f"{family_of(family)}t:{name}"


def token_key(token: TokenRef | Token) -> str:
    """Return the key of a token."""
    return member_key(token.family, member(token))


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
