"""Everything that changes a record: each pair of these is run against each other.

A writer returns the call of a caller, as a function of the store that can be pickled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from operator import methodcaller
from typing import Any, TypeAlias

from pyramid_oauth2.protocol.records import Outcome, Redemption

from .factories import DAY, HOUR, MINUTE, NOW
from .opening_scenes import ChangedUserScene, OpeningScene
from .scenes import (
    SOON,
    ClientScene,
    ConsentScene,
    EndingScene,
    EntryScene,
    GrantScene,
    NoClientScene,
    NoConsentScene,
    NoEntryScene,
    Scene,
)

Writer: TypeAlias = Callable[[Any, str], Callable[[Any], Any]]

REVOKE_SUBJECT, PURGE = "revoke_subject", "purge"
LAST = SOON - 1  # The last second of what ends soon.


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """The writers of one scene, by name.

    Each is one step by the interface; so an import is of one record, since those of several
    are separate.

    :param silent: those whose result may differ from store to store.
    :param refused: the results of those that open a grant, if its user's are revoked meanwhile.
    """

    role: str
    scene: Callable[[], Scene]
    writers: Mapping[str, Writer]
    silent: frozenset[str] = frozenset({PURGE})
    refused: Mapping[str, Any] = field(default_factory=dict)


def _redeem(scene: GrantScene, who: str) -> Any:
    return methodcaller(
        "redeem",
        scene.refresh,
        LAST,
        scene.attempts[who],
        [scene.fruits[who]],
        grant_expires_at=NOW + 2 * HOUR,
        sealed_answer=scene.answers[who],
        retire=[scene.access.ref],
    )


def _redeem_access(scene: GrantScene, who: str) -> Any:
    return methodcaller(
        "redeem", scene.access, LAST, scene.attempts[who], [], grant_expires_at=NOW + 3 * HOUR
    )


def _extend(scene: EndingScene, who: str) -> Any:
    return methodcaller(
        "redeem",
        scene.refresh,
        LAST,
        scene.attempts[who],
        [scene.fruits[who]],
        grant_expires_at=NOW + 2 * HOUR,
    )


def _open(scene: OpeningScene, _who: str) -> Any:
    return methodcaller("open", scene.grant, [scene.first], NOW)


def _redeem_into(scene: OpeningScene, who: str) -> Any:
    return methodcaller("redeem", scene.alone, NOW, scene.attempts[who], [scene.first], scene.grant)


GRANTS = Table(
    "grants",
    GrantScene,
    {
        "redeem": _redeem,
        "redeem_access": _redeem_access,
        "amend": lambda scene, who: methodcaller(
            "amend", scene.refresh.ref, 0, {"data": who.encode(), "expires_at": SOON + MINUTE}
        ),
        "amend_access": lambda scene, who: methodcaller(
            "amend", scene.access.ref, 0, {"data": who.encode()}
        ),
        "add": lambda scene, _: methodcaller("add", scene.grant.id, [scene.added], NOW),
        "revoke_token": lambda scene, _: methodcaller("revoke_token", scene.refresh.ref, NOW),
        "revoke_access": lambda scene, _: methodcaller("revoke_token", scene.access.ref, NOW),
        "revoke_grant": lambda scene, who: methodcaller("revoke_grant", scene.grant.id, NOW, who),
        REVOKE_SUBJECT: lambda scene, who: methodcaller(
            "revoke_subject", scene.grant.subject, NOW, who
        ),
        "import": lambda scene, _: methodcaller("import_", [scene.added]),
        PURGE: lambda _scene, _who: methodcaller("purge", SOON),
    },
)

ENDING = Table(
    "grants",
    EndingScene,
    {"extend": _extend, PURGE: lambda _scene, _who: methodcaller("purge", SOON)},
    # Within a purge the token may be missing, or the grant: then the token is dead.
    silent=frozenset({"extend", PURGE}),
)

_OPENING_WRITERS: Mapping[str, Writer] = {
    "open": _open,
    "redeem_into": _redeem_into,
    "import_grant": lambda scene, _: methodcaller("import_", [scene.grant]),
    "import_token": lambda scene, _: methodcaller("import_", [scene.first]),
    REVOKE_SUBJECT: lambda scene, who: methodcaller(
        "revoke_subject", scene.grant.subject, NOW, who
    ),
    "revoke_token": lambda scene, _: methodcaller("revoke_token", scene.alone.ref, NOW),
    "amend": lambda scene, who: methodcaller("amend", scene.alone.ref, 0, {"data": who.encode()}),
    "reserve": lambda scene, _: methodcaller("reserve", "scene", scene.claim, SOON, NOW),
    PURGE: lambda _scene, _who: methodcaller("purge", SOON),
}
_REFUSED = {"open": False, "redeem_into": Redemption(Outcome.DEAD), "import_grant": 0}
OPENING = Table("grants", OpeningScene, _OPENING_WRITERS, refused=_REFUSED)


def _revoke_another(scene: ChangedUserScene, who: str) -> Any:
    return methodcaller("revoke_subject", scene.another, NOW, who)


CHANGED_USER = Table(
    "grants",
    ChangedUserScene,
    {
        "revoke_another": _revoke_another,
        **{
            name: _OPENING_WRITERS[name]
            for name in ("open", "redeem_into", "import_grant", "import_token", REVOKE_SUBJECT)
        },
    },
    refused=_REFUSED,
)


def _edit(scene: ClientScene, who: str) -> Any:
    return methodcaller("edit", scene.client.client_id, 0, {"client_name": who, "updated_at": 7})


_CLIENT_WRITERS: Mapping[str, Writer] = {
    "add": lambda scene, who: methodcaller("add", replace(scene.client, client_name=who)),
    "edit": _edit,
    "enable": lambda scene, _: methodcaller(
        "edit", scene.client.client_id, 0, {"disabled_at": None, "owner": None}
    ),
    "withdraw": lambda scene, _: methodcaller("raise_epoch", scene.client.client_id, NOW),
    "disable": lambda scene, _: methodcaller(
        "raise_epoch", scene.client.client_id, NOW, disabled_at=NOW
    ),
    "delete": lambda scene, _: methodcaller("delete", scene.client.client_id, NOW),
    "import": lambda scene, who: methodcaller("import_", [replace(scene.client, client_name=who)]),
    "import_tombstone": lambda scene, _: methodcaller("import_", [scene.client.client_id]),
}
CLIENTS = Table("clients", ClientScene, _CLIENT_WRITERS)
NO_CLIENT = Table("clients", NoClientScene, _CLIENT_WRITERS)


def _consent(scene: ConsentScene, who: str) -> Any:
    return replace(scene.consent, scope=frozenset({who}), expires_at=NOW + DAY)


_CONSENT_WRITERS: Mapping[str, Writer] = {
    "insert": lambda scene, who: methodcaller("put", _consent(scene, who), None),
    "replace": lambda scene, who: methodcaller("put", _consent(scene, who), 0),
    "forget": lambda scene, _: methodcaller(
        "forget", scene.consent.subject, scene.consent.client_id
    ),
    "import": lambda scene, who: methodcaller("import_", [_consent(scene, who)]),
    PURGE: lambda _scene, _who: methodcaller("purge", SOON),
}
CONSENTS = Table("consents", ConsentScene, _CONSENT_WRITERS)
NO_CONSENT = Table("consents", NoConsentScene, _CONSENT_WRITERS)


def _entry(scene: EntryScene, who: str) -> Any:
    return replace(scene.entry, data=who.encode(), owner=None, expires_at=NOW + DAY)


_ENTRY_WRITERS: Mapping[str, Writer] = {
    "insert": lambda scene, who: methodcaller("put", _entry(scene, who), None),
    "replace": lambda scene, who: methodcaller("put", _entry(scene, who), 0),
    "delete": lambda scene, _: methodcaller("delete", scene.entry.namespace, scene.entry.key),
    "delete_version": lambda scene, _: methodcaller(
        "delete", scene.entry.namespace, scene.entry.key, 0
    ),
    "import": lambda scene, who: methodcaller("import_", [_entry(scene, who)]),
    PURGE: lambda _scene, _who: methodcaller("purge", SOON),
}
ENTRIES = Table("entries", EntryScene, _ENTRY_WRITERS)
NO_ENTRY = Table("entries", NoEntryScene, _ENTRY_WRITERS)
