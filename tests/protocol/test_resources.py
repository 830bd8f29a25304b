"""Which protected resource a URI names, and which a URL belongs to (RFC 8707 section 2)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyramid_oauth2.protocol.errors import InvalidTarget
from pyramid_oauth2.protocol.resources import (
    ProtectedResource,
    Resources,
    canonical,
    uri_problem,
)

AREA = "https://app.example/site"
NOTES, FILES, URN = "https://app.example/site/notes", "https://files.example", "urn:example:printer"
RESOURCES = Resources(
    AREA,
    AREA,
    {
        NOTES: ProtectedResource(f"{NOTES}/", frozenset({"read"})),
        FILES: ProtectedResource("https://Files.example:443/", frozenset({"write"})),
        URN: ProtectedResource(URN),
    },
)


@pytest.mark.parametrize(
    ("spelling", "identity"),
    [
        ("https://files.example", FILES),
        ("HTTPS://FILES.example/", FILES),
        ("https://files.example:443", FILES),
        (f"{NOTES}/", NOTES),
        (URN, URN),
        (AREA, AREA),
        (f"{AREA}/", AREA),
        (f"{AREA}/calendar/may", AREA),
        # The longest match decides.
        (f"{NOTES}/1", NOTES),
        (f"{NOTES}elsewhere", AREA),
    ],
)
def test_one_spelling_counts(spelling: str, identity: str):
    assert RESOURCES.named([spelling, spelling]) == (identity,)


@pytest.mark.parametrize(
    "uri",
    [
        "https://app.example",
        "https://app.example/sitemap",
        "https://app.example/SITE",
        "http://app.example/site",
        "https://app.example:8443/site",
        "https://app.example.evil/site",
        "https://app.example@evil.example/site",
        "https://evil.example/https://app.example/site",
        f"{AREA}/../other",
        f"{AREA}/%2e%2e/other",
        f"{AREA}/.",
        f"{AREA}/a%2Fb",
        f"{AREA}/a%5cb",
        f"{AREA}/a\\b",
        f"{AREA}//b",
        f"{AREA}?page=1",
        f"{AREA}#part",
        f"{NOTES}?page=1",
        "https://files.example//",
        "https://files.example/a",
        "/site",
        "site",
        "https:",
        "https://",
        "https:///site",
        "https://[::1",
        "https://app.example/site calendar",
        "https://app.example/site\n",
        "https://app.example/s\u00efte",
        "URN:example:printer",
        "urn:example:printer/",
    ],
)
def test_every_other_is_refused(uri: str):
    with pytest.raises(InvalidTarget):
        RESOURCES.named([uri])


def test_there_is_a_limit():
    RESOURCES.named([FILES] * 8)
    with pytest.raises(InvalidTarget, match="at most 8"):
        RESOURCES.named([FILES] * 9)


def test_one_without_a_value_is_none():
    assert RESOURCES.named(["", ""]) == ()


@pytest.mark.parametrize("uri", ["httpx:printer", "https+unix://socket", "urn:example:api"])
def test_a_scheme_that_only_begins_like_one_of_the_web(uri: str):
    assert uri_problem(uri) is None


@given(st.text(max_size=60))
def test_any_text_is_refused_or_known(text: str):
    try:
        named = RESOURCES.named([text])
    except InvalidTarget:
        return
    assert set(named) <= {AREA, *RESOURCES.known}


@given(st.text(max_size=60))
def test_the_canonical_spelling_is_its_own(text: str):
    if uri_problem(text) is None and not text.endswith("//"):
        assert canonical(canonical(text)) == canonical(text)


@pytest.mark.parametrize(
    ("url", "identity"),
    [
        (f"{NOTES}/1", NOTES),
        (NOTES, NOTES),
        (f"{NOTES}x", AREA),
        (f"{AREA}/calendar", AREA),
        ("https://app.example/elsewhere", AREA),
        ("", AREA),
    ],
)
def test_where_a_request_is(url: str, identity: str):
    assert RESOURCES.at(url) == identity


SCOPE = frozenset({"read", "write", "openid", "other"})


@pytest.mark.parametrize(
    ("resources", "scope"),
    [
        ((), SCOPE),
        ((URN,), SCOPE),
        ((NOTES,), {"read", "openid"}),
        ((FILES,), {"write", "openid"}),
        ((FILES, NOTES), {"read", "write", "openid"}),
        ((AREA, NOTES), SCOPE),
    ],
)
def test_the_scope_that_counts_there(resources: tuple[str, ...], scope: frozenset[str]):
    assert RESOURCES.scope_at(SCOPE, resources) == scope


def test_a_scope_that_an_api_has_is_no_longer_that_of_no_api():
    mail = Resources(AREA, AREA, {FILES: ProtectedResource(FILES, frozenset({"email"}))})
    other = Resources(AREA, AREA, {**mail.known, NOTES: ProtectedResource(NOTES, frozenset())})
    assert other.scope_at(frozenset({"email", "phone"}), (NOTES,)) == {"phone"}
