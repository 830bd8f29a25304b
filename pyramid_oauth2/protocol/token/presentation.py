"""How a request presents an access token: the protected resource's side (RFC 6750 section 2)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from ..http import HTTPRequest

B64TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
TOKEN_PARAMETER = re.compile(rb"(?:^|&)access_token=")
BEARER_SCHEME = "bearer"


class Presenter(Protocol):
    """The request that presents a token, as far as the proof of a bound token needs it."""

    def http(self) -> HTTPRequest:
        """Its method, public URL and headers."""

    def reserved(self) -> set[tuple[str, bytes]]:
        """What the request has reserved: a second run of it is no second use."""

    def send(self, headers: Mapping[str, str]) -> None:
        """Send headers with its response."""


class NoRequest:
    """For code that has a token, but no request."""

    def http(self) -> HTTPRequest:
        """No request that proves anything."""
        return HTTPRequest("GET", "")

    def reserved(self) -> set[tuple[str, bytes]]:
        """Nothing was reserved before."""
        return set()

    def send(self, headers: Mapping[str, str]) -> None:
        """There is no response."""


@dataclass(frozen=True, slots=True)
class Presentation:
    """An access token as a request presents it; it need not be valid.

    :param scheme: of the Authorization header, in lower case.
    :param value: the token string.
    :param presenter: the request. It is not looked at for a token that is bound to no key.
    """

    scheme: str
    value: str = field(repr=False)
    presenter: Presenter = field(repr=False)

    @property
    def http(self) -> HTTPRequest:
        """The request, for a proof in its headers."""
        return self.presenter.http()

    @property
    def is_well_formed(self) -> bool:
        """Whether the value can be a token: token68, b64token of RFC 6750 section 2.1."""
        return B64TOKEN.fullmatch(self.value) is not None


def bearer(value: str) -> Presentation:
    """The presentation of a token as a Bearer token, for code that has no request."""
    return Presentation(BEARER_SCHEME, value, NoRequest())


def credentials_in(authorization: str | None, schemes: Collection[str]) -> tuple[str, str] | None:
    """The scheme and the value of an Authorization header; None for any other scheme.

    The scheme is case-insensitive (RFC 9110 section 11.1).

    :param schemes: in lower case.
    """
    if authorization is None:
        return None
    scheme, *rest = authorization.split(None, 1) or [""]
    scheme = scheme.lower()
    return (scheme, "".join(rest).strip()) if scheme in schemes else None


def has_token_parameter(encoded: bytes) -> bool:
    """Whether a query string or a form body has an ``access_token``.

    It is never taken from there (RFC 9700 section 4.3.2).
    """
    return TOKEN_PARAMETER.search(encoded) is not None
