from __future__ import annotations

import json
import re

import pytest

from pyramid_oauth2.scripts.settings import MASK, masked


def test_effective_settings_with_their_meaning(poauth2):
    poauth2.write(more="oauth2.access_token_lifetime = 10m")
    status, out, _ = poauth2("settings")
    assert status == 0
    assert "oauth2.access_token_lifetime = 600\n    How long an access token lives" in out
    assert "oauth2.path = /oauth2" in out


def test_why_the_application_does_not_start(poauth2):
    poauth2.write("tests.scripts.scope = raed")
    status, _, err = poauth2("settings")
    assert status == 0
    assert "oauth2_scope='raed' names unknown scopes: raed. Known are: " in err
    assert "<class" not in err


def test_an_application_that_does_not_start_by_another_error(poauth2):
    """Its text alone may be one word."""
    poauth2.write("tests.scripts.needs = theme")
    status, out, err = poauth2("settings")
    assert (status, "oauth2.issuer = " in out) == (0, True)
    assert err.endswith("are masked: KeyError: 'theme'\n")


def test_as_json(poauth2):
    values = json.loads(poauth2("settings", "--json")[1])
    assert values["oauth2.issuer"] == "http://localhost:6543"
    assert values["oauth2.scopes"] == {"read": "Read", "write": "Write"}


def test_the_application_need_not_start(poauth2):
    """It is the command to use when the application does not start."""
    poauth2.write(more="oauth2.redis.url = redis://:hunter2@localhost/0", backend="nowhere")
    status, out, _ = poauth2("settings")
    assert status == 0
    assert "hunter2" not in out


def test_the_throttle(poauth2):
    poauth2.write(more="oauth2.throttle_storage = redis://:hunter2@localhost/1")
    values = json.loads(poauth2("settings", "--json")[1])
    assert values["oauth2.throttle"] is True
    assert values["oauth2.throttle.clients"] == "10/minute"
    assert values["oauth2.throttle_storage"] == MASK


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("url", "postgresql+psycopg://auth:hunter2@db.example/auth"),
        ("url", "postgresql+psycopg://auth:hun@ter2@db.example/auth"),
        ("url", "redis://:hunter2@localhost/0"),
        ("url", "postgresql://db.example/auth?user=auth&password=hunter2&sslmode=require"),
        ("connect_args.password", "hunter2"),
        ("client_secret", "hunter2"),
    ],
)
def test_a_password_is_masked(key, value):
    assert MASK in masked(key, value)
    assert "ter2" not in masked(key, value)


def test_what_is_no_secret_is_shown():
    assert masked("url", "sqlite:////var/lib/oauth2.sqlite") == "sqlite:////var/lib/oauth2.sqlite"


def test_the_secret_of_a_resource_server_is_masked(poauth2):
    poauth2.write(more="oauth2.introspection.client_secret = hunter2")
    for words in (("settings",), ("settings", "--json")):
        status, out, err = poauth2(*words)
        assert status == 0
        assert MASK in out
        assert "hunter2" not in out + err


SECRET = "s" * 43


class TestTheSecretOfTheServer:
    """It says where the secret is, and never what it is."""

    @pytest.fixture
    def shown(self, poauth2):
        def shown(more):
            poauth2.write(more=more)
            status, out, err = poauth2("settings")
            assert (status, err) == (0, "")
            assert SECRET not in out
            value = json.loads(poauth2("settings", "--json")[1])["oauth2.secret"]
            assert f"oauth2.secret = {value}\n" in out
            return value

        return shown

    def test_there_is_none(self, shown):
        assert shown("") == ""

    def test_in_the_ini(self, shown):
        assert shown(f"oauth2.secret = {SECRET}") == MASK

    def test_in_a_file(self, shown, tmp_path):
        file = tmp_path / "server.secret"
        file.write_text(SECRET)
        assert shown(f"oauth2.secret = file:{file} {'n' * 43}") == f"file:{file} {MASK}"

    def test_in_the_environment(self, shown, monkeypatch):
        monkeypatch.setenv("SERVER_SECRET", SECRET)
        assert shown("oauth2.secret = env:SERVER_SECRET") == "env:SERVER_SECRET"

    def test_set_by_the_application(self, shown, tmp_path):
        file = tmp_path / "server.secret"
        file.write_text(SECRET)
        assert shown(f"tests.scripts.server_secret = file:{file}") == f"file:{file}"

    def test_of_an_application_that_does_not_start(self, poauth2, tmp_path):
        file = tmp_path / "server.secret"
        file.write_text(SECRET)
        poauth2.write(more=f"oauth2.secret = file:{file}", backend="nowhere")
        assert f"oauth2.secret = file:{file}\n" in poauth2("settings")[1]


class TestWhereItComesFrom:
    @pytest.fixture
    def origin(self, poauth2):
        def origin(key, more):
            poauth2.write(more=more)
            status, out, err = poauth2("settings")
            assert (status, err) == (0, "")
            (block,) = re.findall(rf"^oauth2\.{key} = .*\n((?:    .*\n)+)", out, re.MULTILINE)
            return block.splitlines()[-1].strip()

        return origin

    def test_the_ini(self, origin):
        assert origin("client_cache", "oauth2.client_cache = 2") == "From the ini."

    def test_the_default(self, origin):
        assert origin("client_cache", "") == "Default."
        assert origin("client_cache", "oauth2.client_cache =") == "Default."

    def test_a_key_of_a_library(self, origin):
        assert origin("sqlalchemy.url", "") == "From the ini."

    def test_the_application(self, origin, tmp_path):
        file = tmp_path / "server.secret"
        file.write_text(SECRET)
        more = f"tests.scripts.server_secret = file:{file}"
        assert origin("secret", more) == "From the application."

    @pytest.mark.parametrize("key", ["registration", "private_schemes"])
    def test_the_profile(self, origin, key):
        mcp = "oauth2.profile = mcp"
        assert origin(key, mcp) == f"From {mcp}."
        assert origin(key, f"{mcp}\noauth2.{key} =") == "Default."


class TestOfAFeature:
    """Only the application knows the settings of its features, so it is started."""

    @pytest.fixture
    def write(self, poauth2):
        def write(more, **changes):
            poauth2.write(more=more, **changes)
            text = poauth2.path.read_text()
            poauth2.path.write_text(text.replace("scripts.application", "scripts.with_settings"))

        return write

    def test_they_are_shown_like_ours(self, poauth2, write):
        write("oauth2.badges = yes\noauth2.badges.lifetime = 10m")
        status, out, err = poauth2("settings")
        assert (status, err) == (0, "")
        assert "oauth2.badges.lifetime = 600\n    How long a badge is valid." in out
        values = json.loads(poauth2("settings", "--json")[1])
        assert values["oauth2.badges"] is True
        assert values["oauth2.badges.pepper"] == ""

    def test_a_secret_is_masked(self, poauth2, write):
        write("oauth2.badges.pepper = hunter2")
        _, out, err = poauth2("settings")
        assert f"oauth2.badges.pepper = {MASK}" in out
        assert "hunter2" not in out + err

    def test_all_are_masked_if_the_application_does_not_start(self, poauth2, write):
        more = "oauth2.badges.pepper = hunter2\noauth2.sqlalchemy.pool_size = 5"
        write(more, backend="nowhere")
        status, out, err = poauth2("settings")
        assert status == 0
        assert f"oauth2.badges.pepper = {MASK}" in out
        assert "oauth2.sqlalchemy.pool_size = 5" in out
        assert "hunter2" not in out + err
        assert "the application does not start" in err

    def test_a_mistake_in_them_is_reported(self, poauth2, write):
        write("oauth2.badges.lifetime = long")
        status, _, err = poauth2("settings")
        assert status == 0
        assert "oauth2.badges.lifetime = 'long'" in err
