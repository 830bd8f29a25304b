"""One stored grant, consent or token that cannot be read: it gives nothing, and hides no other."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from pyramid_oauth2.backends.redis.values import _FACTS
from pyramid_oauth2.protocol.listings import every
from tests.backends.redis_contract import open_backend, raw_nodes
from tests.servers import redis_url  # noqa: F401

from .allowing import Allowing, articles
from .client_pages import ClientPages
from .flow import Flow
from .server import bearer
from .test_unreadable_client import storage  # noqa: F401

FAR = 2**53  # A number, but no time that can be shown.
KEYS = {"grant": b":g", "consent": b":c:web", "token": b":t:"}


def in_document(value: bytes, **changes: Any) -> bytes:
    """A value of Redis with other members in its document."""
    line, document, *data = value.split(b"\n", 2)
    members = json.loads(document)
    if isinstance(members, list):  # Of a grant: in their order, the last ones left out if usual.
        usual = [0, []][len(members) - 4 :]
        facts = dict(zip(_FACTS, [*members, *usual], strict=True))
        members = [*(facts | changes).values()]
    else:
        members |= changes
    return b"\n".join([line, json.dumps(members).encode(), *data])


def in_line(value: bytes, place: int, field: bytes) -> bytes:
    """A value of Redis with another field in its line."""
    line, rest = value.split(b"\n", 1)
    fields = line.split(b" ")
    fields[place] = field
    return b" ".join(fields) + b"\n" + rest


def without_json(value: bytes) -> bytes:
    """A value of Redis whose document is no JSON."""
    return value.partition(b"\n")[0] + b"\n" + b'{"scope": nothing}\n'


def another_line(value: bytes) -> bytes:
    """A value of Redis whose line is another one."""
    return b"x y z\n" + value.partition(b"\n")[2]


def no_line(_value: bytes) -> bytes:
    """A value of Redis without a line."""
    return b"garbage"


# Columns of SQL, and the change to a value of Redis.
DAMAGED: dict[str, dict[str, tuple[dict[str, Any], Callable[[bytes], bytes]]]] = {
    "grant": {
        "scope that is no JSON": ({"scope": "[nothing"}, without_json),
        "scope with null": (
            {"scope": '[null, "read"]'},
            partial(in_document, scope=[None, "read"]),
        ),
        "scope that is a text": ({"scope": '"read"'}, partial(in_document, scope="read")),
        "resources that are no JSON": ({"resources": "[nothing"}, another_line),
        "resources that are numbers": ({"resources": "[1]"}, partial(in_document, resources=[1])),
        "time beyond every calendar": ({"created_at": FAR}, partial(in_document, created_at=FAR)),
        "time that is a text": ({"created_at": "x"}, partial(in_document, created_at="x")),
        "end beyond every calendar": (
            {"expires_at": FAR, "absolute_end": FAR},
            partial(in_line, place=0, field=b"%d" % FAR),
        ),
        "user without a name": ({"subject": ""}, partial(in_document, subject=5)),
        "scope or epoch of another form": ({"scope": "{}"}, partial(in_document, epoch="x")),
        "no line": ({"scope": "5"}, no_line),
    },
    "consent": {
        "scope that is no JSON": ({"scopes": "[nothing"}, without_json),
        "scope with null": ({"scopes": "[null]"}, partial(in_document, scopes=[None, "read"])),
        "resources that are no JSON": ({"resources": "[nothing"}, another_line),
        "resources that are numbers": ({"resources": "[1]"}, partial(in_document, resources=[1])),
        "time beyond every calendar": ({"created_at": FAR}, partial(in_document, created_at=FAR)),
        "end beyond every calendar": (
            {"expires_at": FAR},
            partial(in_line, place=0, field=b"%d" % FAR),
        ),
        "no line": ({"scopes": "5"}, no_line),
    },
    "token": {
        "time beyond every calendar": (
            {"issued_at": FAR},
            partial(in_line, place=6, field=b"%d" % FAR),
        ),
        "another grant": ({"grant_id": "another"}, another_line),
        "no line": ({"expires_at": FAR}, no_line),
    },
}


@pytest.fixture
def bob(start_flow: Callable[..., Flow]) -> Allowing:
    return Allowing(start_flow(admin="true", admin_principals="bob").server)


def damage(settings: dict[str, str], kind: str, how: str) -> None:
    """Change every record of a kind in the store, as another program might."""
    columns, change = DAMAGED[kind][how]
    if settings["oauth2.backend"] == "redis":
        replace(settings, kind, change)
        return
    engine = create_engine(settings["oauth2.sqlalchemy.url"])
    with engine.begin() as connection:
        changed = ", ".join(f"{name} = :{name}" for name in columns)
        statement = text(f"UPDATE oauth2_{kind} SET {changed}")
        assert connection.execute(statement, columns).rowcount
    engine.dispose()


def replace(settings: dict[str, str], kind: str, change: Callable[[bytes], bytes]) -> None:
    """Change every value of a kind in Redis."""
    backend = open_backend(settings["oauth2.redis.url"])
    (raw,) = raw_nodes(backend)
    keys = [key for key in raw.keys("*") if KEYS[kind] in key]
    for key in keys:
        raw.set(key, change(raw.get(key)), keepttl=True)
    backend.close()
    assert keys


def everything_works(bob: Allowing) -> None:
    """Check the pages, a purge, a copy and the end of what bob allows."""
    service = bob.server.service
    assert bob.show().status_int == 200
    pages = ClientPages(bob.server)
    assert pages.get("grants", client_id="web").status_int == 200
    for store in (service.server.grants, service.server.consents):
        store.purge(0)
        list(every(store.export))
    service.users.revoke("bob")


@pytest.mark.parametrize("how", DAMAGED["grant"])
def test_a_grant(bob: Allowing, settings: dict[str, str], how: str, caplog: Any):
    damage(settings, "grant", how)
    with caplog.at_level(logging.ERROR):
        assert bob.server.get("/read", bearer(bob.held["access_token"])).status_int == 401
    assert "cannot be read" in caplog.text
    refused = bob.refresh(bob.held["refresh_token"])
    assert (refused.status_int, refused.json["error"]) == (400, "invalid_grant")
    # The next grant is listed, and everything can still be ended.
    assert bob.ask().status_int == 303
    assert len(articles(bob.show())) == 1
    everything_works(bob)
    assert bob.ask().status_int == 200


@pytest.mark.parametrize("how", DAMAGED["token"])
def test_a_token(bob: Allowing, settings: dict[str, str], how: str, caplog: Any):
    damage(settings, "token", how)
    with caplog.at_level(logging.ERROR):
        assert bob.server.get("/read", bearer(bob.held["access_token"])).status_int == 401
    assert "record of a token" in caplog.text
    refused = bob.refresh(bob.held["refresh_token"])
    assert (refused.status_int, refused.json["error"]) == (400, "invalid_grant")
    assert bob.ask().status_int == 303
    everything_works(bob)
    assert bob.ask().status_int == 200


@pytest.mark.parametrize("how", DAMAGED["consent"])
def test_a_consent(bob: Allowing, settings: dict[str, str], how: str, caplog: Any):
    damage(settings, "consent", how)
    with caplog.at_level(logging.ERROR):
        page = bob.ask()
    assert page.status_int == 200, "the user is asked again"
    assert "consent to 'web' cannot be read" in caplog.text
    assert bob.show().status_int == 200
    assert bob.decide(page).status_int == 303
    assert bob.ask().status_int == 303, "the new consent has replaced it"
    damage(settings, "consent", how)
    everything_works(bob)
    assert bob.ask().status_int == 200


def test_it_ends_with_everything_of_its_user(bob: Allowing, settings: dict[str, str]):
    damage(settings, "consent", "no line")
    assert bob.server.service.users.revoke("bob").consents == 1
