"""Token strings are recognisable, unguessable, and stored only as a digest."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyramid_oauth2.protocol.token_strings import (
    ALPHABET,
    FAMILY_LENGTH,
    SECRET_LENGTH,
    digest,
    has_our_prefix,
    is_client_secret,
    new_client_secret,
    new_family,
    new_token,
    parse_token,
    random_text,
)

PREFIXES = {
    "access_token": "oat",
    "refresh_token": "ort",
    "authorization_code": "oac",
    "interaction": "oin",
}


def test_a_secret_has_256_random_bits():
    """RFC 6749 section 10.10 requires 128."""
    assert SECRET_LENGTH * log2(len(ALPHABET)) >= 256


kinds = st.sampled_from(sorted(PREFIXES))
families = st.text(ALPHABET, min_size=FAMILY_LENGTH, max_size=FAMILY_LENGTH)
randomness = st.randoms(use_true_random=False).map(lambda random: random.randbytes)


@given(kind=kinds, family=families, random=randomness)
def test_a_token_parses_to_where_it_is_kept(kind, family, random):
    token = new_token(kind, family, random)
    assert parse_token(token.value) == token.ref
    assert token.ref == (kind, family, hashlib.sha256(token.value.encode()).digest())


@given(kind=kinds, family=families, random=randomness)
def test_a_token_is_69_letters_and_digits_after_its_prefix(kind, family, random):
    value = new_token(kind, family, random).value
    assert len(value) == 69
    assert value.startswith(f"{PREFIXES[kind]}_{family}")
    assert set(value[4:]) <= set(ALPHABET)
    assert has_our_prefix(value)


@given(
    kind=kinds,
    family=families,
    random=randomness,
    position=st.integers(0, 68),
    character=st.characters(max_codepoint=0x2FF),
)
def test_one_changed_character_is_never_the_same_record(kind, family, random, position, character):
    """Nearly always refused without a read of the store, and never with the same digest."""
    token = new_token(kind, family, random)
    changed = token.value[:position] + character + token.value[position + 1 :]
    if changed != token.value:
        ref = parse_token(changed)
        assert ref is None or ref.digest != token.ref.digest


@given(kind=kinds, family=families, random=randomness, position=st.integers(4, 62))
def test_a_mistyped_character_never_reaches_the_store(kind, family, random, position):
    """CRC-32 detects every change that is confined to one character."""
    value = new_token(kind, family, random).value
    other = ALPHABET[(ALPHABET.index(value[position]) + 1) % 62]
    assert parse_token(value[:position] + other + value[position + 1 :]) is None


@given(st.text(max_size=80))
def test_no_other_text_is_a_token(text):
    assert parse_token(text) is None
    assert not is_client_secret(text)


@pytest.mark.parametrize(
    "change",
    [
        lambda value: value[:-1],
        lambda value: value + "0",
        lambda value: value.swapcase(),
        lambda value: "oxx" + value[3:],
        lambda value: value.replace("_", "-"),
        lambda value: "ort" + value[3:],
        lambda value: " " + value,
        lambda value: value + "\n",
        lambda value: value[:30] + "\u0663" + value[31:],
    ],
    ids=["cut", "longer", "case", "prefix", "dash", "kind", "space", "newline", "arabic digit"],
)
def test_what_is_nearly_a_token(change):
    value = new_token("access_token", new_family(os.urandom), os.urandom).value
    assert parse_token(change(value)) is None


@given(random=randomness)
def test_a_client_secret_is_recognised(random):
    secret = new_client_secret(random)
    assert is_client_secret(secret)
    assert len(secret) == 53
    assert has_our_prefix(secret)
    assert parse_token(secret) is None
    assert not is_client_secret(secret[:-1])
    assert not is_client_secret(secret[:-7] + secret[-6:] + "0")


def test_a_token_is_no_client_secret():
    assert not is_client_secret(new_token("access_token", "f" * 16, os.urandom).value)


@pytest.mark.parametrize("value", ["", "oat", "oa_x", "_x", "Oat_x", "oatx_y", "app_token"])
def test_a_prefix_that_is_not_ours(value):
    assert not has_our_prefix(value)


def test_every_character_is_equally_likely():
    """Each byte once: 248 of them make every character four times, the others none."""
    counts = Counter(random_text(248, lambda length: bytes(i % 256 for i in range(length))))
    assert counts == dict.fromkeys(ALPHABET, 4)


def test_a_stingy_source_of_randomness_is_asked_again():
    answers = iter([b"\xff" * 4, b"\x00\x01\x02\x03"])
    assert random_text(2, lambda length: next(answers)) == "01"


def test_families_do_not_meet():
    assert len({new_family(os.urandom) for _ in range(1000)}) == 1000


def test_a_digest_is_sha_256_of_the_whole_string():
    assert digest("é") == hashlib.sha256(b"\xc3\xa9").digest()
