"""The application's own data: notes, in its own database, session and transaction."""

from __future__ import annotations

import datetime
from typing import Any, Protocol

import zope.sqlalchemy
from sqlalchemy import DateTime, String, engine_from_config
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

from pyramid_oauth2 import Request


class Base(DeclarativeBase):
    """The tables of the demo."""


class Note(Base):
    """A text that a user wrote."""

    __tablename__ = "demo_note"

    id: Mapped[int] = mapped_column(primary_key=True)
    author: Mapped[str] = mapped_column(String(255), index=True)
    text: Mapped[str] = mapped_column(String(1000))
    written_at: Mapped[datetime.datetime] = mapped_column(
        DateTime, default=lambda: datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    )


class NotesRequest(Request, Protocol):
    """A request of the demo."""

    @property
    def dbsession(self) -> Session:
        """The session of the notes' database."""


def includeme(config: Any) -> None:
    """Give every request a ``dbsession`` that is committed by pyramid_tm."""
    engine = engine_from_config(config.registry.settings, "demo.database_")
    Base.metadata.create_all(engine)
    # gunicorn --preload forks its workers after this. Otherwise they would share the
    # connection, and read each other's rows.
    engine.dispose()
    factory = sessionmaker(engine)

    def dbsession(request: Request) -> Session:
        session = factory(info={"request": request})
        zope.sqlalchemy.register(session, transaction_manager=request.tm)
        return session

    config.add_request_method(dbsession, "dbsession", reify=True)
