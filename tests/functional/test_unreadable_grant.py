"""One stored grant or consent that cannot be read: it gives nothing, and hides no other."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from tests.backends.redis_contract import open_backend, raw_nodes
from tests.servers import redis_url  # noqa: F401

from .allowing import Allowing, articles
from .flow import Flow
from .server import bearer
from .test_unreadable_client import storage  # noqa: F401

COLUMNS = {"grant": ("scope", "resources"), "consent": ("scopes", "resources")}
KEYS = {"grant": b":g", "consent": b":c:web"}


@pytest.fixture
def bob(start_flow: Callable[..., Flow]) -> Allowing:
    return Allowing(start_flow().server)


def damage(settings: dict[str, str], kind: str, column: str = "scope") -> None:
    """Change every record of a kind in the store, as another program might."""
    if settings["oauth2.backend"] == "redis":
        backend = open_backend(settings["oauth2.redis.url"])
        (raw,) = raw_nodes(backend)
        keys = [key for key in raw.keys("*") if key.endswith(KEYS[kind])]
        for key in keys:
            header, _, _ = raw.get(key).partition(b"\n")
            raw.set(key, header + b"\n" + b'{"scope": nothing}\n')
        backend.close()
        assert keys
        return
    engine = create_engine(settings["oauth2.sqlalchemy.url"])
    with engine.begin() as connection:
        statement = text(f"UPDATE oauth2_{kind} SET {column} = '[nothing'")
        assert connection.execute(statement).rowcount
    engine.dispose()


@pytest.mark.parametrize("column", COLUMNS["grant"])
def test_a_grant(bob: Allowing, settings: dict[str, str], column: str, caplog: Any):
    damage(settings, "grant", column)
    with caplog.at_level(logging.ERROR):
        assert bob.server.get("/read", bearer(bob.held["access_token"])).status_int == 401
    assert "cannot be read" in caplog.text
    refused = bob.refresh(bob.held["refresh_token"])
    assert (refused.status_int, refused.json["error"]) == (400, "invalid_grant")
    # The next grant is listed, and everything can still be ended.
    assert bob.ask().status_int == 303
    assert len(articles(bob.show())) == 1
    bob.server.service.users.revoke("bob")
    assert bob.ask().status_int == 200


@pytest.mark.parametrize("column", COLUMNS["consent"])
def test_a_consent(bob: Allowing, settings: dict[str, str], column: str, caplog: Any):
    damage(settings, "consent", column)
    with caplog.at_level(logging.ERROR):
        page = bob.ask()
    assert page.status_int == 200, "the user is asked again"
    assert "consent to web cannot be read" in caplog.text
    assert bob.show().status_int == 200
    assert bob.decide(page).status_int == 303
    assert bob.ask().status_int == 303, "the new consent has replaced it"
    assert bob.server.service.users.revoke("bob").consents == 1
