"""docs/logging-out.md: the application ends its own login, and clients are notified."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

from .page import Page

NAME = "docs/logging-out.md"


@pytest.fixture
def folder(follow: Callable[..., Page], tmp_path: Path) -> Page:
    """The application of the other page, with what this one adds."""
    Page("docs/sign-in.md", tmp_path).write_files()
    page = follow(NAME)
    page.write_files()
    (tmp_path / "server.secret").write_text("s" * 43)
    return page


def test_the_page(folder: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(folder.folder)
    import accounts  # type: ignore[import-not-found]
    import logins  # type: ignore[import-not-found]
    import sign_out  # type: ignore[import-not-found]

    for name in ("accounts", "logins", "sign_out"):
        monkeypatch.delitem(sys.modules, name)
    sessions = sessionmaker(create_engine("sqlite://"))
    accounts.Base.metadata.create_all(sessions.kw["bind"])
    with sessions() as session:
        login = logins.Login(user_id=7)
        session.add(login)
        session.commit()
        cookie, sid = login.cookie, login.sid
    assert cookie != sid, "clients get to know the sid"
    owners = logins.AccountsWithLogins(sessions)
    request = SimpleNamespace(cookies={"login": cookie})
    authentication = owners.authentication(request)
    assert authentication.sid == sid
    owners.end_session("8", sid)
    assert owners.authentication(request) == authentication, "of another user"
    owners.end_session("7", sid)
    assert owners.authentication(request) is None

    steps: list[str] = []
    oauth2 = SimpleNamespace(end_session=lambda: steps.append("session"))
    monkeypatch.setattr(sign_out, "forget", lambda request: [steps.append("login")][:0])
    sign_out.sign_out(SimpleNamespace(oauth2=oauth2))
    assert steps == ["session", "login"]
    register(folder)


def register(folder: Page) -> None:
    """Register a client that is notified."""
    poauth2 = "export PYTHONPATH=.; poauth2 accounts.ini"
    folder.shell(f"{poauth2} db upgrade")
    add = "--kind web --redirect-uri https://shop.example/back --scope openid --json"
    folder.shell(f"{poauth2} client add --client-id shop --name Shop {add}")
    folder.run("client edit")
    shown = folder.shell(f"{poauth2} client show shop --json")
    assert "https://shop.example/logout" in shown
    assert folder.run("logout deliver") == "0 sent, 0 to be tried again, 0 given up\n"
