"""Parsing a form body, or the error for it (RFC 6749 section 3.2)."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyramid_oauth2.protocol.errors import InvalidRequest
from pyramid_oauth2.protocol.http import (
    FORM,
    MAX_BODY,
    MAX_FIELDS,
    HTTPRequest,
    Parameters,
    parse_body,
    parse_form,
    parse_query,
)
from pyramid_oauth2.protocol.parameters import CORE_RULES, MAX_VALUE, Parameter
from pyramid_oauth2.protocol.token.request import pick_parameters


def http(body: bytes = b"", query: str = "", **headers: str) -> HTTPRequest:
    named = {"content-type": FORM} | {k.replace("_", "-"): v for k, v in headers.items()}
    return HTTPRequest("POST", "https://a.example/token", query=query, headers=named, body=body)


@pytest.mark.parametrize(
    ("body", "form"),
    [
        pytest.param(b"", {}, id="nothing"),
        pytest.param(b"a=b&c=d", {"a": "b", "c": "d"}, id="two"),
        pytest.param(b"a=b+c%20d", {"a": "b c d"}, id="spaces"),
        pytest.param(b"a=%C3%A9", {"a": "é"}, id="UTF-8"),
        pytest.param(b"a=%F0%9F%94%91", {"a": "\U0001f511"}, id="beyond the first plane"),
        pytest.param(b"a=%26%3D%25", {"a": "&=%"}, id="encoded separators"),
        pytest.param(b"a=b=c", {"a": "b=c"}, id="a second equals sign"),
        pytest.param(b"a=&b", {}, id="without a value: as if omitted"),
        pytest.param(b"&&a=b&", {"a": "b"}, id="empty pairs"),
        pytest.param(b"a=b;c=d", {"a": "b;c=d"}, id="a semicolon separates nothing"),
        pytest.param(b"A=1&a=2", {"A": "1", "a": "2"}, id="names have case"),
        pytest.param(b"resource=x&resource=y", {"resource": "y"}, id="resource may repeat"),
    ],
)
def test_form(body, form):
    assert parse_form(http(body)) == form


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b"a=1&a=1", 400, id="the same twice"),
        pytest.param(b"a=1&a=2", 400, id="different twice"),
        pytest.param(b"a=&a=1", 400, id="empty, then not"),
        pytest.param(b"a=1&a=", 400, id="not empty, then empty"),
        pytest.param(b"a=1&%61=2", 400, id="the same name, encoded"),
        pytest.param(b"a=%ff", 400, id="not UTF-8"),
        pytest.param(b"a=%C3%A", 400, id="cut encoding"),
        pytest.param(b"a=%", 400, id="percent"),
        pytest.param(b"a=%u0041", 400, id="percent-u"),
        pytest.param("a=é".encode(), 400, id="raw UTF-8"),
        pytest.param(b"a=%00", 400, id="NUL"),
        pytest.param(b"%00=a", 400, id="NUL in the name"),
        pytest.param(b"a=\0", 400, id="raw NUL"),
        pytest.param(b"a=" + b"x" * (MAX_VALUE + 1), 400, id="long value"),
        pytest.param(b"&".join(b"a%d=" % n for n in range(MAX_FIELDS + 1)), 400, id="many"),
        pytest.param(b"a=" + b"x" * MAX_BODY, 413, id="large"),
    ],
)
def test_refused_body(body, status):
    with pytest.raises(InvalidRequest) as caught:
        parse_form(http(body))
    assert caught.value.status == status


def test_a_caller_may_take_longer_values():
    longer = http(b"a=" + b"x" * (MAX_VALUE + 1))
    assert parse_body(longer, max_value=MAX_VALUE + 1).once("a")
    with pytest.raises(InvalidRequest):
        parse_body(longer, max_value=MAX_VALUE)


def test_limits_are_inclusive():
    assert len(parse_form(http(b"a=" + b"x" * MAX_VALUE))["a"]) == MAX_VALUE
    body = b"&".join(b"a%d=1" % n for n in range(MAX_FIELDS))
    assert len(parse_form(http(body))) == MAX_FIELDS
    whole = b"&".join(b"a%d=" % n + b"x" * 4000 for n in range(17))[:MAX_BODY]
    assert len(whole) == MAX_BODY
    assert parse_form(http(whole))


@pytest.mark.parametrize(
    "content_type",
    [FORM, FORM.upper(), f"{FORM};charset=UTF-8", f'{FORM}; charset="utf-8"', f" {FORM} ; "],
)
def test_a_form_however_it_is_spelt(content_type):
    assert parse_form(http(b"a=b", content_type=content_type)) == {"a": "b"}


@pytest.mark.parametrize(
    "content_type",
    ["", "application/json", f"{FORM}; charset=latin-1", "multipart/form-data; boundary=x", "x"],
)
def test_no_form(content_type):
    with pytest.raises(InvalidRequest):
        parse_form(http(b"a=b", content_type=content_type))


def test_no_media_type_at_all():
    with pytest.raises(InvalidRequest):
        parse_form(HTTPRequest("POST", "https://a.example/token", body=b"a=b"))


@pytest.mark.parametrize("encoding", ["gzip", "br", "GZIP", "identity, gzip", "x"])
def test_a_compressed_body(encoding):
    with pytest.raises(InvalidRequest) as caught:
        parse_form(http(b"a=b", content_encoding=encoding))
    assert caught.value.status == 415


def test_a_body_that_is_said_to_be_plain():
    assert parse_form(http(b"a=b", content_encoding="identity")) == {"a": "b"}


@pytest.mark.parametrize("name", sorted(CORE_RULES.secret))
def test_a_secret_in_the_url(name):
    """RFC 6749 section 2.3.1."""
    for query in (f"{name}=x", f"{name}=", f"a=b&{name}=x", name):
        with pytest.raises(InvalidRequest, match=name):
            parse_form(http(b"a=b", query=query))


@pytest.mark.parametrize("query", ["", "a=c", "grant_type=x", "%ff", "%zz=%", "scope=read"])
def test_another_query_is_not_read(query):
    assert parse_form(http(b"a=b", query=query)) == {"a": "b"}


@given(
    body=st.binary(max_size=200) | st.text(max_size=100).map(str.encode),
    query=st.text(max_size=50),
    content_type=st.sampled_from([FORM, FORM, FORM, ""]) | st.text(max_size=30),
    encoding=st.none() | st.text(max_size=10),
)
def test_whatever_comes_is_a_form_or_an_oauth_error(body, query, content_type, encoding):
    headers = {"content_type": content_type} | ({"content_encoding": encoding} if encoding else {})
    with suppress(InvalidRequest):
        form = parse_form(http(body, query, **headers))
        assert all(form.values())
        assert not any("\0" in text for pair in form.items() for text in pair)


@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=10),
        st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20),
        max_size=10,
    )
)
def test_what_is_encoded_comes_back(form):
    form = {name: value for name, value in form.items() if name not in CORE_RULES.secret}
    assert parse_form(http(urlencode(form).encode())) == form


def test_declared_parameters_are_picked():
    declared = (Parameter("a", required=True), Parameter("b"), Parameter("c"))
    assert pick_parameters({"a": "1", "c": "3", "d": "4"}, declared) == {"a": "1", "c": "3"}


def test_a_required_parameter_that_is_missing_is_named():
    with pytest.raises(InvalidRequest, match="code_verifier"):
        pick_parameters({}, [Parameter("code_verifier", required=True)])


def query(text: str) -> HTTPRequest:
    return HTTPRequest("GET", "https://a.example/authorize", query=text)


def test_a_query_is_read_like_a_body_and_may_repeat():
    """RFC 6749 section 3.1: repetition is checked parameter by parameter."""
    parameters = parse_query(query("a=1&b=&a=2&c=%C3%A9"))
    assert parameters.values == {"a": ("1", "2"), "b": ("",), "c": ("\u00e9",)}


@pytest.mark.parametrize(
    "text",
    ["a=%00", "a=%ff", "a=%zz", "a=\xff", "\u00e2\u0082\u00ac", "a=" + "x" * (MAX_VALUE + 1)],
)
def test_a_malformed_query(text):
    with pytest.raises(InvalidRequest):
        parse_query(query(text))


@given(st.text(st.characters(max_codepoint=0xFF)))
def test_whatever_query_comes_is_parameters_or_an_oauth_error(text):
    with suppress(InvalidRequest):
        parameters = parse_query(query(text))
        for name in parameters.values:
            assert parameters.if_once(name) is None or parameters.once(name)


class TestParameters:
    PARAMETERS = Parameters(
        {"one": ("1",), "empty": ("",), "two": ("1", "2"), "resource": ("a", "b")}
    )

    @pytest.mark.parametrize(
        ("name", "value"), [("one", "1"), ("empty", None), ("none", None), ("resource", "b")]
    )
    def test_once(self, name, value):
        assert self.PARAMETERS.once(name) == value

    def test_not_once(self):
        with pytest.raises(InvalidRequest, match="repeated"):
            self.PARAMETERS.once("two")
        with pytest.raises(InvalidRequest, match="repeated"):
            self.PARAMETERS.refuse_repeated()

    @pytest.mark.parametrize(
        ("name", "value"), [("one", "1"), ("empty", None), ("none", None), ("two", None)]
    )
    def test_if_once(self, name, value):
        assert self.PARAMETERS.if_once(name) == value

    def test_an_empty_one_still_counts_as_the_first_of_two(self):
        with pytest.raises(InvalidRequest, match="repeated"):
            Parameters({"state": ("", "x")}).once("state")

    def test_values_are_not_shown(self):
        assert "1" not in repr(self.PARAMETERS)
