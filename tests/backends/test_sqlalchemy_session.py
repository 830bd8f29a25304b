"""Clients that an application registers and edits as part of its own transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import zope.sqlalchemy
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError
from pyramid.request import Request
from pyramid.response import Response
from sqlalchemy import (
    Column,
    Engine,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    NullPool,
    Table,
    create_engine,
    insert,
    select,
)
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session, registry, sessionmaker
from webtest import TestApp

from pyramid_oauth2.backends.contract import ClientRecords, ClientSearch
from pyramid_oauth2.backends.contract.factories import NOW, new_client
from pyramid_oauth2.backends.sqlalchemy import SQLAlchemyBackend, clients_in
from pyramid_oauth2.backends.sqlalchemy.engine import engine_factory
from pyramid_oauth2.interfaces import IBackendFactory, IClientStore
from pyramid_oauth2.protocol.records import DuplicateRecord
from pyramid_oauth2.settings.parsing import parse_settings

from .sqlite_databases import Ini, new_backend

theirs = MetaData()
owner_table = Table("owner", theirs, Column("id", Integer, primary_key=True))
project_table = Table(
    "project",
    theirs,
    Column("id", Integer, primary_key=True),
    Column("owner_id", Integer),
    # Checked only at commit, long after the client was written. SQLite's COMMIT would fail and
    # leave the transaction open; MariaDB has no such constraint.
    ForeignKeyConstraint(["owner_id"], ["owner.id"], deferrable=True, initially="DEFERRED").ddl_if(
        dialect="postgresql"
    ),
)


class Project:
    id: int


registry().map_imperatively(Project, project_table)


class Broken(Exception):
    pass


def add(request: Any) -> Response:
    """Register a client and, depending on the request, fail afterwards or at commit."""
    clients = request.backend.clients_of_request(request)
    clients.add(new_client(client_id=request.params["client_id"]))
    if "owner" in request.params:
        request.dbsession.execute(insert(project_table).values(owner_id=request.params["owner"]))
    if "fail" in request.params:
        raise Broken
    return Response(str(clients.get(request.params["client_id"]) is not None))


def edit(request: Any) -> Response:
    clients = request.backend.clients_of_request(request)
    client = clients.get(request.params["client_id"])
    clients.edit(client.client_id, client.version, {"client_name": "edited"})
    assert clients.get(client.client_id).client_name == "edited"
    clients.raise_epoch(client.client_id, NOW)
    if "fail" in request.params:
        raise Broken
    return Response("ok")


class Application:
    """An application with pyramid_tm, its own session and our backend on one database.

    :param session: the value of ``oauth2.sqlalchemy.session``.
    """

    def __init__(self, url: str, session: str | None = "dbsession", tm: bool = True) -> None:
        self.engine = create_engine(url)
        self.backend = backend_of(url, session)
        theirs.create_all(self.engine)
        config = Configurator(settings={"tm.manager_hook": "pyramid_tm.explicit_manager"})
        if tm:
            config.include("pyramid_tm")
        config.add_request_method(self._session, "dbsession", reify=True)
        config.add_request_method(lambda _request: self.backend, "backend", property=True)
        for view in (add, edit):
            config.add_route(view.__name__, f"/{view.__name__}")
            config.add_view(view, route_name=view.__name__)
        self.browser = TestApp(config.make_wsgi_app())

    def _session(self, request: Any) -> Session:
        session = sessionmaker(self.engine)()
        request.add_finished_callback(lambda _request: session.close())
        if hasattr(request, "tm"):
            zope.sqlalchemy.register(session, transaction_manager=request.tm)
        return session

    def post(self, path: str, **form: str) -> str:
        return str(self.browser.post(f"/{path}", form).text)

    def has(self, client_id: str) -> bool:
        return self.backend.clients.get(client_id) is not None

    def close(self) -> None:
        self.backend.close()
        theirs.drop_all(self.engine)
        self.engine.dispose()


def backend_of(url: str, session: str | None) -> SQLAlchemyBackend:
    """The backend as created from the ini."""
    section = {"oauth2.sqlalchemy.url": url}
    if session is not None:
        section["oauth2.sqlalchemy.session"] = session
    config = Configurator()
    config.include("pyramid_oauth2.directives")
    config.include("pyramid_oauth2.backends.sqlalchemy")
    config.commit()
    factory = config.registry.getUtility(IBackendFactory, name="sqlalchemy")
    backend = factory(parse_settings(section)[0])
    assert isinstance(backend, SQLAlchemyBackend)
    return backend


@pytest.fixture
def start(url: str) -> Iterator[Callable[..., Application]]:
    applications: list[Application] = []

    def start(**options: Any) -> Application:
        applications.append(Application(url, **options))
        return applications[-1]

    yield start
    for application in applications:
        application.close()


@pytest.fixture
def application(start: Callable[..., Application]) -> Application:
    return start()


class TestWithinTheTransactionOfARequest:
    def test_a_commit_keeps_the_client(self, application: Application) -> None:
        """Nothing else is written, so the session must be marked as changed."""
        assert application.post("add", client_id="new") == "True"
        assert application.has("new")

    def test_a_rollback_leaves_none(self, application: Application) -> None:
        with pytest.raises(Broken):
            application.post("add", client_id="new", fail="yes")
        assert not application.has("new")

    def test_an_edit_is_kept_with_the_transaction(self, application: Application) -> None:
        application.backend.clients.add(new_client(client_id="old"))
        with pytest.raises(Broken):
            application.post("edit", client_id="old", fail="yes")
        client = application.backend.clients.get("old")
        assert client is not None
        assert (client.client_name, client.version, client.epoch) == ("", 0, 0)
        application.post("edit", client_id="old")
        client = application.backend.clients.get("old")
        assert client is not None
        assert (client.client_name, client.version, client.epoch) == ("edited", 2, 1)

    @pytest.mark.parametrize("url", ["postgresql"], indirect=True)
    def test_a_commit_that_fails_leaves_no_orphan(self, application: Application) -> None:
        with application.engine.begin() as connection:
            connection.execute(insert(owner_table).values(id=1))
        for number in range(3):
            with pytest.raises(DBAPIError):
                application.post("add", client_id=f"orphan {number}", owner="2")
            application.post("add", client_id=f"wanted {number}", owner="1")
        with application.engine.connect() as connection:
            assert len(connection.execute(select(project_table)).all()) == 3
        kept = {str(record) for record in ids_in(application.backend.clients)}
        assert kept == {f"wanted {number}" for number in range(3)}

    def test_without_the_setting_the_client_is_written_at_once(
        self, start: Callable[..., Application]
    ) -> None:
        application = start(session=None)
        with pytest.raises(Broken):
            application.post("add", client_id="new", fail="yes")
        assert application.has("new")

    def test_a_request_without_the_attribute_is_told(
        self, start: Callable[..., Application]
    ) -> None:
        application = start(session="db")
        with pytest.raises(ConfigurationError, match=r"session = db: .* no such attribute"):
            application.backend.clients_of_request(Request.blank("/"))

    def test_a_session_that_the_application_commits_itself(
        self, start: Callable[..., Application]
    ) -> None:
        application = start(tm=False)
        assert application.post("add", client_id="new") == "True"
        assert not application.has("new")


def ids_in(clients: IClientStore) -> Iterator[str]:
    page = clients.export(limit=10_000)
    assert page.cursor is None
    for record in page.items:
        yield record if isinstance(record, str) else record.client_id


class TestInASession:
    @pytest.fixture
    def session(self, url: str) -> Iterator[Session]:
        engine = create_engine(url)
        theirs.create_all(engine)
        with Session(engine) as session:
            yield session
        theirs.drop_all(engine)
        engine.dispose()

    def test_a_duplicate_leaves_the_transaction_usable(self, session: Session) -> None:
        clients = clients_in(session)
        clients.add(new_client(client_id="first"))
        with pytest.raises(DuplicateRecord) as caught:
            clients.add(new_client(client_id="first"))
        assert caught.value.__cause__ is None
        session.execute(insert(project_table))
        assert clients.import_([new_client(client_id="first"), new_client(), "gone"]) == 2
        session.commit()
        assert len(list(ids_in(clients))) == 3
        assert len(session.execute(select(project_table)).all()) == 1

    def test_what_the_session_holds_back_is_no_duplicate_of_ours(self, session: Session) -> None:
        """The application's own mistake is raised as its own error."""
        session.execute(insert(project_table).values(id=1))
        project = Project()
        project.id = 1
        session.add(project)
        with pytest.raises(IntegrityError):
            clients_in(session).add(new_client())

    def test_an_error_shows_no_parameters(self, session: Session) -> None:
        """They would contain the digest of the client's secret."""
        client = new_client(client_name="confidential", created_at=2**80)
        with pytest.raises((DBAPIError, OverflowError)) as caught:
            clients_in(session).add(client)
        assert "confidential" not in str(caught.value)


class TestSessionStore(ClientRecords, ClientSearch):
    """A session that commits after each call works as a client store, but only in one thread."""

    def make_backend(self) -> Any:
        file = self.directory / "oauth2.sqlite"
        new_backend(file).close()
        return OfSession(create_engine(f"sqlite:///{file}", poolclass=NullPool))


class OfSession:
    def __init__(self, engine: Engine) -> None:
        self.session = Session(engine)
        self.clients = clients_in(self.session)

    def close(self) -> None:
        self.session.close()


def test_the_key_is_not_one_of_the_engine() -> None:
    settings: Any = Ini(url="sqlite:///x", session="dbsession")
    assert engine_factory(settings)().url.database == "x"
