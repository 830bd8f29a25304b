"""SQLite, PostgreSQL, MariaDB and MySQL: one backend on SQLAlchemy for all three stores.

.. code-block:: ini

    oauth2.backend = sqlalchemy
    oauth2.sqlalchemy.url = sqlite:///%(here)s/oauth2.sqlite

The tables are made by ``poauth2 INI db upgrade``. Other ``oauth2.sqlalchemy.*``
keys, such as ``pool_size``, go to :func:`sqlalchemy.create_engine`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine
from zope.interface import implementer

from ...interfaces import IBackend
from .clients import SQLAlchemyClientStore
from .consents import SQLAlchemyConsentStore
from .database import Database
from .engine import engine_from_settings, engine_of_app
from .grants import SQLAlchemyGrantStore
from .schema import metadata

if TYPE_CHECKING:
    from ...settings import Settings

__all__ = ["SQLAlchemyBackend", "includeme", "metadata"]


@implementer(IBackend)
class SQLAlchemyBackend:
    """All three stores on one database.

    :param engine: made by :func:`~pyramid_oauth2.backends.sqlalchemy.engine.engine_from_settings`.
    """

    def __init__(self, engine: Engine) -> None:
        self._database = Database(engine)
        self.clients = SQLAlchemyClientStore(self._database)
        self.grants = SQLAlchemyGrantStore(self._database)
        self.consents = SQLAlchemyConsentStore(self._database)

    def close(self) -> None:
        """Give back every connection."""
        self._database.close()


def includeme(config: Any) -> None:
    """Offer it as ``oauth2.backend = sqlalchemy``."""

    def factory(settings: Settings) -> SQLAlchemyBackend:
        return SQLAlchemyBackend(engine_from_settings(settings, engine_of_app(config.registry)))

    config.add_oauth2_backend("sqlalchemy", factory)
