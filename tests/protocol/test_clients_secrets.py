"""Client secrets are stored as digests, and the cost of a check depends only on the form."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from pyramid_oauth2.protocol.clients import secrets as client_secrets
from pyramid_oauth2.protocol.clients.secrets import UnusableSecret, keep_secret, verify_secret
from pyramid_oauth2.protocol.token_strings import new_client_secret

NOW = 1_800_000_000
DRAWN = new_client_secret(os.urandom)
OTHER = new_client_secret(os.urandom)


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hashes that are computed: ``argon2id`` or ``sha256`` for every verification."""
    done: list[str] = []
    hasher = client_secrets._hasher()

    class Counting:
        def verify(self, kept: bytes, presented: str) -> bool:
            done.append("argon2id")
            return hasher.verify(kept, presented)

        def hash(self, secret: str) -> str:
            return hasher.hash(secret)

    def digest(value: str) -> bytes:
        done.append("sha256")
        return original(value)

    original = client_secrets.digest
    counting = Counting()
    monkeypatch.setattr(client_secrets, "_hasher", lambda: counting)
    monkeypatch.setattr(client_secrets, "digest", digest)
    return done


@pytest.fixture(scope="module")
def chosen():
    return keep_secret("chosen by a person", NOW)


def test_a_drawn_secret_is_kept_as_sha_256():
    kept = keep_secret(DRAWN, NOW)
    assert kept.scheme == "sha256"
    assert len(kept.digest) == 32
    assert (kept.created_at, kept.expires_at) == (NOW, None)


def test_a_chosen_secret_is_kept_as_argon2id(chosen):
    assert chosen.scheme == "argon2id"
    assert chosen.digest.startswith(b"$argon2id$")


def test_the_same_chosen_secret_is_never_kept_alike(chosen):
    assert keep_secret("chosen by a person", NOW).digest != chosen.digest


@pytest.mark.parametrize("secret", ["", "\0", "a\0b", "x" * 1025, "\ud800"])
def test_a_secret_that_cannot_be_kept(secret):
    with pytest.raises(UnusableSecret, match="characters"):
        keep_secret(secret, NOW)


def test_a_chosen_secret_without_the_extra(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(client_secrets, "_hasher", lambda: None)
    with pytest.raises(UnusableSecret, match="pip install argon2-cffi"):
        keep_secret("chosen by a person", NOW)
    assert keep_secret(DRAWN, NOW).scheme == "sha256"
    assert not verify_secret("chosen by a person", [], NOW)


@pytest.mark.parametrize(
    "secret",
    [DRAWN, "chosen", "pässwörd 秘密 \U0001f511", "x" * 1024],
    ids=["drawn", "chosen", "of all scripts", "long"],
)
def test_the_right_secret(secret):
    assert verify_secret(secret, [keep_secret(secret, NOW)], NOW)


@pytest.mark.parametrize(
    "presented",
    [
        pytest.param("", id="empty"),
        pytest.param("chosen by a perso", id="truncated"),
        pytest.param("chosen by a person ", id="extended"),
        pytest.param("Chosen by a person", id="other case"),
        pytest.param("chosen by a person\0", id="NUL at the end"),
        pytest.param("chosen by a person\0x", id="something after a NUL"),
        pytest.param("x" * 1025, id="over 1 KB"),
        pytest.param("x" * 2**20, id="1 MB"),
        pytest.param("pässwörd", id="not ASCII"),
        pytest.param("\ud800", id="a lone surrogate"),
        pytest.param(DRAWN, id="of the other form"),
    ],
)
def test_a_wrong_secret(presented, chosen):
    """RFC 6749 section 10.10; never an exception, for any characters."""
    assert not verify_secret(presented, [chosen], NOW)


@pytest.mark.parametrize(
    "presented",
    [OTHER, DRAWN[:-1], DRAWN + "0", DRAWN.swapcase(), "é" * 53, DRAWN + "\0"],
    ids=["another", "truncated", "extended", "other case", "non-ASCII", "NUL at the end"],
)
def test_a_wrong_secret_where_one_was_drawn(presented):
    assert not verify_secret(presented, [keep_secret(DRAWN, NOW)], NOW)


def test_two_secrets_live_at_once(chosen):
    """So that one can be replaced without a moment when neither works."""
    kept = [keep_secret(DRAWN, NOW), keep_secret(OTHER, NOW), chosen]
    for secret in (DRAWN, OTHER, "chosen by a person"):
        assert verify_secret(secret, kept, NOW)


def test_a_secret_ends_with_its_last_second(chosen):
    for secret, record in ((DRAWN, keep_secret(DRAWN, NOW)), ("chosen by a person", chosen)):
        ending = replace(record, expires_at=NOW + 10)
        assert verify_secret(secret, [ending], NOW + 9)
        assert not verify_secret(secret, [ending], NOW + 10)


def test_the_digest_itself_is_no_secret():
    kept = keep_secret(DRAWN, NOW)
    assert not verify_secret(kept.digest.hex(), [kept], NOW)


@pytest.mark.parametrize("kept_as", ["nobody's", "drawn", "chosen"])
@pytest.mark.parametrize(
    ("presented", "expected"),
    [
        pytest.param(OTHER, ["sha256"], id="drawn"),
        pytest.param("a guess", ["argon2id"], id="chosen"),
        pytest.param("x" * 2000, [], id="too long"),
        pytest.param("a\0b", [], id="NUL"),
    ],
)
def test_the_work_depends_on_what_is_presented_alone(
    work: list[str], chosen, kept_as: str, presented: str, expected: list[str]
):
    kept = {"nobody's": [], "drawn": [keep_secret(DRAWN, NOW)], "chosen": [chosen]}[kept_as]
    work.clear()
    assert not verify_secret(presented, kept, NOW)
    assert work == expected


def test_a_damaged_digest_verifies_nothing(chosen):
    for digest in (b"", b"garbage", chosen.digest[:-5], b"$argon2id$v=19$"):
        assert not verify_secret("chosen by a person", [replace(chosen, digest=digest)], NOW)


def test_schemes_are_not_confused():
    """A SHA-256 digest labelled as argon2id is never accepted, nor the other way round."""
    kept = keep_secret(DRAWN, NOW)
    assert not verify_secret(DRAWN, [replace(kept, scheme="argon2id")], NOW)
    assert not verify_secret(DRAWN, [replace(kept, scheme="plain")], NOW)
