"""Listing grants and tokens, page by page, while others write."""

from __future__ import annotations

from typing import Any

import pytest

from pyramid_oauth2.protocol.records import Outcome

from .factories import (
    HOUR,
    NOW,
    every,
    new_attempt,
    new_grant,
    new_token,
    refuse_limit_below_one,
    take_made_up,
)
from .harness import Contract

SOME = 20


class Listings(Contract):
    """A listing shows everything that exists throughout."""

    @pytest.mark.parametrize("limit", [1, 7, SOME, SOME + 1])
    def test_list_grants_in_pages(self, limit: int) -> None:
        grants = [new_grant() for _ in range(SOME)]
        self.grants.import_([*grants, new_grant(subject="bob")])
        listed = list(every(self.grants.grants, subject="alice", limit=limit))
        assert len(listed) == SOME
        assert set(listed) == set(grants)

    def test_list_grants_by_user_by_client_and_by_both(self) -> None:
        grants = {
            (subject, client_id): new_grant(subject=subject, client_id=client_id)
            for subject in ("alice", "bob")
            for client_id in ("one", "two")
        }
        self.grants.import_(grants.values())

        def listed(**arguments: Any) -> set[tuple[str, str]]:
            return {(g.subject, g.client_id) for g in every(self.grants.grants, **arguments)}

        assert listed(subject="alice") == {("alice", "one"), ("alice", "two")}
        assert listed(client_id="two") == {("alice", "two"), ("bob", "two")}
        assert listed(subject="bob", client_id="one") == {("bob", "one")}
        assert listed(subject="carol") == set()

    def test_list_grants_of_a_user_for_one_client_among_many(self) -> None:
        """Also if most of the user's grants are for others, and most of the client's of others."""
        wanted = [new_grant() for _ in range(3 * SOME)]
        others = [
            new_grant(**of)
            for of in ({"client_id": "other"}, {"subject": "bob"})
            for _ in range(6 * SOME)
        ]
        self.grants.import_([*wanted, *others])
        of = {"subject": "alice", "client_id": "client"}
        listed = list(every(self.grants.grants, limit=SOME, **of))
        assert len(listed) == len(wanted)
        assert set(listed) == set(wanted)

    def test_list_grants_of_nobody_in_particular(self) -> None:
        with pytest.raises(ValueError):
            self.grants.grants()

    @pytest.mark.parametrize("limit", [1, 7, SOME, SOME + 1])
    def test_list_tokens_in_pages(self, limit: int) -> None:
        grant, other = new_grant(), new_grant()
        tokens = [new_token(grant=grant) for _ in range(SOME)]
        self.grants.import_([grant, other, *tokens, new_token(grant=other)])
        listed = list(every(self.grants.tokens, grant_id=grant.id, limit=limit))
        assert len(listed) == SOME
        assert set(listed) == set(tokens)

    def test_list_tokens_of_no_grant(self) -> None:
        assert list(every(self.grants.tokens, grant_id=new_grant().id)) == []

    def test_a_cursor_that_somebody_made_up(self) -> None:
        """It gives some page, or ``NotACursor``; no other exception."""
        self.grants.import_([grant := new_grant(), new_token(grant=grant)])
        for of in ({"client_id": grant.client_id}, {"subject": grant.subject}):
            take_made_up(self.grants.grants, **of)
        take_made_up(self.grants.tokens, grant_id=grant.id)
        take_made_up(self.grants.export)

    def test_page_of_no_records(self) -> None:
        self.grants.import_([grant := new_grant(), new_token(grant=grant)])
        for of in ({"client_id": grant.client_id}, {"subject": grant.subject}):
            refuse_limit_below_one(self.grants.grants, **of)
        refuse_limit_below_one(self.grants.tokens, grant_id=grant.id)
        refuse_limit_below_one(self.grants.export)

    def test_list_grants_completely_while_others_come(self) -> None:
        staying = [new_grant() for _ in range(SOME)]
        self.grants.import_(staying)
        listed = set()
        for grant in every(self.grants.grants, subject="alice", limit=3):
            listed.add(grant)
            if len(listed) < 2 * SOME:
                assert self.grants.open(new_grant(), [], NOW)
        assert listed >= set(staying)

    def test_list_grants_completely_while_the_listed_ones_go(self) -> None:
        opened = [self.opened(expires_at=NOW + 1) for _ in range(2 * SOME)]
        first = self.grants.grants(subject="alice", limit=SOME)
        listed = {grant.id for grant in first.items}
        staying = {grant.id: token for grant, token in opened if grant.id not in listed}
        for token in staying.values():
            won = self.grants.redeem(token, NOW, new_attempt(), [], grant_expires_at=NOW + HOUR)
            assert won.outcome is Outcome.WON
        self.grants.purge(NOW + 1)
        second = self.grants.grants(subject="alice", cursor=first.cursor, limit=2 * SOME)
        assert {grant.id for grant in second.items} >= staying.keys()

    def test_list_tokens_completely_while_others_come(self) -> None:
        grant = new_grant()
        staying = [new_token(grant=grant) for _ in range(SOME)]
        self.grants.import_([grant, *staying])
        listed = set()
        for token in every(self.grants.tokens, grant_id=grant.id, limit=3):
            listed.add(token)
            if len(listed) < 2 * SOME:
                assert self.grants.add(grant.id, [new_token(grant=grant)], NOW)
        assert listed >= set(staying)

    def test_list_everything_completely_while_others_come(self) -> None:
        grants = [new_grant() for _ in range(SOME)]
        tokens = [new_token(grant=grant) for grant in grants]
        self.grants.import_([*grants, *tokens])
        listed = set()
        for record in every(self.grants.export, limit=3):
            listed.add(record)
            if len(listed) < 3 * SOME:
                assert self.grants.open(None, [new_token(expires_at=NOW + HOUR)], NOW)
        assert listed >= {*grants, *tokens}
