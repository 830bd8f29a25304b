"""Faults of the SQL store on PostgreSQL and MariaDB."""

from __future__ import annotations

from functools import partial

import pytest

from tests.backends.server_databases import ServerContract
from tests.servers.databases import DatabaseServer

from . import statements, wrappers
from .mutation import Mutated
from .statements import rewritten, swapped


class PostgreSQL(Mutated, ServerContract):
    @pytest.fixture(scope="class")
    @classmethod
    def server(cls, postgresql_server: DatabaseServer) -> DatabaseServer:
        return postgresql_server


class MariaDB(Mutated, ServerContract):
    @pytest.fixture(scope="class")
    @classmethod
    def server(cls, mariadb_server: DatabaseServer) -> DatabaseServer:
        return mariadb_server


class TestUnlockedOnPostgreSQL(PostgreSQL):
    """A redemption does not wait for a revocation, nor a revocation for it."""

    caught_by = "waits_for_its_revocation"
    mutate = staticmethod(partial(rewritten, swap=statements.UNLOCKED))


class TestAmendedAtAnyVersionOnPostgreSQL(PostgreSQL):
    """Of two amendments of one version, both win."""

    caught_by = "interleaving_about_a_grant"
    mutate = staticmethod(partial(swapped, swaps=statements.AMENDED_AT_ANY_VERSION))


class TestDisablesOnceOnPostgreSQL(PostgreSQL):
    """A client that is edited at the same moment stays enabled."""

    caught_by = "interleaving_about_a_client"
    mutate = wrappers.DisablesOnce.into


class TestRevokesLaterOnPostgreSQL(PostgreSQL):
    """A revocation returns before it is committed."""

    caught_by = "reading_a_grant_elsewhere"
    mutate = wrappers.RevokesLater.into


class TestUnlockedOnMariaDB(MariaDB):
    """A redemption does not wait for a revocation, nor a revocation for it."""

    caught_by = "interleaving_about_a_grant"
    mutate = staticmethod(partial(rewritten, swap=statements.UNLOCKED))


class TestEditedAtAnyVersionOnMariaDB(MariaDB):
    """An edit undoes that a client was disabled meanwhile."""

    caught_by = "interleaving_about_a_client"
    mutate = staticmethod(partial(swapped, swaps=statements.EDITED_AT_ANY_VERSION))


class TestRevokedTwiceOnMariaDB(MariaDB):
    """Two revocations of one grant both say that they revoked it."""

    caught_by = "interleaving_about_a_grant"
    mutate = staticmethod(partial(swapped, swaps=statements.REVOKED_TWICE))
