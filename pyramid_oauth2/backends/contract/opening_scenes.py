"""Records for two calls that meet where a grant is opened."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pyramid_oauth2.protocol.records import INTERACTION, REFRESH_TOKEN, Outcome

from .factories import NOW, every, new_attempt, new_digest, new_grant, new_token
from .scenes import CALLERS, SOON, found_of, labels_of, listed_of


class OpeningScene:
    """A token that stands alone, such as an interaction, and a grant that is not there yet."""

    def __init__(self) -> None:
        self.grant = new_grant(subject=f"user-{secrets.token_hex(8)}")
        self.alone = new_token(INTERACTION, family=self.grant.id, expires_at=SOON)
        self.first = new_token(REFRESH_TOKEN, self.grant)
        self.claim = new_digest()
        self.attempts = {who: new_attempt() for who in CALLERS}
        self.names = labels_of(
            {
                "grant": self.grant.id,
                "user": self.grant.subject,
                "alone": self.alone.digest,
                "token": self.first.digest,
            },
            attempt=self.attempts,
        )

    def lay(self, store: Any) -> None:
        """Store the token that stands alone, and a claim that has ended."""
        assert store.open(None, [self.alone], NOW)
        assert store.reserve("scene", self.claim, NOW, NOW - 1)

    def look(self, store: Any, purged_at: int = 0) -> Mapping[str, Any]:
        """Find both tokens, and list what there is."""
        return {
            **found_of(self, store, (self.alone, self.first), purged_at),
            **listed_of(store, self.grant, purged_at),
        }


class ChangedUserScene(OpeningScene):
    """The same, after the decision of another user that came too late."""

    def __init__(self) -> None:
        super().__init__()
        self.another = f"user-{secrets.token_hex(8)}"
        self.names = {**self.names, self.another: "another user"}

    def lay(self, store: Any) -> None:
        """Store the token that stands alone, and decide for the other user at its end."""
        super().lay(store)
        lost = replace(self.grant, subject=self.another)
        late = store.redeem(self.alone, SOON, new_attempt(), [], lost)
        assert late.outcome is Outcome.EXPIRED

    def look(self, store: Any, purged_at: int = 0) -> Mapping[str, Any]:
        """Find both tokens, and list what there is of each user."""
        another = set(every(store.grants, subject=self.another))
        return {**super().look(store, purged_at), "grants of another user": another}
