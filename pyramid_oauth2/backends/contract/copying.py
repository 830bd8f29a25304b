"""Copying a whole store: everything is exported, and imported once."""

from __future__ import annotations

from pyramid_oauth2.protocol.records import Outcome

from .factories import HOUR, NOW, every, new_answer, new_attempt, new_digest, new_grant, new_token
from .harness import Contract


class Copying(Contract):
    """``export`` and ``import_`` of grants, tokens and reservations."""

    def populate(self) -> None:
        """Write records in every state."""
        for number in range(10):
            grant = new_grant(subject=f"user-{number}", data=b"\x00\xff", resources=("urn:a",))
            token = new_token(grant=grant)
            fruit = new_token(grant=grant, parent=token.digest)
            assert self.grants.open(grant, [token], NOW)
            won = self.grants.redeem(token, NOW, new_attempt(), [fruit], sealed_answer=new_answer())
            assert won.outcome is Outcome.WON
            assert self.grants.reserve("jti", new_digest(), NOW + HOUR, NOW)
        assert self.grants.revoke_grant(grant.id, NOW, "withdrawn")
        assert self.grants.revoke_token(fruit.ref, NOW)

    def test_copy_into_a_fresh_store(self) -> None:
        self.populate()
        exported = list(every(self.grants.export))
        assert len(exported) == len(set(exported)) == 40
        self.start_afresh()
        assert list(every(self.grants.export)) == []
        assert self.grants.import_(exported) == 40
        assert set(every(self.grants.export)) == set(exported)

    def test_copy_twice_inserts_once(self) -> None:
        self.populate()
        exported = list(every(self.grants.export))
        assert self.grants.import_(exported) == 0
        self.start_afresh()
        # Twice in one call: a store that scans its keys may export one twice.
        assert self.grants.import_(iter(exported[:25] + exported[:25])) == 25
        assert self.grants.import_(iter(exported)) == 15
        assert set(every(self.grants.export)) == set(exported)

    def test_copy_resumes_at_a_cursor(self) -> None:
        self.populate()
        first = self.grants.export(limit=15)
        assert first.cursor is not None
        again, rest = (self.grants.export(cursor=first.cursor, limit=100) for _ in range(2))
        assert again == rest
        assert len(first.items) + len(rest.items) == 40
        assert {*first.items, *rest.items} == set(every(self.grants.export))

    def test_copy_leaves_what_is_there(self) -> None:
        grant = new_grant()
        token = new_token(grant=grant)
        assert self.grants.open(grant, [token], NOW)
        exported = list(every(self.grants.export))
        assert self.grants.revoke_grant(grant.id, NOW, "since")
        assert self.grants.redeem(token, NOW, new_attempt(), []).outcome is Outcome.DEAD
        assert self.grants.import_(exported) == 0
        assert self.grants.redeem(token, NOW, new_attempt(), []).outcome is Outcome.DEAD

    def test_copy_takes_tokens_before_their_grants(self) -> None:
        grant = new_grant()
        token = new_token(grant=grant)
        assert self.grants.import_([token]) == 1
        assert self.grants.redeem(token, NOW, new_attempt(), []).outcome is Outcome.DEAD
        assert self.grants.import_([token, grant]) == 1
        assert self.grants.find(token.ref) == (token, grant)
        assert self.grants.redeem(token, NOW, new_attempt(), []).outcome is Outcome.WON

    def test_copy_is_a_working_store(self) -> None:
        grant = new_grant()
        token = new_token(grant=grant)
        digest = new_digest()
        self.grants.import_([token, grant])
        assert self.grants.reserve("jti", digest, NOW + HOUR, NOW)
        exported = list(every(self.grants.export))
        self.start_afresh()
        self.grants.import_(exported)
        assert self.grants.reserve("jti", digest, NOW + HOUR, NOW) is False
        assert [found.id for found in every(self.grants.grants, subject="alice")] == [grant.id]
        assert list(every(self.grants.tokens, grant_id=grant.id)) == [token]
        assert self.grants.revoke_subject("alice", NOW, "left") == 1
        assert self.grants.redeem(token, NOW, new_attempt(), []).outcome is Outcome.DEAD
