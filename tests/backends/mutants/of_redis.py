"""Faults of the Redis store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from pyramid_oauth2.backends.redis import RedisBackend
from pyramid_oauth2.backends.redis.scripts import Script
from tests.backends.redis_contract import RedisContract

from . import wrappers
from .mutation import Mutated
from .scripts import Rewriting, rewritten


class Redis(Mutated, RedisContract):
    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def _server(cls, redis_url: str) -> None:
        cls.url = redis_url


class TestForgetsSpentCodes(Redis):
    """A spent code is kept until its own end only, so a later replay is not noticed."""

    caught_by = "lifetime_of_a_spent_code"

    @staticmethod
    def mutate(backend: Any) -> Any:
        return rewritten(backend, ("redeem", "if IS_REMEMBERED == '+' then", "if false then"))


class TestForgetsSpentTokens(Redis):
    """A spent token ends before its sealed answer does."""

    caught_by = "lifetime_of_a_sealed_answer"

    @staticmethod
    def mutate(backend: Any) -> Any:
        part = "if tonumber(ANSWER_END) > tonumber(token[END]) then"
        return rewritten(backend, ("redeem", part, "if false then"))


class TestExtendedGrantEnds(Redis):
    """The key of a grant whose end was moved ends at the earlier end."""

    caught_by = "lifetime_of_an_extended_grant"

    @staticmethod
    def mutate(backend: Any) -> Any:
        part = "keep(KEYS[2], milliseconds(grant[END], NOW))"
        return rewritten(backend, ("redeem", part, ""))


class _Unlisted(Rewriting):
    def run(self, script: Script, keys: Sequence[str], *arguments: Any, **more: Any) -> Any:
        if script.name == "redeem":
            more["before"] = ()
        return super().run(script, keys, *arguments, **more)


class TestExtendedGrantIsUnlisted(Redis):
    """A grant whose end was moved leaves the listings of its user and client at the earlier end."""

    caught_by = "lifetime_of_an_extended_grant"

    @staticmethod
    def mutate(backend: Any) -> Any:
        return RedisBackend(_Unlisted(backend._server))  # type: ignore[arg-type]


class TestProductsEndWithTheCode(Redis):
    """What a redemption writes is kept as long as what was redeemed."""

    caught_by = "lifetime_of_what_a_redemption_produces"

    @staticmethod
    def mutate(backend: Any) -> Any:
        part = "insert(FIRST_NEW, 14, KEYS[3])"
        ends = "redis.call('PEXPIRE', KEYS[number], milliseconds(token[END], NOW))"
        loop = f"for number = FIRST_NEW, #KEYS do {ends} end"
        return rewritten(backend, ("redeem", part, f"{part}\n{loop}"))


class TestAddedTokensEndSoon(Redis):
    """What is added to a grant is kept for a minute."""

    caught_by = "lifetime_of_what_is_added"

    @staticmethod
    def mutate(backend: Any) -> Any:
        part, ends = "insert(3, 2, KEYS[2])", "redis.call('PEXPIRE', KEYS[number], 60000)"
        return rewritten(backend, ("add", part, f"{part}\nfor number = 3, #KEYS do {ends} end"))


class _UnlistedSoon(Rewriting):
    def run(self, script: Script, keys: Sequence[str], *arguments: Any, **more: Any) -> Any:
        if script.name == "redeem" and arguments[2] != "-":
            more["before"] = tuple(map(self._sooner, more["before"]))
        return super().run(script, keys, *arguments, **more)

    def _sooner(self, command: Sequence[Any]) -> tuple[Any, ...]:
        *call, now, _end, member, _milliseconds = command
        return (*call, now, now + 600, member, 600_000)


class TestOpenedGrantIsUnlisted(Redis):
    """A grant that a redemption opens is listed for ten minutes, as long as a page may be open."""

    caught_by = "lifetime_of_what_a_redemption_opens"

    @staticmethod
    def mutate(backend: Any) -> Any:
        return RedisBackend(_UnlistedSoon(backend._server))  # type: ignore[arg-type]


class TestAmendedTokenEnds(Redis):
    """The key of a token whose end was amended ends at the earlier end."""

    caught_by = "lifetime_of_an_amended_token"

    @staticmethod
    def mutate(backend: Any) -> Any:
        return rewritten(backend, ("amend", "if later ~= 0 then", "if false then"))


class TestLosesEndedNames(Redis):
    """A token that had ended, and is extended, is not in the listing of its grant again."""

    caught_by = "amend_of_an_ended_token"

    @staticmethod
    def mutate(backend: Any) -> Any:
        part = "redis.call('ZADD', KEYS[2], token[END], ARGV[6])"
        return rewritten(backend, ("amend", part, part.replace("KEYS[2],", "KEYS[2], 'XX',")))


class TestSpendsWhatIsRevoked(Redis):
    """A redemption does not look at the revocation of the grant."""

    caught_by = "dead"

    @staticmethod
    def mutate(backend: Any) -> Any:
        part = "(grant and grant[REVOKED] ~= '-')"
        return rewritten(backend, ("redeem", part, "false"))


class TestRevokesAnotherUsersGrant(Redis):
    """Whose request it was when it is revoked does not matter."""

    caught_by = "changed_user_decides_at_the_moment_of_a_revocation"

    @staticmethod
    def mutate(backend: Any) -> Any:
        part = "if whose ~= '*' and whose ~= subject then return false end"
        return rewritten(backend, ("redeem", part, ""))


class TestRedeemsThenAdds(Redis):
    """Spent in one step, its products in another."""

    caught_by = "crash_in_a_write_to_a_grant"
    mutate = wrappers.RedeemsThenAdds.into


class TestAmendsTheLatest(Redis):
    """An amendment undoes what came between its two reads."""

    caught_by = "interleaving_about_a_grant"
    mutate = wrappers.AmendsTheLatest.into


class TestFindsFromMemory(Redis):
    """A process does not see what another one has changed."""

    caught_by = "reading_a_grant_elsewhere"
    mutate = wrappers.FindsFromMemory.into


class TestConsentAtAnyVersion(Redis):
    """A consent is replaced at any version."""

    caught_by = "interleaving_about_a_consent"

    @staticmethod
    def mutate(backend: Any) -> Any:
        part = "if version_of(KEYS[1], CONSENT, 2) ~= ARGV[1] then return 0 end"
        return rewritten(backend, ("put_consent", part, ""))
