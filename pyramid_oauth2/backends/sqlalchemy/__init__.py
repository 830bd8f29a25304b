"""SQLite, PostgreSQL, MariaDB and MySQL: one backend on SQLAlchemy for all stores.

.. code-block:: ini

    oauth2.backend = sqlalchemy
    oauth2.sqlalchemy.url = sqlite:///%(here)s/oauth2.sqlite

The tables are created by ``poauth2 INI db upgrade``. Other ``oauth2.sqlalchemy.*``
keys, such as ``pool_size``, are passed to :func:`sqlalchemy.create_engine`.

``oauth2.sqlalchemy.session = dbsession`` names the attribute of a request that
holds the application's own session on the same database. A client that a request
registers or edits is then part of that request's transaction: it is saved together
with what else the request writes, or not at all. Every other operation still
commits by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pyramid.exceptions import ConfigurationError
from sqlalchemy import Engine, select, text
from zope.interface import implementer

from ...interfaces import IBackend, IClientStore
from ...interfaces.request import PyramidRequest
from .clients import SQLAlchemyClientStore
from .consents import SQLAlchemyConsentStore
from .database import Database
from .engine import engine_factory, engine_of_app, limits
from .entries import SQLAlchemyEntryStore
from .grants import SQLAlchemyGrantStore
from .pooler import UNLIMITED, unlimited_reads
from .schema import metadata
from .session import clients_in

if TYPE_CHECKING:
    from ...settings import Settings

__all__ = ["SQLAlchemyBackend", "clients_in", "includeme", "metadata"]


@implementer(IBackend)
class SQLAlchemyBackend:
    """All stores on one database.

    :param make_engine: the :func:`~pyramid_oauth2.backends.sqlalchemy.engine.engine_factory`
        of some settings.
    :param session: the attribute of a request that holds the application's own
        session; None to commit each write to a client at once.
    """

    def __init__(self, make_engine: Callable[[], Engine], session: str | None = None) -> None:
        self._database = Database(make_engine)
        self._session = session
        self.clients = SQLAlchemyClientStore(self._database)
        self.grants = SQLAlchemyGrantStore(self._database)
        self.consents = SQLAlchemyConsentStore(self._database)
        self.entries = SQLAlchemyEntryStore(self._database)

    def clients_of_request(self, request: PyramidRequest) -> IClientStore:
        """Return the client store for the clients that *request* registers and edits.

        With ``oauth2.sqlalchemy.session`` its writes take effect when the
        request's transaction commits; otherwise each is committed when it returns.

        :raises pyramid.exceptions.ConfigurationError: the request has no such session.
        """
        if self._session is None:
            return self.clients
        session = getattr(request, self._session, None)
        if session is None:
            raise ConfigurationError(
                f"oauth2.sqlalchemy.session = {self._session}: the request has no such attribute. "
                "It names the one that holds the application's SQLAlchemy session."
            )
        return clients_in(session, getattr(request, "tm", None))

    def check(self) -> tuple[str, ...]:
        """Query every column of every table; warn about reads that may wait without limit.

        :raises StoreUnavailable: the database cannot be used as it is.
        """
        for table in metadata.sorted_tables:
            self._database.rows(select(table).limit(0), {})
        if self._database.engine.dialect.name != "postgresql":
            return ()
        row = self._database.row(text(UNLIMITED), {})
        return () if row is None else (unlimited_reads(row[0], limits()),)

    def close(self) -> None:
        """Close every connection of this process."""
        self._database.close()


def includeme(config: Any) -> None:
    """Register it as ``oauth2.backend = sqlalchemy``."""

    def factory(settings: Settings) -> SQLAlchemyBackend:
        make_engine = engine_factory(settings, engine_of_app(config.registry))
        return SQLAlchemyBackend(make_engine, settings.section("sqlalchemy").get("session"))

    config.add_oauth2_backend("sqlalchemy", factory)
