"""Text that is written down: no credential in it, one line of printable ASCII, not long."""

from __future__ import annotations

import os
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pyramid_oauth2.protocol.masking import (
    LENGTH,
    mask_credentials,
    masked,
    shown,
    shown_as,
)
from pyramid_oauth2.protocol.parameters import CORE_RULES
from pyramid_oauth2.protocol.records import (
    ACCESS_TOKEN,
    AUTHORIZATION_CODE,
    INTERACTION,
    REFRESH_TOKEN,
)
from pyramid_oauth2.protocol.token_strings import new_client_secret, new_token

KINDS = (ACCESS_TOKEN, AUTHORIZATION_CODE, INTERACTION, REFRESH_TOKEN)
FAMILY = "5vYbX2mKq0RtW8aL"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJib2IifQ.c2lnbmF0dXJl"
CREDENTIALS = {
    **{kind: new_token(kind, FAMILY, os.urandom).value for kind in KINDS},
    "client_secret": new_client_secret(os.urandom),
    "JWT": JWT,
}
AROUND = ["{}", "https://client.example/?code%3D{}&x=y", "x" * 90 + "{}"]
# Long enough not to be part of a word of ours by chance.
SECRETS = st.text(min_size=12)


class TestASecret:
    @pytest.mark.parametrize("kind", KINDS)
    def test_of_a_token_its_kind_and_family(self, kind: str):
        """The family is an identifier: it is in the audit log as grant_id."""
        assert masked(new_token(kind, FAMILY, os.urandom).value) == f"({kind} of family {FAMILY})"

    def test_of_anything_else_its_length(self):
        assert masked("x" * 43) == "(masked, 43 characters)"

    def test_a_token_with_an_error_in_it_shows_no_family(self):
        token = new_token("access_token", FAMILY, os.urandom).value
        assert FAMILY not in masked(token[:-1])

    @given(SECRETS, st.sampled_from(sorted(CORE_RULES.secret)))
    def test_is_masked_by_its_name(self, secret: str, name: str):
        assert secret not in shown_as(name, secret)

    @pytest.mark.parametrize("name", ["password", "client_secret"])
    def test_what_a_person_chose_does_not_show_its_length(self, name: str):
        assert shown_as(name, "12345") == "(masked)"


class TestAText:
    @pytest.mark.parametrize("kind", CREDENTIALS)
    @pytest.mark.parametrize("around", AROUND)
    def test_a_credential_in_it_is_masked(self, kind: str, around: str):
        """The text may be a secret in the wrong field."""
        credential = CREDENTIALS[kind]
        text = shown(around.format(credential))
        assert credential[:30] not in text
        assert credential[-20:] not in text

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (f"a={JWT}&b", "a=********&b"),
            (f"%3D{JWT}", "%3D********"),
            (f"{JWT}.and.more", "********.and.more"),
            (f"x.{JWT}", "x.********"),
            ("eyJ.eyJaaaaaaaa.b.", "eyJ.********"),
            ("eyJaaaaaaaa.b", "eyJaaaaaaaa.b"),
            ("eyJaaaaaaaa..c", "********"),
            ("eyJaaaaaaa.b.c", "eyJaaaaaaa.b.c"),
        ],
    )
    def test_where_a_jwt_begins_and_ends(self, text: str, expected: str):
        assert mask_credentials(text) == expected

    def test_what_is_no_credential_stays(self):
        uri = "https://client.example/back?a=b"
        assert shown(uri) == mask_credentials(uri) == uri

    @given(st.text())
    @example("bob\nevent=TokenIssued client_id=root")
    @example("\x1b[2J\u2028\x85\ud800")
    @example("é" * 1000)
    def test_one_line_of_printable_ascii_and_not_long(self, text: str):
        line = shown(text)
        assert line.isascii()
        assert line == "" or line.isprintable()
        assert len(line) <= LENGTH

    @pytest.mark.parametrize("piece", ["eyJ", "eyJ.", "eyJaaaaaaaa.b.", "oat_", ".", "a", "\x01"])
    def test_it_takes_no_time_that_grows_faster_than_the_text(self, piece: str):
        """Anyone can send it, in a header of any length."""
        began = time.process_time()
        shown(piece * 100_000)
        assert time.process_time() - began < 5

    def test_one_that_is_shortened_says_how_long_it_was(self):
        assert shown("x" * 4000).endswith("x... (4000 characters)")

    @given(
        st.text() | st.sampled_from(list(CREDENTIALS.values())),
        st.sampled_from(["scope", "code", "password"]),
    )
    @example("é" * 1000, "scope")
    @example("oat_" + "\n" * 200, "scope")
    def test_shown_again_it_is_the_same(self, text: str, name: str):
        once = shown_as(name, text)
        assert shown_as(name, once) == once
