"""A sealed answer can be opened only for the same request of the same client."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyramid_oauth2.protocol.seal import NONCE_LENGTH
from pyramid_oauth2.protocol.token.sealing import seal_for

SCOPES = st.frozensets(st.sampled_from(["read", "write", "admin"]), min_size=1)
SPENT = "ort_" + "a" * 65


@given(answer=st.binary(), scope=SCOPES)
def test_it_opens_for_the_same_question(answer: bytes, scope: frozenset[str]):
    sealed = seal_for(SPENT, "web", "f", scope).close(answer, os.urandom)
    assert seal_for(SPENT, "web", "f", scope).open(sealed) == answer


@pytest.mark.parametrize(
    "other",
    [
        ("ort_" + "b" * 65, "web", "f", frozenset({"read"})),
        (SPENT, "app", "f", frozenset({"read"})),
        (SPENT, "web", "g", frozenset({"read"})),
        (SPENT, "web", "f", frozenset({"read", "write"})),
        (SPENT, "web", "f", frozenset()),
    ],
)
def test_and_for_no_other(other: tuple[str, str, str, frozenset[str]]):
    sealed = seal_for(SPENT, "web", "f", frozenset({"read"})).close(b"answer", os.urandom)
    assert seal_for(*other).open(sealed) is None


def test_no_two_questions_are_written_alike():
    """Otherwise a client_id could overlap with the family."""
    assert seal_for(SPENT, 'a", "b', "c", frozenset()) != seal_for(
        SPENT, "a", 'b", "c', frozenset()
    )


@given(junk=st.binary(max_size=100))
def test_junk_opens_to_nothing(junk: bytes):
    assert seal_for(SPENT, "web", "f", frozenset()).open(junk) is None


@given(at=st.integers(0, NONCE_LENGTH + 20), bit=st.integers(0, 7))
def test_no_bit_may_change(at: int, bit: int):
    seal = seal_for(SPENT, "web", "f", frozenset())
    sealed = bytearray(seal.close(b"answer", os.urandom))
    sealed[at] ^= 1 << bit
    assert seal.open(bytes(sealed)) is None


def test_two_tries_to_spend_one_token_look_unlike():
    seal = seal_for(SPENT, "web", "f", frozenset())
    assert seal.close(b"answer", os.urandom) != seal.close(b"answer", os.urandom)


def test_neither_key_nor_question_is_shown():
    seal = seal_for(SPENT, "the-client", "f", frozenset())
    assert repr(seal) == "Seal()"
