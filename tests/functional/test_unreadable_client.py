"""One stored client that cannot be read: the others are listed, and it is refused and deletable."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from pyramid_oauth2.protocol.clients.registry import UnknownClient
from tests.backends.redis_contract import flush, open_backend, raw_nodes
from tests.backends.sqlite_databases import empty_database
from tests.servers import redis_url  # noqa: F401

from .client_pages import APPLICATIONS, ClientPages, names, words
from .flow import Flow
from .server import basic

SECRET = [{"digest": "AAAA", "scheme": "sha256", "created_at": 0, "expires_at": 10**20}]
DAMAGED = {
    "time of a secret": {"client_secrets": SECRET},
    "time beyond every calendar": {"updated_at": 2**53},
    "another form": {"redirect_uris": "https://client.example/"},
    "no JSON": None,
    "no object": [],
}


@pytest.fixture(params=["sqlite", "redis"])
def storage(request: pytest.FixtureRequest, tmp_path_factory: Any) -> Iterator[dict[str, str]]:
    """A backend of each kind that stores documents."""
    if request.param == "redis":
        url = request.getfixturevalue("redis_url")
        backend = open_backend(url)
        flush(backend)
        backend.close()
        yield {"oauth2.backend": "redis", "oauth2.redis.url": url}
        return
    file = tmp_path_factory.getbasetemp() / "unreadable.sqlite"
    file.write_bytes(empty_database())
    yield {"oauth2.backend": "sqlalchemy", "oauth2.sqlalchemy.url": f"sqlite:///{file}"}


def damage(settings: dict[str, str], client_id: str, change: Any) -> None:
    """Change the record of a client in the store, as another program might."""

    def damaged(document: str) -> str:
        if change is None:
            return document[:-9]
        return json.dumps({**json.loads(document), **change} if change else change)

    if settings["oauth2.backend"] == "redis":
        backend = open_backend(settings["oauth2.redis.url"])
        (raw,) = raw_nodes(backend)
        (key,) = (key for key in raw.keys("*") if key.endswith(client_id.encode()))
        version, _, document = raw.get(key).partition(b"\n")
        raw.set(key, version + b"\n" + damaged(document.decode()).encode())
        backend.close()
        return
    engine = create_engine(settings["oauth2.sqlalchemy.url"])
    with engine.begin() as connection:
        of = {"id": client_id}
        query = text("SELECT document FROM oauth2_client WHERE client_id = :id")
        document = damaged(connection.execute(query, of).scalar_one())
        update = text("UPDATE oauth2_client SET document = :document WHERE client_id = :id")
        connection.execute(update, {**of, "document": document})
        if change and "updated_at" in change:
            update = text("UPDATE oauth2_client SET updated_at = :at WHERE client_id = :id")
            connection.execute(update, {**of, "at": change["updated_at"]})
    engine.dispose()


@pytest.fixture(params=DAMAGED)
def pages(
    request: pytest.FixtureRequest, start_pages: Callable[..., ClientPages], settings: Any
) -> ClientPages:
    pages = start_pages(client_cache="0")
    pages.server.register("bad", client_name="Bad", owner="alice")
    pages.server.register("good", client_name="Good")
    damage(settings, "bad", DAMAGED[request.param])
    return pages


def test_it_is_listed_and_can_only_be_deleted(pages: ClientPages, caplog: Any):
    with caplog.at_level(logging.ERROR):
        listed = names(pages.get())
    assert sorted(listed) in (["Bad", "Good", "robot"], ["Good", "bad", "robot"])
    assert "The stored record of the client 'bad' cannot be read" in caplog.text
    assert "Good" in names(pages.get(q="Good"))
    assert "cannot be read" in words(pages.get("client", client_id="bad"))
    assert pages.get("grants", client_id="bad").status_int == 200
    for page in ("edit", "secret", "secret/earlier", "withdraw", "disable", "enable"):
        assert pages.get(page, client_id="bad", status="*").status_int in (404, 409), page
        assert pages.post(page, "bad", version="0").status_int in (404, 409), page
    delete = pages.get("client", client_id="bad").click("Delete")
    delete.form["name"] = pages.client("bad").client_name or "bad"
    assert delete.form.submit(status=303).follow().status_int == 200
    with pytest.raises(UnknownClient):
        pages.client("bad")
    assert "bad" not in words(pages.get())


def test_a_request_that_names_it_is_refused(pages: ClientPages):
    server = pages.server
    refused = server.post({"grant_type": "client_credentials"}, server.login("bad"))
    assert (refused.status_int, refused.json["error"]) == (401, "invalid_client")
    refused = server.post({"grant_type": "client_credentials"}, basic("bad", "wrong"))
    assert (refused.status_int, refused.json["error"]) == (401, "invalid_client")
    assert Flow(server, "bad").log_in().ask().status_int == 400
    assert server.ask().status_int == 200


def test_the_pages_of_its_owner(pages: ClientPages):
    own = ClientPages(pages.server, APPLICATIONS, user="alice")
    assert own.get().status_int == 200
    assert own.get("client", client_id="bad", status="*").status_int in (200, 404)
    assert own.get("delete", client_id="bad", status="*").status_int in (403, 404)


def test_it_is_disabled_when_its_owner_is_forgotten(pages: ClientPages, settings: Any, caplog: Any):
    """Where the store can write it; otherwise the call and the log say that it is not."""
    service = pages.server.service
    with caplog.at_level(logging.ERROR):
        ended = service.users.forget("alice")
    if settings["oauth2.backend"] == "redis":
        assert (ended.clients, ended.not_disabled) == (0, ("bad",))
        assert "The client bad of a user who is forgotten is not disabled" in caplog.text
        return
    assert (ended.clients, ended.not_disabled) == (1, ())
    engine = create_engine(settings["oauth2.sqlalchemy.url"])
    with engine.connect() as connection:
        query = text("SELECT disabled_at FROM oauth2_client WHERE client_id = 'bad'")
        assert connection.execute(query).scalar_one() is not None
    engine.dispose()
