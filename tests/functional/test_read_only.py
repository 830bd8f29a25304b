"""``oauth2.read_only = true``: tokens are checked as before, and nothing else is done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyramid.config import Configurator
from webtest import TestResponse

from pyramid_oauth2 import StoreUnavailable
from tests.backends.sqlite_databases import empty_database

from . import host
from .conftest import BASE
from .errors import assert_error
from .flow import BACK, SETTINGS, VERIFIER, Flow, answer_in
from .server import Server, bearer


class Reader(Server):
    """The same server, started a second time: read-only, on the same store."""

    def __init__(self, writer: Server, settings: dict[str, Any]) -> None:
        config = Configurator(settings={**settings, "oauth2.read_only": "true"})
        config.include("pyramid_oauth2")
        config.include(host.users)
        host.pages(config)
        config.add_route("register", "/register")
        config.add_view(register, route_name="register")
        self.app = config.make_wsgi_app()
        self.registry = config.registry
        self.secrets = writer.secrets
        self.browser = self.fresh_browser()


def register(request: Any) -> Any:
    """A view of the application that registers a client."""
    with pytest.raises(StoreUnavailable, match="read_only"):
        request.oauth2.clients.add(grant_types=("client_credentials",), scope=frozenset({"read"}))
    return request.response


@pytest.fixture
def storage(tmp_path: Path) -> dict[str, str]:
    """SQLite, so that two applications use one store."""
    file = tmp_path / "oauth2.sqlite"
    file.write_bytes(empty_database())
    return {"oauth2.backend": "sqlalchemy", "oauth2.sqlalchemy.url": f"sqlite:///{file}"}


@pytest.fixture
def open_reader(flow: Flow, storage: dict[str, str]) -> Any:
    readers = []

    def open_reader(**changes: str) -> Reader:
        named = {f"oauth2.{name}": value for name, value in changes.items()}
        readers.append(Reader(flow.server, {**BASE, **storage, **SETTINGS, **named}))
        return readers[-1]

    yield open_reader
    for reader in readers:
        reader.service.close()


@pytest.fixture
def reader(open_reader: Callable[..., Reader]) -> Reader:
    return open_reader()


def assert_not_now(answer: TestResponse) -> None:
    assert_error(answer, 503, "temporarily_unavailable")
    assert int(answer.headers["Retry-After"]) > 0


class TestChecking:
    def test_a_token_opens_a_view(self, flow: Flow, reader: Reader):
        token = flow.tokens()["access_token"]
        assert reader.get("/read", bearer(token)).status_int == 200
        assert reader.get("/write", bearer(token)).status_int == 403
        assert (
            reader.get(
                "/read", bearer(token[:-1] + ("y" if token.endswith("x") else "x"))
            ).status_int
            == 401
        )

    def test_a_revoked_one_does_not(self, flow: Flow, reader: Reader):
        token = flow.tokens()["access_token"]
        flow.server.post({"token": token}, flow.server.login("web"), "/oauth2/revoke")
        assert reader.get("/read", bearer(token)).status_int == 401

    def test_introspection(self, flow: Flow, reader: Reader):
        token = flow.tokens()["access_token"]
        introspected = reader.post({"token": token}, reader.login("web"), "/oauth2/introspect").json
        assert (introspected["active"], introspected["sub"]) == (True, "bob")

    def test_a_wrong_request_is_refused_as_ever(self, reader: Reader):
        answer = reader.post({"grant_type": "client_credentials"}, {"Authorization": "Basic eDp4"})
        assert_error(answer, 401, "invalid_client")
        assert_error(reader.ask("client_credentials", scope="admin"), 400, "invalid_scope")


class TestWriting:
    def test_nothing_is_issued(self, flow: Flow, reader: Reader):
        reading, refresh_token = Flow(reader), flow.tokens()["refresh_token"]
        code = answer_in(flow.ask().location)["code"]
        before = flow.server.records()
        assert_not_now(reader.ask())
        assert_not_now(reader.ask("password", username="bob", password="bob's password"))
        assert_not_now(reading.redeem(code))
        assert_not_now(reading.refresh(refresh_token))
        assert flow.server.records() == before
        assert flow.redeem(code).status_int == flow.refresh(refresh_token).status_int == 200

    def test_what_is_switched_off_is_no_error_in_the_log(
        self, reader: Reader, caplog: pytest.LogCaptureFixture
    ):
        caplog.set_level("INFO", "pyramid_oauth2.responses")
        assert_not_now(reader.ask())
        (record,) = [each for each in caplog.records if "read_only" in each.getMessage()]
        assert record.levelname == "INFO"

    def test_a_replayed_code_is_not_answered_before_its_grant_can_be_ended(
        self, flow: Flow, reader: Reader
    ):
        code = flow.code()
        token = flow.redeem(code).json["access_token"]
        assert_not_now(Flow(reader).redeem(code))
        assert reader.get("/read", bearer(token)).status_int == 200
        assert_error(flow.redeem(code), 400, "invalid_grant")
        assert reader.get("/read", bearer(token)).status_int == 401

    def test_a_wrong_verifier_is_not_answered_uncounted(self, flow: Flow, reader: Reader):
        code = flow.code()
        for _ in range(6):
            assert_not_now(Flow(reader).redeem(code, code_verifier=VERIFIER[::-1]))
        assert flow.redeem(code).status_int == 200

    @pytest.mark.parametrize("name", ["access_token", "refresh_token"])
    def test_nothing_is_revoked(self, flow: Flow, reader: Reader, name: str):
        """RFC 7009 section 2.2.1: after a 503 the client must assume that the token exists."""
        tokens = flow.tokens()
        form = {"token": tokens[name]}
        assert_not_now(reader.post(form, reader.login("web"), "/oauth2/revoke"))
        assert reader.get("/read", bearer(tokens["access_token"])).status_int == 200

    def test_nobody_is_asked(self, reader: Reader):
        page = Flow(reader).log_in().ask()
        assert page.status_int == 503
        assert page.headers["Retry-After"] == "5"
        assert "Location" not in page.headers

    def test_a_remembered_consent_makes_no_code(self, flow: Flow, reader: Reader):
        flow.allow()
        assert Flow(reader).log_in().ask().status_int == 503

    def test_a_page_that_was_open_decides_nothing(self, flow: Flow, reader: Reader):
        page = flow.page()
        reading = Flow(reader, browser=flow.browser)
        reading.browser.app = reader.app
        answer = reading.decide(page)
        assert answer.status_int == 503, answer.text
        reading.browser.app = flow.server.app
        assert flow.decide(page).location.startswith(BACK)

    @pytest.mark.parametrize("session", [{}, {"sqlalchemy.session": "dbsession"}])
    def test_the_application_registers_no_client(
        self, open_reader: Callable[..., Reader], session: dict[str, str]
    ):
        assert open_reader(**session).get("/register").status_int == 200


def test_the_start_says_so(open_reader: Callable[..., Reader], caplog: pytest.LogCaptureFixture):
    open_reader()
    assert caplog.text.count("oauth2.read_only = true: tokens are checked") == 1


def test_nothing_is_purged(
    flow: Flow, open_reader: Callable[..., Reader], caplog: pytest.LogCaptureFixture
):
    reader = open_reader(throttle="false")
    token = flow.tokens()["access_token"]
    for _ in range(60):
        reader.ask()
        assert reader.get("/read", bearer(token)).status_int == 200
    assert "swept" not in caplog.text


def test_it_is_measured_all_the_same(flow: Flow, open_reader: Callable[..., Reader]):
    reader = open_reader(metrics="true")
    assert reader.get("/read", bearer(flow.tokens()["access_token"])).status_int == 200
    assert_not_now(reader.ask())
