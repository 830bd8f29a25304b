"""Opening a family, adding to it, and finding what is in it."""

from __future__ import annotations

from typing import Any

import pytest

from pyramid_oauth2.protocol.records import (
    ACCESS_TOKEN,
    AUTHORIZATION_CODE,
    REFRESH_TOKEN,
    DuplicateRecord,
    Outcome,
)

from .factories import HOUR, NOW, every, new_attempt, new_digest, new_family, new_grant, new_token
from .harness import Contract


class Opening(Contract):
    """``open`` is all or nothing."""

    def test_open_inserts_the_grant_and_all_tokens(self) -> None:
        grant = new_grant()
        tokens = [new_token(ACCESS_TOKEN, grant), new_token(REFRESH_TOKEN, grant)]
        assert self.grants.open(grant, tokens, NOW) is True
        assert [self.grants.find(token.ref) for token in tokens] == [(t, grant) for t in tokens]

    def test_open_takes_any_iterable(self) -> None:
        grant = new_grant()
        tokens = [new_token(grant=grant) for _ in range(3)]
        assert self.grants.open(grant, (token for token in tokens), NOW) is True
        assert set(every(self.grants.export)) == {grant, *tokens}

    def test_open_without_tokens(self) -> None:
        grant = new_grant()
        assert self.grants.open(grant, [], NOW) is True
        assert list(every(self.grants.export)) == [grant]

    def test_open_without_a_grant(self) -> None:
        token = new_token(ACCESS_TOKEN)
        assert self.grants.open(None, [token], NOW) is True
        assert self.grants.find(token.ref) == (token, None)

    def test_open_refuses_a_second_grant_of_the_family(self) -> None:
        grant = new_grant()
        assert self.grants.open(grant, [], NOW)
        token = new_token(grant=grant)
        with pytest.raises(DuplicateRecord):
            self.grants.open(new_grant(id=grant.id, subject="bob"), [token], NOW)
        assert list(every(self.grants.export)) == [grant]

    @pytest.mark.parametrize("first", [True, False], ids=["first", "last"])
    def test_open_refuses_a_digest_that_exists(self, first: bool) -> None:
        taken = new_token()
        assert self.grants.open(None, [taken], NOW)
        fresh = new_token(family=taken.family)
        tokens = [taken, fresh] if first else [fresh, taken]
        with pytest.raises(DuplicateRecord):
            self.grants.open(None, tokens, NOW)
        assert list(every(self.grants.export)) == [taken]

    def test_open_refuses_one_digest_twice(self) -> None:
        grant = new_grant()
        token = new_token(grant=grant)
        with pytest.raises(DuplicateRecord):
            self.grants.open(grant, [token, token], NOW)
        assert self.grants.find(token.ref) is None
        assert self.grants.open(grant, [token], NOW)

    def test_open_refuses_a_grant_whose_token_exists(self) -> None:
        taken = new_token()
        assert self.grants.open(None, [taken], NOW)
        with pytest.raises(DuplicateRecord):
            self.grants.open(new_grant(id=taken.family), [taken], NOW)
        assert list(every(self.grants.export)) == [taken]

    def test_open_after_an_early_revocation_inserts_all_or_nothing(self) -> None:
        grant = new_grant()
        token = new_token(grant=grant)
        assert self.grants.revoke_grant(grant.id, NOW, "early") is False
        opened = self.grants.open(grant, [token], NOW)
        assert self.grants.find(token.ref) == ((token, grant) if opened else None)


class Finding(Contract):
    """``find`` returns what exists, and leaves the decision to its caller."""

    def test_find_nothing(self) -> None:
        assert self.grants.find(new_token().ref) is None

    def test_find_an_expired_one(self) -> None:
        token = new_token(expires_at=NOW + 1)
        assert self.grants.open(None, [token], NOW)
        assert self.grants.find(token.ref) == (token, None)

    def test_find_a_consumed_one(self) -> None:
        token = new_token(AUTHORIZATION_CODE)
        assert self.grants.open(None, [token], NOW)
        attempt = new_attempt()
        assert self.grants.redeem(token, NOW + 1, attempt, []).outcome is Outcome.WON
        found = self.grants.find(token.ref)
        assert found is not None
        assert (found[0].consumed_at, found[0].attempt) == (NOW + 1, attempt)

    def test_find_a_revoked_one(self) -> None:
        token = new_token()
        assert self.grants.open(None, [token], NOW)
        assert self.grants.revoke_token(token.ref, NOW + 1)
        found = self.grants.find(token.ref)
        assert found is not None
        assert found[0].revoked_at == NOW + 1

    def test_find_one_of_a_revoked_grant(self) -> None:
        grant = new_grant()
        token = new_token(grant=grant)
        assert self.grants.open(grant, [token], NOW)
        assert self.grants.revoke_grant(grant.id, NOW + 1, "withdrawn")
        found = self.grants.find(token.ref)
        assert found is not None
        assert found[1] is not None
        assert (found[1].revoked_at, found[1].revoke_reason) == (NOW + 1, "withdrawn")

    def test_find_one_whose_grant_is_gone(self) -> None:
        token = new_token(grant=new_grant())
        self.grants.import_([token])
        assert self.grants.find(token.ref) == (token, None)

    def test_find_one_that_stands_alone_in_the_family_of_a_grant(self) -> None:
        grant = new_grant()
        token = new_token(family=grant.id)
        assert self.grants.open(grant, [token], NOW)
        assert self.grants.find(token.ref) == (token, None)

    @pytest.mark.parametrize(
        "wrong",
        [{"kind": ACCESS_TOKEN}, {"family": new_family()}, {"digest": new_digest()}],
        ids=lambda wrong: "-".join(wrong),
    )
    def test_find_takes_no_wrong_reference(self, wrong: dict[str, Any]) -> None:
        token = new_token(REFRESH_TOKEN)
        assert self.grants.open(None, [token], NOW)
        ref = token.ref._replace(**wrong)
        assert self.grants.find(ref) is None
        assert self.grants.revoke_token(ref, NOW) is False
        assert self.grants.amend(ref, 0, {"data": b"x"}) is False
        assert self.grants.find(token.ref) == (token, None)


class Adding(Contract):
    """``add`` needs an active grant."""

    def test_add_to_a_living_grant(self) -> None:
        grant = new_grant()
        assert self.grants.open(grant, [], NOW)
        tokens = [new_token(ACCESS_TOKEN, grant), new_token(REFRESH_TOKEN, grant)]
        assert self.grants.add(grant.id, iter(tokens), NOW) is True
        assert [self.grants.find(token.ref) for token in tokens] == [(t, grant) for t in tokens]

    def test_add_to_no_grant(self) -> None:
        token = new_token(grant=new_grant())
        assert self.grants.add(token.family, [token], NOW) is False
        assert list(every(self.grants.export)) == []

    def test_add_to_a_revoked_grant(self) -> None:
        grant = new_grant()
        assert self.grants.open(grant, [], NOW)
        assert self.grants.revoke_grant(grant.id, NOW + HOUR, "in its future")
        token = new_token(grant=grant)
        assert self.grants.add(grant.id, [token], NOW) is False
        assert self.grants.find(token.ref) is None

    def test_add_refuses_a_digest_that_exists(self) -> None:
        grant = new_grant()
        taken, fresh = new_token(grant=grant), new_token(grant=grant)
        assert self.grants.open(grant, [taken], NOW)
        with pytest.raises(DuplicateRecord):
            self.grants.add(grant.id, [fresh, taken], NOW)
        assert set(every(self.grants.export)) == {grant, taken}
