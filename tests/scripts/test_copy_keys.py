"""``poauth2 copy`` moves signing keys sealed: they sign in the new store with the same secret."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from pyramid_oauth2.jose.signing import sign
from pyramid_oauth2.keys.signing_key import NAMESPACE
from pyramid_oauth2.scripts.ini import Ini
from pyramid_oauth2.scripts.poauth2 import main
from tests.backends.redis_contract import flush
from tests.backends.redis_contract import open_backend as open_redis
from tests.jose import judges
from tests.live import storage_settings
from tests.servers import postgresql_server, redis_url  # noqa: F401

from .conftest import INI

SECRET, OTHER_SECRET = "s" * 43, "t" * 43
AUDIENCE = "https://api.example"


class Place:
    """An ini with a store of its own."""

    def __init__(self, path, settings):
        self.path, self._settings = path, settings

    def write(self, secret, **more):
        lines = {**self._settings, "secret": secret, **more}
        text = INI.format(
            issuer="http://localhost:6543",
            backend=lines.pop("backend", "sqlalchemy"),
            more="\n".join(f"oauth2.{key} = {value}" for key, value in lines.items()),
        )
        if "sqlalchemy.url" in lines:
            text = text.replace("oauth2.sqlalchemy.url = sqlite:///%(here)s/oauth2.sqlite\n", "")
        self.path.write_text(text.replace("oauth2.sqlite", f"{self.path.stem}.sqlite"))
        return self

    def upgraded(self):
        assert main([str(self.path), "db", "upgrade"]) == 0
        return self

    @contextlib.contextmanager
    def server(self) -> Iterator:
        with Ini(str(self.path)).service() as service:
            yield service.server

    def signed(self):
        """A JWT that this server signs now, the key set, and the records of its keys."""
        with self.server() as server:
            value = sign(server, "at+jwt", {"aud": AUDIENCE}, "ES256")
            keys = {"keys": list(server.signer.published())}
            return value, keys, server.entries.list(namespace=NAMESPACE).items


@pytest.fixture
def place(request, tmp_path):
    def place(name, file):
        settings = storage_settings(name, request)
        if name == "redis":
            with contextlib.closing(open_redis(settings["redis.url"])) as backend:
                flush(backend)
        return Place(tmp_path / f"{file}.ini", settings).write(SECRET).upgraded()

    return place


@pytest.mark.parametrize(
    ("storage", "target"), [("sqlite", "postgresql"), ("postgresql", "redis"), ("redis", "sqlite")]
)
def test_a_key_signs_in_the_new_store(place, storage, target):
    old, new = place(storage, "old"), place(target, "new")
    before, keys, records = old.signed()
    old.write(SECRET, read_only="true")
    assert main([str(old.path), "copy", "--to", str(new.path)]) == 0
    after, keys_there, records_there = new.signed()
    assert [(each.key, each.data) for each in records] == [
        (each.key, each.data) for each in records_there
    ]
    assert b'"d"' not in records_there[0].data
    assert keys_there == keys
    # By the key that caches elsewhere have, and the other way round.
    assert judges.by_pyjwt(after, keys, AUDIENCE) == {"aud": AUDIENCE}
    assert judges.by_pyjwt(before, keys_there, AUDIENCE) == {"aud": AUDIENCE}


def test_with_another_secret_the_new_server_does_not_start(place, capsys):
    old, new = place("sqlite", "old"), place("sqlite", "new")
    _, keys, _ = old.signed()
    old.write(SECRET, read_only="true")
    new.write(OTHER_SECRET)
    assert main([str(old.path), "copy", "--to", str(new.path)]) == 0
    capsys.readouterr()
    assert main([str(new.path), "client", "list"]) == 1
    err = capsys.readouterr().err
    assert f"The signing key {keys['keys'][0]['kid']} cannot be used" in err
    assert "Add that secret at the end of oauth2.secret" in err
    new.write(f"{OTHER_SECRET} {SECRET}")
    assert judges.by_pyjwt(new.signed()[0], keys, AUDIENCE) == {"aud": AUDIENCE}
    assert main([str(new.path), "keys", "reseal"]) == 0
    new.write(OTHER_SECRET)
    assert judges.by_pyjwt(new.signed()[0], keys, AUDIENCE) == {"aud": AUDIENCE}
