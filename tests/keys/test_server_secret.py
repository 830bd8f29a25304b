"""The secret of the server: what it seals, and how it is replaced."""

from __future__ import annotations

import os

import pytest

from pyramid_oauth2.protocol.server_secret import SecretMissing, ServerSecret
from pyramid_oauth2.settings.secrets import secrets
from pyramid_oauth2.settings.types import BadValue

OLD, NEW = ServerSecret(("o" * 43,)), ServerSecret(("n" * 43,))
BOTH = ServerSecret((*OLD.secrets, *NEW.secrets))


def test_what_was_sealed_is_opened():
    sealed = OLD.seal("keys", "one", b"private", os.urandom)
    assert b"private" not in sealed
    assert OLD.open("keys", "one", sealed) == b"private"


def test_two_seals_of_the_same_data_differ():
    assert OLD.seal("keys", "one", b"x", os.urandom) != OLD.seal("keys", "one", b"x", os.urandom)


@pytest.mark.parametrize(("purpose", "context"), [("other", "one"), ("keys", "two")])
def test_it_is_opened_for_the_same_purpose_and_record_only(purpose, context):
    sealed = OLD.seal("keys", "one", b"private", os.urandom)
    with pytest.raises(ValueError, match="changed, or is of another record"):
        OLD.open(purpose, context, sealed)


@pytest.mark.parametrize("at", [6, 7, 18, -1])
def test_what_was_changed_is_not_opened(at):
    sealed = bytearray(OLD.seal("keys", "one", b"private", os.urandom))
    sealed[at] ^= 1
    with pytest.raises(ValueError, match="changed"):
        OLD.open("keys", "one", bytes(sealed))


@pytest.mark.parametrize("sealed", [b"", b"x", b"x" * 100])
def test_garbage_is_not_opened(sealed):
    with pytest.raises(SecretMissing):
        OLD.open("keys", "one", sealed)


def test_the_first_seals_and_all_open():
    of_old, of_both = (each.seal("keys", "one", b"x", os.urandom) for each in (OLD, BOTH))
    assert BOTH.open("keys", "one", of_old) == BOTH.open("keys", "one", of_both) == b"x"
    assert OLD.open("keys", "one", of_both) == b"x"
    assert BOTH.is_sealed_by_the_first(of_old)
    assert not NEW.is_sealed_by_the_first(of_old)
    with pytest.raises(SecretMissing) as missing:
        NEW.open("keys", "one", of_old)
    assert missing.value.name == OLD.names[0]


def test_keys_of_purposes_and_secrets_differ():
    made = [key for purpose in ("one", "two") for key in BOTH.keys(purpose)]
    assert len(set(made)) == 4
    assert {len(key) for key in made} == {32}


def test_a_secret_is_never_shown():
    assert OLD.secrets[0] not in repr(OLD)


class TestSetting:
    def test_words(self):
        assert secrets(f"{'a' * 43}\n  {'b' * 43}") == ("a" * 43, "b" * 43)

    def test_a_file(self, tmp_path):
        path = tmp_path / "secret"
        path.write_text(f"{'a' * 43}\n{'b' * 43}\n")
        assert secrets(f"file:{path}") == ("a" * 43, "b" * 43)

    def test_an_environment_variable(self, monkeypatch):
        monkeypatch.setenv("OAUTH2_SECRET", "a" * 43)
        assert secrets(f"env:OAUTH2_SECRET {'b' * 43}") == ("a" * 43, "b" * 43)

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("short", "a secret has at least 43 characters: 'poauth2 secret' makes one"),
            ("a" * 42, "a secret has at least 43 characters: 'poauth2 secret' makes one"),
            (f"{'a' * 43} {'a' * 43}", "the same secret is there twice"),
            ("env:OAUTH2_NONE", "the environment variable OAUTH2_NONE is not set"),
            ("file:/nowhere", "the file /nowhere cannot be read: No such file or directory"),
            ("file:/", "the file / cannot be read: Is a directory"),
        ],
    )
    def test_a_mistake(self, text, said, monkeypatch):
        monkeypatch.delenv("OAUTH2_NONE", raising=False)
        with pytest.raises(BadValue) as error:
            secrets(text)
        assert str(error.value) == said

    def test_what_is_not_ascii(self, monkeypatch):
        monkeypatch.setenv("OAUTH2_SECRET", "\udcff" * 50)
        for text in ("env:OAUTH2_SECRET", "ä" * 43):
            with pytest.raises(BadValue, match="ASCII characters only"):
                secrets(text)

    def test_an_empty_file(self, tmp_path):
        path = tmp_path / "secret"
        path.write_text("\n")
        with pytest.raises(BadValue, match="is empty"):
            secrets(f"file:{path}")

    def test_a_file_that_is_not_text(self, tmp_path):
        path = tmp_path / "secret"
        path.write_bytes(b"\xff" * 43)
        with pytest.raises(BadValue, match="it is not ASCII"):
            secrets(f"file:{path}")
