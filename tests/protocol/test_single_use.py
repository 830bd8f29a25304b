"""What may be used once (RFC 7523 section 3, RFC 9449 section 11.1)."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import pytest

from pyramid_oauth2.protocol.clients.codecs import LAST_TIME
from pyramid_oauth2.protocol.errors import InvalidGrant, InvalidRequest
from pyramid_oauth2.protocol.single_use import SingleUse, reserve

from .worlds import NOW, Clock, make_server


@pytest.mark.parametrize("end", [NOW - 100, NOW, NOW + 60])
def test_it_is_used_once_also_if_its_end_is_past(end: int) -> None:
    """A proof may be accepted a little after its end, since clocks differ."""
    server = make_server(Clock())
    use = SingleUse.of("proof", "jti", end)
    reserve(server, [use])
    with pytest.raises(InvalidGrant):
        reserve(server, [use])


def test_its_error_is_that_of_the_plug_in() -> None:
    server = make_server(Clock())
    use = SingleUse.of("proof", "jti", NOW + 60, InvalidRequest("Used."))
    reserve(server, [use])
    with pytest.raises(InvalidRequest, match="Used"):
        reserve(server, [use])


def test_a_second_run_of_one_request_may_use_its_own_only() -> None:
    server, reserved = make_server(Clock()), set()
    one, other = (SingleUse.of("proof", text, NOW + 60) for text in ("one", "other"))
    reserve(server, [one], reserved)
    reserve(server, [one], reserved)
    reserve(server, [other])
    with pytest.raises(InvalidGrant):
        reserve(server, [other], reserved)


@pytest.mark.parametrize(
    ("namespace", "digest", "message"),
    [
        ("n" * 65, b"1", "namespace has 65 characters"),
        ("", b"1", "namespace is empty"),
        ("n", b"", "the digest has to be 1 to 64 bytes"),
        ("n", b"1" * 65, "the digest has to be 1 to 64 bytes"),
        ("n", "1", "the digest has to be 1 to 64 bytes"),
    ],
)
def test_a_value_that_not_every_store_takes_is_refused(
    namespace: str, digest: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        SingleUse(namespace, digest, NOW + 60)


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        (NOW + 600, NOW + 600),
        (NOW + 599.5, NOW + 600),
        (1e300, LAST_TIME),
        (inf, LAST_TIME),
        (nan, LAST_TIME),
        (-inf, 0),
    ],
)
def test_its_end_is_a_time_that_every_store_takes(end: Any, expected: int) -> None:
    """A client chooses the NumericDate of its JWT, which may have a fraction (RFC 7519)."""
    use = SingleUse.of("proof", "jti", end)
    assert use.expires_at == expected
    assert isinstance(use.expires_at, int)
