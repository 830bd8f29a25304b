"""S256, and nothing weaker (RFC 7636, RFC 9700 section 2.1.1)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyramid_oauth2.protocol.authorization.pkce import check_challenge, check_verifier, proves
from pyramid_oauth2.protocol.errors import InvalidRequest

# RFC 7636 appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"


def test_the_example_of_the_standard():
    check_challenge(CHALLENGE, "S256")
    check_verifier(VERIFIER)
    assert proves(VERIFIER, CHALLENGE)


@pytest.mark.parametrize(
    "challenge", [VERIFIER, CHALLENGE[:-1], CHALLENGE + "=", CHALLENGE.lower()]
)
def test_another_challenge(challenge):
    assert not proves(VERIFIER, challenge)


@pytest.mark.parametrize("method", [None, "", "plain", "s256", "S512", "S256 "])
def test_another_method(method):
    """RFC 7636 section 4.3: a missing one means plain."""
    with pytest.raises(InvalidRequest, match="S256"):
        check_challenge(CHALLENGE, method)


MALFORMED = [
    pytest.param("x" * 42, id="short"),
    pytest.param("x" * 129, id="long"),
    pytest.param("x" * 42 + "+", id="plus"),
    pytest.param("x" * 42 + "/", id="slash"),
    pytest.param("x" * 43 + "=", id="padding"),
    pytest.param("x" * 43 + "\n", id="newline"),
    pytest.param(" " + "x" * 43, id="blank"),
    pytest.param("\u00e9" * 43, id="letter beyond ASCII"),
    pytest.param("\u0663" * 43, id="digit beyond ASCII"),
    pytest.param("", id="empty"),
]


@pytest.mark.parametrize("text", MALFORMED)
def test_malformed(text):
    with pytest.raises(InvalidRequest):
        check_challenge(text, "S256")
    with pytest.raises(InvalidRequest):
        check_verifier(text)


@given(st.text(UNRESERVED, min_size=43, max_size=128))
def test_every_verifier_of_the_grammar(verifier):
    check_verifier(verifier)
    check_challenge(verifier, "S256")
    assert not proves(verifier, verifier), "S256 is never plain"
