"""With every logger at its most verbose level, no log line contains a credential."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from pyramid_oauth2 import TokenIssued

from . import host
from .server import Server, basic, bearer

DEBUG = {"pyramid.debug_all": "true", "oauth2.sqlalchemy.echo": "debug"}


def failing(event: TokenIssued) -> None:
    raise RuntimeError("boom")


def test_no_token_secret_or_password(
    build: Callable[..., Server], storage: dict[str, str], caplog: pytest.LogCaptureFixture
):
    """RFC 6819 section 5.1.4.1."""
    caplog.set_level(logging.DEBUG)
    for name in ("sqlalchemy.engine", "sqlalchemy.pool", "pyramid_oauth2", "txn"):
        caplog.set_level(logging.DEBUG, name)
    server = build(
        host.pages,
        lambda config: config.include("pyramid_tm"),
        lambda config: config.add_subscriber(failing, TokenIssued),
        changes=DEBUG if storage["oauth2.backend"] == "sqlalchemy" else {},
    )
    chosen = "a secret that a person chose"
    server.register("chosen", chosen)
    credentials = [chosen, server.secrets["robot"], "bob's password", "wrong-password-of-alice"]

    for user in (None, "bob"):
        credentials.append(server.token("read", user))
    answer = server.post({"grant_type": "client_credentials"}, server.login("chosen"))
    credentials.append(answer.json["access_token"])
    for form, headers in refused_requests(server):
        assert server.post(form, headers).status_int in (400, 401)
    for path in ("/read", "/write", "/whoami", "/edit", "/view"):
        for token in credentials[-3:]:
            server.get(path, bearer(token))
            server.get(path, bearer(token[:-1]))

    log = "\n".join([caplog.text, *(repr(vars(record)) for record in caplog.records)])
    assert "boom" in log, "the log was captured"
    for credential in credentials:
        assert credential not in log
        assert credential[-12:] not in log
    assert server.login()["Authorization"].removeprefix("Basic ") not in log


def refused_requests(server: Server) -> list[tuple[Any, dict[str, str]]]:
    password = {"grant_type": "password", "username": "alice"}
    return [
        ({**password, "password": "wrong-password-of-alice"}, server.login()),
        ({**password, "password": "wrong-password-of-alice" + "x" * 5000}, server.login()),
        ({"grant_type": "client_credentials"}, basic("nobody", server.secrets["robot"])),
        ({"grant_type": "client_credentials", "scope": "admin"}, server.login()),
    ]


def test_an_error_page_shows_nothing_of_the_inside(server: Server):
    for answer in (server.get("/nowhere"), server.get("/read"), server.post(b"%ff")):
        for word in ("Traceback", "site-packages", ".py", "sqlite"):
            assert word not in answer.text
