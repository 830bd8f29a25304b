"""docs/how-to/ending-access.md, in the application of docs/how-to/existing-application.md."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pyramid.paster import get_appsettings
from sqlalchemy import event
from webtest import TestApp

from pyramid_oauth2 import get_service, migrations
from pyramid_oauth2.events import UserForgotten
from pyramid_oauth2.read_only import REFUSAL
from pyramid_oauth2.testing import bearer

from .page import ROOT, Page
from .test_existing_application import NAME as APPLICATION

NAME = "docs/how-to/ending-access.md"
ALICE = "1"


@pytest.fixture
def page(tmp_path: Path) -> Page:
    return Page(NAME, tmp_path)


@pytest.fixture
def app(page: Page, load: Callable[[str], Any], heard: list[Any]) -> Iterator[TestApp]:
    Page(APPLICATION, page.folder).write_files()
    page.write_files()
    file = page.folder / "planner.ini"
    included = page.settings("pyramid.includes")["pyramid.includes"]
    file.write_text(file.read_text().replace("pyramid_tm pyramid_oauth2", included))
    ini = get_appsettings(str(file))
    app = load("planner").main({}, **ini)
    with app.registry["sessions"].begin() as dbsession:
        models = load("planner.models")
        models.Base.metadata.create_all(dbsession.connection())
        dbsession.add(models.User(name="alice"))
    migrations.upgrade(ini["sqlalchemy.url"])
    app.registry.registerHandler(heard.append, [UserForgotten])
    yield TestApp(app)
    get_service(app.registry).close()
    app.registry["sessions"].kw["bind"].dispose()


@pytest.fixture
def heard() -> list[Any]:
    return []


@pytest.fixture
def token(app: TestApp) -> dict[str, str]:
    """Alice is signed in, and has a token that works."""
    app.post("/login", {"username": "alice"})
    token = bearer(app.app, ALICE, "projects")
    app.get("/api/projects", headers=token)
    return token


def assert_refused(app: TestApp, token: dict[str, str]) -> None:
    assert TestApp(app.app).get("/api/projects", headers=token, status=401)


def test_a_new_password(
    app: TestApp, token: dict[str, str], load: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile: list[dict[str, str]] = []

    def still_signed_in(user: Any, password: str) -> None:
        meanwhile.append(bearer(app.app, ALICE, "projects"))

    monkeypatch.setattr(load("planner.accounts"), "set_password", still_signed_in)
    assert app.post("/password", {"password": "new"}).json == {"changed": True}
    assert_refused(app, token)
    assert_refused(app, meanwhile[0])


def test_a_deleted_account(app: TestApp, token: dict[str, str], heard: list[Any]) -> None:
    registered = app.post("/projects", {"name": "Garden"}).json
    service = get_service(app.app.registry)
    assert service.clients.get(registered["client_id"]).owner == ALICE
    # What belongs to the user is the application's to delete.
    with app.app.registry["sessions"].begin() as dbsession:
        dbsession.connection().exec_driver_sql("DELETE FROM projects")
    assert app.delete("/account").json == {"deleted": True}
    assert_refused(app, token)
    (forgotten,) = heard
    assert (forgotten.subject, forgotten.grants, forgotten.clients) == (ALICE, 1, 1)
    assert service.clients.get(registered["client_id"]).disabled_at is not None


def test_an_account_that_is_not_deleted_after_all(app: TestApp, token: dict[str, str]) -> None:
    def fail(session: Any) -> None:
        raise RuntimeError("The disk is full.")

    event.listen(app.app.registry["sessions"], "before_commit", fail)
    with pytest.raises(RuntimeError):
        app.delete("/account")
    event.remove(app.app.registry["sessions"], "before_commit", fail)
    app.get("/api/projects", headers=token)


class TestOnTheCommandLine:
    @pytest.fixture
    def page(self, follow: Callable[..., Page]) -> Page:
        """All of its examples are used here."""
        return follow(NAME)

    def test_the_commands(self, page: Page, app: TestApp, token: dict[str, str]) -> None:
        printed = page.run("user revoke", PYTHONPATH=f".:{ROOT}")
        assert "1 allows 1 client\n" in printed
        assert "1: 1 grant revoked" in printed
        assert_refused(app, token)


def test_what_it_says_of_mistakes(app: TestApp) -> None:
    text = (ROOT / NAME).read_text()
    with pytest.raises(TypeError) as wrong:
        get_service(app.app.registry).users.revoke(1)  # type: ignore[arg-type]
    assert f"`{wrong.value}`" in text
    assert f"`{REFUSAL}`" in text
