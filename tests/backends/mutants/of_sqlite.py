"""Faults of the SQL store on SQLite."""

from __future__ import annotations

from functools import partial
from typing import Any

from pyramid_oauth2.backends.sqlalchemy.grants import SQLAlchemyGrantStore
from pyramid_oauth2.backends.sqlalchemy.purging import GRANT_STORE_PURGES, purge, purge_tokens
from pyramid_oauth2.protocol.records import Purged
from tests.backends.test_sqlalchemy import TestSQLite as SQLite

from . import statements, wrappers
from .mutation import Mutated
from .statements import rewritten, swapped


class TestOpensThenAdds(Mutated, SQLite):
    """A grant is opened without its tokens first."""

    caught_by = "crash_in_the_opening_of_a_grant"
    mutate = wrappers.OpensThenAdds.into


class TestFindsFromMemory(Mutated, SQLite):
    """A process does not see what another one has changed."""

    caught_by = "reading_a_grant_elsewhere"
    mutate = wrappers.FindsFromMemory.into


class TestReadsOnePageOfTheUser(Mutated, SQLite):
    """The listing of a user's grants for one client ends too early."""

    caught_by = "list_grants_of_a_user_for_one_client"
    mutate = wrappers.ReadsOnePageOfTheUser.into


class TestRevokesOnePageOfTheUser(Mutated, SQLite):
    """Living grants of the user for the client are left."""

    caught_by = "revoke_subject_of_many_grants_for_one_client"
    mutate = wrappers.RevokesOnePageOfTheUser.into


class TestClientsFromMemory(Mutated, SQLite):
    """A process does not see that another one has disabled a client."""

    caught_by = "reading_a_client_elsewhere"
    mutate = wrappers.ClientsFromMemory.into


class TestForgetsThenPuts(Mutated, SQLite):
    """A consent is gone for a moment, and comes back after it was forgotten."""

    caught_by = "interleaving_about_a_consent"
    mutate = wrappers.ForgetsThenPuts.into


class TestDeletesThenPuts(Mutated, SQLite):
    """An entry is lost if the process ends between two steps."""

    caught_by = "crash_in_a_write_to_an_entry"
    mutate = wrappers.DeletesThenPuts.into


class TestReadsThenDeletes(Mutated, SQLite):
    """An entry is deleted though it was replaced meanwhile."""

    caught_by = "interleaving_about_an_entry"
    mutate = wrappers.ReadsThenDeletes.into


class TokensFirst(SQLAlchemyGrantStore):
    def purge(self, now: int, limit: int = 1000) -> Purged:
        purges = (purge_tokens, *(each for each in GRANT_STORE_PURGES if each is not purge_tokens))
        return purge(self._database, purges, now, limit)


class TestExtendsWithoutItsCode(Mutated, SQLite):
    """A grant whose spent code was purged can still be extended."""

    caught_by = "interleaving_about_a_grant_that_ends"

    @staticmethod
    def mutate(backend: Any) -> Any:
        backend.grants = TokensFirst(backend.grants._database)
        return backend


class TestSpentTwice(Mutated, SQLite):
    """The statement that spends does not ask whether the token is spent."""

    caught_by = "interleaving_about_a_grant"
    mutate = staticmethod(partial(rewritten, swap=statements.SPENT_TWICE))


class TestAmendedWhenSpent(Mutated, SQLite):
    """The statement that amends does not ask whether the token is spent or revoked."""

    caught_by = "amend"
    mutate = staticmethod(partial(swapped, swaps=statements.AMENDED_WHEN_SPENT))


del SQLite
