"""The value that says why a request was refused, and what an error response has of it."""

from __future__ import annotations

import dataclasses
import logging
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyramid_oauth2.monitoring.audit import write_event
from pyramid_oauth2.protocol.errors import InvalidGrant, InvalidTarget, InvalidToken
from pyramid_oauth2.protocol.events import TokenRefused
from pyramid_oauth2.protocol.masking import masked
from pyramid_oauth2.protocol.parameters import CORE_RULES
from pyramid_oauth2.protocol.refusal import OWN_RULE, Refusal
from pyramid_oauth2.protocol.token_strings import new_client_secret, new_token
from pyramid_oauth2.responses import error_response

URI = Refusal("code_redirect_uri", "RFC 6749 section 4.1.3", decided_by="code")
BACK = "https://client.example/back"


class TestWhatWasCompared:
    def test_in_the_order_in_which_it_is_named(self):
        refusal = URI.comparing(sent=BACK, requested=None)
        assert refusal.compared == (("sent", BACK), ("requested", "(none)"))
        assert URI.compared == (), "the constant stays as it is"
        assert refusal.comparing(port=1).compared[-1] == ("port", "1")

    def test_of_a_set_its_names_sorted(self):
        compared = URI.comparing(requested={"write", "read"}, granted=()).compared
        assert compared == (("requested", "read write"), ("granted", "(none)"))

    def test_a_long_text_is_shortened_and_escaped(self):
        ((_, text),) = URI.comparing(sent="\n" + "x" * 4000).compared
        assert text.startswith("\\nxxx")
        assert len(text) < 200

    def test_it_is_masked_also_where_it_is_given_whole(self):
        refusal = Refusal("code_known", "RFC 6749 section 4.1.3", (("code", "hush hush"),))
        assert refusal.compared == (("code", "(masked, 9 characters)"),)

    def test_a_copy_has_the_same(self):
        refusal = URI.comparing(code="hush hush", sent="é\n" * 300)
        assert dataclasses.replace(refusal, decided_by="grant").compared == refusal.compared

    @pytest.mark.parametrize("name", ["two words", "é", "A", "", "x" * 51, "a=b", "a\n"])
    def test_a_name_is_one_plain_word(self, name: str):
        with pytest.raises(ValueError, match="one plain word"):
            Refusal(name, OWN_RULE)
        with pytest.raises(ValueError, match="one plain word"):
            Refusal("check", OWN_RULE, ((name, "x"),))


def test_its_members_are_text_by_name():
    assert URI.comparing(sent=BACK).members() == {
        "check": "code_redirect_uri",
        "source": "RFC 6749 section 4.1.3",
        "decided_by": "code",
        "compared_sent": BACK,
    }
    assert Refusal("x", OWN_RULE).members() == {"check": "x", "source": OWN_RULE}


class TestAnError:
    def test_without_a_refusal_its_check_is_its_code(self):
        """It is optional, for the author of a plug-in."""
        refusal = InvalidGrant("The badge is unknown.").refusal
        assert refusal == Refusal("invalid_grant", "RFC 6749 section 5.2")
        assert InvalidTarget("No.").refusal.source == "RFC 8707 section 2"

    def test_its_response_has_the_code_and_the_description_only(self):
        error = InvalidGrant("No.", refusal=URI.comparing(sent=BACK))
        assert error.response_members() == {"error": "invalid_grant", "error_description": "No."}
        assert str(error) == "No."

    def test_what_a_feature_adds(self):
        members = {"interval": 5, "error": "x", "error_description": "y", "error_uri": BACK}
        response = error_response(InvalidGrant("No.", members=members))
        assert response.body == (
            b'{"error":"invalid_grant","error_description":"No.","interval":5,'
            b'"error_uri":"https://client.example/back"}'
        )

    def test_a_header_that_a_feature_adds(self):
        error = InvalidGrant("No.", headers={"DPoP-Nonce": "n", "Retry-After": "7"})
        headers = error_response(error).headers
        assert (headers["DPoP-Nonce"], headers["Retry-After"]) == ("n", "7")

    @pytest.mark.parametrize(
        "name", ["Cache-Control", "cache-control", "PRAGMA", "Content-Type", "WWW-Authenticate"]
    )
    def test_a_header_that_none_can_replace(self, name: str):
        error = InvalidToken("No.", headers={name: "evil"})
        response = error_response(error, {"WWW-Authenticate": "Bearer"})
        plain = error_response(InvalidToken("No."), {"WWW-Authenticate": "Bearer"})
        assert response.headerlist == plain.headerlist


SECRETS = st.one_of(
    st.text(min_size=12),
    st.builds(lambda: new_client_secret(os.urandom)),
    st.builds(lambda: new_token("refresh_token", "f" * 16, os.urandom).value),
)


@given(SECRETS, st.sampled_from(sorted(CORE_RULES.secret)))
def test_no_secret_is_in_the_repr_the_log_or_the_response(secret: str, name: str):
    refusal = URI.comparing(**{name: secret, "other": masked(secret), "sent": BACK})
    error = InvalidGrant("No.", refusal=refusal)
    event = TokenRefused(client_id="web", grant_type="x", error=error.code, refusal=error.refusal)
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    log = logging.getLogger("pyramid_oauth2.audit")
    level = log.level
    log.setLevel(logging.INFO)
    log.addHandler(handler)
    try:
        write_event(event)
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
    (line,) = lines
    assert "compared_sent" in line
    for text in (repr(refusal), repr(event), repr(error), line, error_response(error).text):
        assert secret not in text
