"""The scope that a request is granted (RFC 6749 section 3.3)."""

from __future__ import annotations

import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyramid_oauth2.protocol.errors import InvalidScope
from pyramid_oauth2.protocol.records import Client
from pyramid_oauth2.protocol.scopes import format_scope, grant_scope, parse_scope
from pyramid_oauth2.protocol.token_strings import new_client_secret

KNOWN = frozenset({"read", "write", "admin"})

names = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters='"\\'), min_size=1
)


def words(text: str | None) -> frozenset[str] | None:
    return None if text is None else frozenset(text.split())


@pytest.mark.parametrize(
    ("requested", "client", "default", "granted"),
    [
        # requested, the client's own, oauth2.default_scopes: what is granted
        pytest.param("read", "read write", None, "read", id="asked for"),
        pytest.param("write read", "read write", None, "read write", id="all of its own"),
        pytest.param(None, "read write", None, "read write", id="nothing asked: its own"),
        pytest.param("", "read write", None, "read write", id="empty is nothing"),
        pytest.param("  ", "read write", None, "read write", id="blanks are nothing"),
        pytest.param(None, "read write", "read", "read", id="nothing asked: the default"),
        pytest.param(None, "write", "read write", "write", id="the default, cut to its own"),
        pytest.param("write", "read write", "read", "write", id="asked for beside the default"),
        pytest.param(None, "", "read", "read", id="none of its own: the default"),
        pytest.param("read", "", "read write", "read", id="none of its own: part of the default"),
        pytest.param(None, "read gone", None, "read", id="one that the server forgot"),
    ],
)
def test_granted(requested, client, default, granted):
    own = Client("c", scope=words(client))
    assert grant_scope(requested, own, KNOWN, words(default)) == words(granted)


@pytest.mark.parametrize(
    ("requested", "client", "default"),
    [
        pytest.param("admin", "read write", None, id="not its own"),
        pytest.param("read admin", "read write", None, id="one of two not its own"),
        pytest.param("magic", "read magic", None, id="unknown to the server"),
        pytest.param(None, "", None, id="nothing anywhere"),
        pytest.param(None, "write", "read", id="no default of its own"),
        pytest.param("write", "", "read", id="beyond the default, and none of its own"),
        pytest.param("read", "", None, id="none of its own and no default"),
        pytest.param(None, "gone", None, id="only one that the server forgot"),
        pytest.param(None, "read", "", id="a default of nothing"),
        pytest.param('re"ad', "read", None, id="quote"),
        pytest.param("re\\ad", "read", None, id="backslash"),
        pytest.param("read\twrite", "read write", None, id="tab"),
        pytest.param("read\nwrite", "read write", None, id="newline"),
        pytest.param("read\u00a0write", "read write", None, id="no-break space"),
        pytest.param("read\u2003write", "read write", None, id="em space"),
        pytest.param("READ", "read", None, id="other case"),
    ],
)
def test_refused(requested, client, default):
    own = Client("c", scope=words(client))
    with pytest.raises(InvalidScope):
        grant_scope(requested, own, KNOWN, words(default))


MANY = frozenset(f"https://api.example/scopes/{number:03}" for number in range(80))


class TestTheScopeThatIsInTheWay:
    """A developer sees it in the response, and an operator in the log."""

    @pytest.mark.parametrize(
        ("requested", "client", "culprit"),
        [
            pytest.param("magic read", MANY | {"read"}, "magic", id="unknown"),
            pytest.param(
                " ".join([*MANY, "xylophone"]), MANY | {"read"}, "xylophone", id="one of many"
            ),
            pytest.param("admin read", {"read"}, "admin", id="not the client's"),
            pytest.param(" ".join([*MANY, "read", "zoo"]), MANY, "read", id="not, of many"),
        ],
    )
    def test_is_named(self, requested, client, culprit):
        known = KNOWN | MANY | {"zoo"}
        own = Client("c", scope=frozenset(client) | {"zoo"})
        with pytest.raises(InvalidScope) as refused:
            grant_scope(requested, own, known, None)
        assert refused.value.description.endswith(f"this scope: {culprit}.")
        assert culprit in dict(refused.value.refusal.compared).values()

    def test_that_is_long_is_cut(self):
        with pytest.raises(InvalidScope) as refused:
            grant_scope("x" * 4000, Client("c", scope=KNOWN), KNOWN, None)
        assert len(refused.value.description) < 200

    def test_that_is_a_secret_is_masked(self):
        """A client may send one parameter in the place of another."""
        secret = new_client_secret(os.urandom)
        with pytest.raises(InvalidScope) as refused:
            grant_scope(f"{secret} read", Client("c", scope=KNOWN), KNOWN, None)
        assert secret[-20:] not in f"{refused.value.description}{refused.value.refusal.compared}"

    @given(st.frozensets(names, min_size=1, max_size=9))
    def test_the_description_has_no_other_character(self, requested):
        """RFC 6749 section 5.2: %x20-21 / %x23-5B / %x5D-7E."""
        with pytest.raises(InvalidScope) as refused:
            grant_scope(" ".join(requested), Client("c"), frozenset(), frozenset())
        assert re.fullmatch(r"[\x20-\x21\x23-\x5b\x5d-\x7e]+", refused.value.description)

    def test_what_is_no_scope_is_not_repeated(self):
        with pytest.raises(InvalidScope) as refused:
            grant_scope("read <b>\u00e9", Client("c", scope=KNOWN), KNOWN, None)
        assert "<b>" not in refused.value.description


@given(
    requested=st.none()
    | st.text(max_size=12)
    | st.lists(st.sampled_from(sorted(KNOWN))).map(" ".join),
    client=st.frozensets(st.sampled_from([*sorted(KNOWN), "gone"])),
    default=st.none() | st.frozensets(st.sampled_from(sorted(KNOWN))),
)
def test_nothing_is_ever_granted_that_the_client_may_not_have(requested, client, default):
    try:
        granted = grant_scope(requested, Client("c", scope=client), KNOWN, default)
    except InvalidScope:
        return
    assert granted
    assert granted <= KNOWN
    assert granted <= (client or default)
    if requested and requested.strip(" "):
        assert granted == parse_scope(requested)


@given(st.frozensets(names))
def test_formatting_and_parsing_are_inverse(scope):
    assert parse_scope(format_scope(scope)) == scope


def test_the_order_is_always_the_same():
    assert format_scope({"b", "a", "c"}) == "a b c"
