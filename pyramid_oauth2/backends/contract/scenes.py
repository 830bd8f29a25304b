"""Records for two calls that meet: what is there before, and what is there afterwards.

Each scene has records of its own, with random names. What is seen of it has the labels of
these names, so that two scenes can be compared.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, Protocol

from pyramid_oauth2.protocol.records import (
    ACCESS_TOKEN,
    AUTHORIZATION_CODE,
    REFRESH_TOKEN,
    Grant,
    Outcome,
    Token,
    kept_until,
)

from .factories import (
    DAY,
    MINUTE,
    NOW,
    every,
    new_answer,
    new_attempt,
    new_client,
    new_consent,
    new_digest,
    new_entry,
    new_grant,
    new_token,
)

# Who makes a call.
CALLERS = ("first", "second")
SOON = NOW + MINUTE
END = NOW + DAY


class Scene(Protocol):
    """Records of one store, for one pair of calls."""

    names: Mapping[Any, str]

    def lay(self, store: Any) -> None:
        """Write what is there before."""

    def look(self, store: Any, purged_at: int = 0) -> Mapping[str, Any]:
        """Read everything that the calls can have changed.

        :param purged_at: what a purge at that time removes is left out: a store that removes
            expired records by itself need not do it at a purge.
        """


def labelled(value: Any, names: Mapping[Any, str]) -> Any:
    """A value with the labels of its random names, and sets in order: to be compared."""
    if isinstance(value, str | bytes | int | None | Enum):
        return names.get(value, value)
    if is_dataclass(value):
        return labelled({each.name: getattr(value, each.name) for each in fields(value)}, names)
    if isinstance(value, Mapping):
        return {name: labelled(each, names) for name, each in value.items()}
    if isinstance(value, set | frozenset):
        return sorted((labelled(each, names) for each in value), key=repr)
    return [labelled(each, names) for each in value]


def differences(seen: Any, expected: Any, path: str = "") -> Iterator[str]:
    """Where two labelled values differ, a line for each place."""
    if isinstance(seen, dict) and isinstance(expected, dict) and seen.keys() == expected.keys():
        for name in seen:
            yield from differences(seen[name], expected[name], f"{path}.{name}" if path else name)
    elif isinstance(seen, list) and isinstance(expected, list) and len(seen) == len(expected):
        for number, (one, other) in enumerate(zip(seen, expected, strict=True)):
            yield from differences(one, other, f"{path}[{number}]")
    elif seen != expected:
        yield f"{path} is {seen!r} instead of {expected!r}"


class GrantScene:
    """A grant with a refresh token that ends soon, and an access token."""

    def __init__(self) -> None:
        self.grant = new_grant(subject=f"user-{secrets.token_hex(8)}")
        self.refresh = new_token(REFRESH_TOKEN, self.grant, expires_at=SOON)
        self.access = new_token(ACCESS_TOKEN, self.grant, parent=new_digest())
        self.fruits = {
            who: new_token(ACCESS_TOKEN, self.grant, parent=self.refresh.digest) for who in CALLERS
        }
        self.attempts = {who: new_attempt() for who in CALLERS}
        self.answers = {who: new_answer(expires_at=SOON + MINUTE) for who in CALLERS}
        self.added = new_token(ACCESS_TOKEN, self.grant)
        self.names = labels_of(
            {
                "grant": self.grant.id,
                "user": self.grant.subject,
                "refresh": self.refresh.digest,
                "access": self.access.digest,
                "parent": self.access.parent,
                "added": self.added.digest,
            },
            fruit={who: token.digest for who, token in self.fruits.items()},
            attempt=self.attempts,
            answer={who: answer.data for who, answer in self.answers.items()},
        )

    def lay(self, store: Any) -> None:
        """Open the grant."""
        assert store.open(self.grant, [self.refresh, self.access], NOW)

    def look(self, store: Any, purged_at: int = 0) -> Mapping[str, Any]:
        """Find each token, and list the grant's and the user's."""
        tokens = (self.refresh, self.access, self.added, *self.fruits.values())
        return {
            **found_of(self, store, tokens, purged_at),
            **listed_of(store, self.grant, purged_at),
        }


class EndingScene:
    """A grant that ends soon, with a refresh token that can extend it, and its spent code."""

    def __init__(self) -> None:
        self.grant = new_grant(
            subject=f"user-{secrets.token_hex(8)}", expires_at=SOON, absolute_end=END
        )
        self.code = new_token(AUTHORIZATION_CODE, self.grant)
        self.refresh = new_token(REFRESH_TOKEN, self.grant)
        self.fruits = {
            who: new_token(REFRESH_TOKEN, self.grant, parent=self.refresh.digest, expires_at=END)
            for who in CALLERS
        }
        self.spent_by = new_attempt()
        self.attempts = {who: new_attempt() for who in CALLERS}
        self.names = labels_of(
            {
                "grant": self.grant.id,
                "user": self.grant.subject,
                "code": self.code.digest,
                "refresh": self.refresh.digest,
                "redeemed": self.spent_by,
            },
            fruit={who: token.digest for who, token in self.fruits.items()},
            attempt=self.attempts,
        )

    def lay(self, store: Any) -> None:
        """Open the grant, and spend the code."""
        assert store.open(self.grant, [self.code, self.refresh], NOW)
        assert store.redeem(self.code, NOW, self.spent_by, []).outcome is Outcome.WON

    def look(self, store: Any, purged_at: int = 0) -> Mapping[str, Any]:
        """Find each token, and list the user's grants."""
        tokens = (self.code, self.refresh, *self.fruits.values())
        grants = every(store.grants, subject=self.grant.subject)
        return {
            **found_of(self, store, tokens, purged_at),
            "grants of the user": {each for each in grants if each.expires_at > purged_at},
        }


class ClientScene:
    """A client."""

    def __init__(self) -> None:
        self.client = new_client(owner=f"user-{secrets.token_hex(8)}", client_name="before")
        self.names = labels_of({"client": self.client.client_id, "user": self.client.owner})

    def lay(self, store: Any) -> None:
        """Add the client."""
        store.add(self.client)

    def look(self, store: Any, purged_at: int = 0) -> Mapping[str, Any]:
        """Read it, and list its owner's."""
        return {
            "client": store.get(self.client.client_id),
            "deleted": store.was_deleted(self.client.client_id),
            "clients of the owner": list(every(store.search, owner=self.client.owner)),
        }


class NoClientScene(ClientScene):
    """A client that is not there yet."""

    def lay(self, store: Any) -> None:
        """Nothing is there."""


class ConsentScene:
    """A consent that ends soon."""

    def __init__(self) -> None:
        self.consent = new_consent(subject=f"user-{secrets.token_hex(8)}", expires_at=SOON)
        self.names = labels_of({"user": self.consent.subject})

    def lay(self, store: Any) -> None:
        """Put the consent."""
        assert store.put(self.consent, None)

    def look(self, store: Any, purged_at: int = 0) -> Mapping[str, Any]:
        """Read it, and list the user's."""
        subject = self.consent.subject
        found = [store.get(subject, self.consent.client_id), *every(store.list, subject=subject)]
        return {"consents": [each for each in found if each and each.expires_at > purged_at]}


class NoConsentScene(ConsentScene):
    """A consent that is not there yet."""

    def lay(self, store: Any) -> None:
        """Nothing is there."""


class EntryScene:
    """An entry that ends soon."""

    def __init__(self) -> None:
        self.entry = new_entry(
            namespace=f"scene-{secrets.token_hex(8)}",
            owner=f"user-{secrets.token_hex(8)}",
            expires_at=SOON,
        )
        self.names = labels_of(
            {
                "user": self.entry.owner,
                "key": self.entry.key,
                "namespace": self.entry.namespace,
            }
        )

    def lay(self, store: Any) -> None:
        """Put the entry."""
        assert store.put(self.entry, None)

    def look(self, store: Any, purged_at: int = 0) -> Mapping[str, Any]:
        """Read it, and list its owner's."""
        namespace, key, owner = self.entry.namespace, self.entry.key, self.entry.owner
        found = {
            "entry": [store.get(namespace, key)],
            "entries of the owner": every(store.list, owner=owner),
            "entries of the namespace": every(store.list, namespace=namespace),
        }
        return {
            name: [each for each in entries if each and (each.expires_at or END) > purged_at]
            for name, entries in found.items()
        }


class NoEntryScene(EntryScene):
    """An entry that is not there yet."""

    def lay(self, store: Any) -> None:
        """Nothing is there."""


def found_of(
    scene: Scene, store: Any, tokens: Iterable[Token], purged_at: int
) -> Mapping[str, Any]:
    """Find tokens of a scene: each is None if it is not there, or would be purged."""
    found = {scene.names[token.digest]: store.find(token.ref) for token in tokens}
    return {
        label: None if each is None or _is_purged(each[0], each[1], purged_at) else each
        for label, each in found.items()
    }


def listed_of(store: Any, grant: Grant, purged_at: int) -> Mapping[str, Any]:
    """List the tokens of a grant, and the grants of its user."""
    grants = set(every(store.grants, subject=grant.subject))
    present = next(iter(grants), None)
    tokens = every(store.tokens, grant_id=grant.id)
    return {
        "tokens of the grant": {
            each for each in tokens if not _is_purged(each, present, purged_at)
        },
        "grants of the user": grants,
    }


def _is_purged(token: Token, grant: Grant | None, purged_at: int) -> bool:
    return kept_until(token, grant.expires_at if grant else None) <= purged_at


def labels_of(single: Mapping[str, Any], **several: Mapping[str, Any]) -> Mapping[Any, str]:
    """The labels of random names, by the names: of single ones, and of one for each caller."""
    named = {value: label for label, value in single.items()}
    for label, values in several.items():
        named |= {value: f"{label} of {who}" for who, value in values.items()}
    return named
