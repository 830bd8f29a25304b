"""Subscribers, pyramid_tm and pyramid_retry: one token, one 200, also if something else fails."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pyramid.config import Configurator
from pyramid.response import Response
from sqlalchemy import Engine, column, create_engine, select, table, text
from sqlalchemy.orm import Session
from transaction.interfaces import TransientError
from zope.sqlalchemy import register

from pyramid_oauth2 import TokenIssued

from . import host
from .errors import assert_error
from .server import Server, bearer

LOG = table("log", column("line"))


def include_tm(config: Any) -> None:
    config.include("pyramid_tm")


class FailsOnce:
    """A data manager whose first commit fails with an error that is retried."""

    def __init__(self, transaction_manager: Any, log: list[str]) -> None:
        self.transaction_manager = transaction_manager
        self.log = log

    def sortKey(self) -> str:
        return "~fails once"

    def tpc_begin(self, transaction: Any) -> None:
        pass

    def commit(self, transaction: Any) -> None:
        pass

    def tpc_vote(self, transaction: Any) -> None:
        self.log.append("vote")
        if len(self.log) == 1:
            raise TransientError("could not serialize access")

    def tpc_finish(self, transaction: Any) -> None:
        self.log.append("committed")

    def tpc_abort(self, transaction: Any) -> None:
        pass

    def abort(self, transaction: Any) -> None:
        pass


class Recorder:
    """A subscriber that stores the events it receives."""

    def __init__(self) -> None:
        self.heard: list[TokenIssued] = []

    def __call__(self, event: TokenIssued) -> None:
        self.heard.append(event)


def failing(event: TokenIssued) -> None:
    raise RuntimeError("the mail server is down")


def test_what_a_subscriber_hears(build: Callable[..., Server]):
    recorder = Recorder()
    server = build(lambda config: config.add_subscriber(recorder, TokenIssued))
    token = server.token("read", user="bob")
    (event,) = recorder.heard
    assert event.client_id == "robot"
    assert event.grant_type == "password"
    assert event.subject == "bob"
    assert event.scope == {"read"}
    assert event.expires_in == 3600
    assert token not in repr(event)


def test_a_refused_request_is_no_event(build: Callable[..., Server]):
    recorder = Recorder()
    server = build(lambda config: config.add_subscriber(recorder, TokenIssued))
    server.ask(scope="admin")
    assert recorder.heard == []


@pytest.mark.parametrize("configure", [(), (include_tm,)], ids=["alone", "pyramid_tm"])
def test_a_failing_subscriber_changes_no_answer(
    build: Callable[..., Server], configure: Any, caplog: pytest.LogCaptureFixture
):
    recorder = Recorder()

    def subscribe(config: Any) -> None:
        config.add_subscriber(failing, TokenIssued)
        config.add_subscriber(recorder, TokenIssued)

    server = build(*configure, subscribe)
    answer = server.ask()
    assert answer.status_int == 200
    assert len(server.records()) == 1
    assert len(recorder.heard) == 1, "the other subscribers are told all the same"
    assert "A subscriber of TokenIssued failed" in caplog.text
    assert answer.json["access_token"] not in caplog.text


class TestApplicationsOwnDatabase:
    """The application writes its own log in its own session, under pyramid_tm."""

    @pytest.fixture
    def engine(self) -> Iterator[Engine]:
        from sqlalchemy.pool import StaticPool

        engine = create_engine("sqlite://", poolclass=StaticPool)
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE log (line TEXT NOT NULL)"))
        yield engine
        engine.dispose()

    @pytest.fixture
    def serve_with(self, build: Callable[..., Server], engine: Engine) -> Callable[..., Server]:
        def dbsession(request: Any) -> Session:
            session = Session(engine)
            register(session, transaction_manager=request.tm, keep_session=False)
            request.add_finished_callback(lambda request: session.close())
            return session

        def serve_with(*subscribers: Any) -> Server:
            def configure(config: Any) -> None:
                config.include("pyramid_tm")
                config.add_request_method(dbsession, reify=True)
                for subscriber in subscribers:
                    config.add_subscriber(subscriber, TokenIssued)

            return build(configure)

        return serve_with

    @staticmethod
    def lines(engine: Engine) -> list[str]:
        with engine.connect() as connection:
            return list(connection.scalars(select(LOG.c.line)))

    @staticmethod
    def write(event: TokenIssued) -> None:
        event.request.dbsession.connection().execute(
            LOG.insert().values(line=f"{event.client_id} got a token")
        )
        mark(event)

    def test_what_a_subscriber_writes_is_committed(
        self, serve_with: Callable[..., Server], engine: Engine
    ):
        server = serve_with(self.write)
        assert server.ask().status_int == 200
        assert self.lines(engine) == ["robot got a token"]

    def test_a_session_that_broke_changes_no_answer(
        self, serve_with: Callable[..., Server], engine: Engine
    ):
        def break_session(event: TokenIssued) -> None:
            event.request.dbsession.connection().execute(LOG.insert().values(line=None))

        server = serve_with(self.write, break_session)
        assert server.ask().status_int == 200
        assert len(server.records()) == 1
        assert self.lines(engine) == []


def mark(event: TokenIssued) -> None:
    from zope.sqlalchemy import mark_changed

    mark_changed(event.request.dbsession)


class TestRetry:
    """The application's transaction fails once after the tokens were issued."""

    @pytest.fixture
    def attempts(self) -> list[str]:
        return []

    @pytest.fixture
    def recorder(self) -> Recorder:
        return Recorder()

    @pytest.fixture
    def server(
        self, build: Callable[..., Server], attempts: list[str], recorder: Recorder
    ) -> Server:
        def join(event: TokenIssued) -> None:
            event.request.tm.get().join(FailsOnce(event.request.tm, attempts))

        def configure(config: Any) -> None:
            config.include("pyramid_tm")
            config.include("pyramid_retry")
            config.add_subscriber(join, TokenIssued)
            config.add_subscriber(recorder, TokenIssued)

        return build(host.pages, configure, changes={"retry.attempts": "3"})

    def test_one_token_one_200(self, server: Server, attempts: list[str]):
        answer = server.ask()
        assert answer.status_int == 200
        assert attempts[0] == "vote", "the transaction did fail"
        assert len(server.records()) == 1
        assert server.get("/read", bearer(answer.json["access_token"])).status_int == 200

    def test_what_subscribers_wrote_is_not_lost(
        self, server: Server, attempts: list[str], recorder: Recorder
    ):
        """The first attempt's writes were rolled back, so the events are emitted again."""
        server.ask()
        assert attempts == ["vote", "vote", "committed"]
        first, second = recorder.heard
        assert first.request is not second.request
        assert (first.redelivered, second.redelivered) == (False, True)
        assert (first.client_id, first.scope) == (second.client_id, second.scope)

    def test_the_audit_log_has_it_once(self, server: Server, caplog: pytest.LogCaptureFixture):
        caplog.set_level(logging.INFO, "pyramid_oauth2.audit")
        server.ask()
        assert caplog.text.count("event=TokenIssued") == 1

    def test_two_requests_have_two_answers(self, server: Server):
        first, second = server.ask(), server.ask()
        assert first.json["access_token"] != second.json["access_token"]
        assert len(server.records()) == 2


def test_the_second_attempt_gives_the_same_bytes(
    settings: dict[str, Any], serve: Callable[..., Server]
):
    """Recorded by a tween of the application, which runs for every attempt."""
    seen: list[tuple[str, bytes, list[Any]]] = []
    attempts: list[str] = []

    def watch(handler: Any, registry: Any) -> Any:
        def tween(request: Any) -> Any:
            response = handler(request)
            if request.path == "/oauth2/token":
                seen.append((response.status, response.body, sorted(response.headerlist)))
                request.tm.get().join(FailsOnce(request.tm, attempts))
                # What an attempt adds is not in the response of the next one.
                response.set_cookie("seen", str(len(seen)))
            return response

        return tween

    config = Configurator(settings=settings)
    config.include("pyramid_oauth2")
    config.include(host.users)
    config.include("pyramid_tm")
    config.include("pyramid_retry")
    config.registry["watch"] = watch
    config.add_tween(f"{__name__}.watch_tween", under="pyramid_tm.tm_tween_factory")
    server = serve(config.make_wsgi_app())
    answer = server.ask()
    assert answer.status_int == 200
    assert answer.headers.getall("Set-Cookie") == ["seen=2; Path=/"]
    assert len(seen) == 2
    assert seen[0] == seen[1]
    assert len(server.records()) == 1


def watch_tween(handler: Any, registry: Any) -> Any:
    return registry["watch"](handler, registry)


def test_an_error_is_given_again_by_a_second_attempt(build: Callable[..., Server]):
    def configure(config: Any) -> None:
        config.include("pyramid_tm")
        config.include("pyramid_retry")

    server = build(configure)
    assert_error(server.ask(scope="admin"), 400, "invalid_scope")
    assert server.records() == []


def test_an_aborted_transaction_takes_no_token_back(build: Callable[..., Server]):
    """What the store committed stays, also if the request fails."""

    def veto(request: Any, response: Any) -> bool:
        return True

    server = build(host.pages, include_tm, changes={"tm.commit_veto": veto})
    answer = server.ask()
    assert server.get("/read", bearer(answer.json["access_token"])).status_int == 200


def test_an_applications_error_view_sees_no_token(build: Callable[..., Server]):
    """A view below a token fails: the application's error view gets no credentials."""
    seen: list[str] = []

    def fail(request: Any) -> Response:
        raise LookupError("boom")

    def report(exc: LookupError, request: Any) -> Response:
        seen.append(repr(exc) + repr(vars(exc)) + repr(request.oauth2))
        return Response(status=500)

    def configure(config: Any) -> None:
        config.add_route("fail", "/fail")
        config.add_view(fail, route_name="fail", oauth2_scope="read")
        config.add_exception_view(report, context=LookupError)

    server = build(configure)
    token = server.token()
    assert server.get("/fail", bearer(token)).status_int == 500
    assert token not in seen[0]
