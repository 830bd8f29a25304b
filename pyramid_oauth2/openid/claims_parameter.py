"""The parameter ``claims``: which claims a client asks for by name (Core section 5.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ..jose.objects import json_object
from ..protocol.errors import InvalidRequest
from ..protocol.parameters import Parameter
from ..protocol.refusal import Refusal
from .standard_claims import PROTOCOL

MAX_LENGTH = 8 * 1024
MAX_NAME = 255
PARAMETER = Parameter("claims", max_length=MAX_LENGTH)
DETAILS = frozenset({"essential", "value", "values"})

FORM = Refusal("claims_parameter", "OpenID Connect Core section 5.5", decided_by="request")


@dataclass(frozen=True, slots=True)
class RequestedClaims:
    """The claims that a request names, by where they are to be.

    Each has what is asked of it: None, or ``essential``, ``value`` and ``values``.
    """

    userinfo: Mapping[str, Mapping[str, Any] | None]
    id_token: Mapping[str, Mapping[str, Any] | None]

    @property
    def userinfo_names(self) -> frozenset[str]:
        """Those about the user that the userinfo endpoint is asked for."""
        return frozenset(self.userinfo) - PROTOCOL

    @property
    def id_token_names(self) -> frozenset[str]:
        """Those about the user that the ID token is asked for."""
        return frozenset(self.id_token) - PROTOCOL

    @property
    def sub(self) -> str | None:
        """Who the user must be, as the client knows them (section 5.5.1).

        :raises InvalidRequest: the two members say different things, or not a text.
        """
        values = [*_values(self.id_token.get("sub")), *_values(self.userinfo.get("sub"))]
        if not all(isinstance(value, str) and value for value in values) or len(set(values)) > 1:
            raise _malformed("The parameter claims names the sub of one user only.")
        return values[0] if values else None

    @property
    def acr(self) -> tuple[str, ...]:
        """The authentication context classes of which one is needed (section 5.5.1.1).

        :raises InvalidRequest: one is not a text.
        """
        asked = self.id_token.get("acr")
        values = _values(asked) if asked and asked.get("essential") is True else []
        if not all(isinstance(value, str) and value for value in values):
            raise _malformed("The parameter claims has an acr that is not a text.")
        return tuple(values)

    @property
    def preferred_acr(self) -> tuple[str, ...]:
        """The authentication context classes that are not essential; what is none is ignored."""
        asked = self.id_token.get("acr")
        values = _values(asked) if asked and asked.get("essential") is not True else []
        return tuple(value for value in values if isinstance(value, str) and value)


def _values(asked: Mapping[str, Any] | None) -> list[Any]:
    found = {} if asked is None else asked
    return [found["value"]] if "value" in found else list(found.get("values", ()))


NOTHING_REQUESTED = RequestedClaims({}, {})


# Three extensions read it at one request. Few, as they may be long.
@lru_cache(maxsize=8)
def requested_claims(text: str | None) -> RequestedClaims:
    """What the parameter says; members that are not understood are ignored.

    :param text: its value; None if the request does not have it.
    :raises InvalidRequest: it is not of the form that section 5.5 has.
    """
    if text is None:
        return NOTHING_REQUESTED
    try:
        members = json_object(text.encode())
    except ValueError as error:
        raise _malformed(f"The parameter claims {_reason(error)}.") from None
    return RequestedClaims(_claims(members, "userinfo"), _claims(members, "id_token"))


def _claims(members: Mapping[str, Any], where: str) -> Mapping[str, Mapping[str, Any] | None]:
    claims = members.get(where)
    # Section 5.5: a member may be null, which asks for nothing.
    if claims is None:
        return {}
    if not isinstance(claims, dict) or not all(map(_is_asked_rightly, claims.values())):
        raise _malformed(f"The member {where} of the parameter claims is not of the right form.")
    if any(not 0 < len(name) <= MAX_NAME for name in claims):
        raise _malformed(f"A claim has a name of 1 to {MAX_NAME} characters.")
    return claims


def _is_asked_rightly(asked: Any) -> bool:
    # Section 5.5.1: null is a voluntary claim.
    if asked is None:
        return True
    return (
        isinstance(asked, dict)
        and isinstance(asked.get("essential", False), bool)
        and isinstance(asked.get("values", []), list)
    )


def _reason(error: ValueError) -> str:
    # What json itself says may repeat the value.
    said = str(error)
    return said if said.startswith(("is ", "has ")) else "is not JSON"


def _malformed(text: str) -> InvalidRequest:
    return InvalidRequest(text, refusal=FORM)
