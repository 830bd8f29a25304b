"""A token request: what the endpoint passes to a grant type (RFC 6749 section 4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from ..errors import InvalidRequest
from ..http import HTTPRequest
from ..parameters import Parameter
from ..refusal import Refusal

if TYPE_CHECKING:
    from ..events import Emit
    from ..records import Client

REQUIRED = Refusal("parameter_required", "RFC 6749 section 5.2", decided_by="grant_type")


class PasswordCheck(Protocol):
    """How a grant type authenticates a resource owner: by the application."""

    def authenticate(self, username: str, password: str) -> str | None:
        """The subject of the user; None if the user name or the password is wrong."""


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """A token request of an authenticated client that may use this grant type.

    ``parameters`` holds those that the grant type declares, each once; one
    without a value is left out. ``emit`` is for events other than those of issuing.
    """

    grant_type: str
    client: Client
    parameters: Mapping[str, str] = field(repr=False)
    http: HTTPRequest
    owners: PasswordCheck
    emit: Emit = field(repr=False)


def pick_parameters(
    form: Mapping[str, str], declared: Iterable[Parameter], required: Refusal = REQUIRED
) -> dict[str, str]:
    """Those of the *declared* parameters that the form has.

    :param required: the check that refuses a form without a required one.
    :raises InvalidRequest: a required one is missing; the message names it.
    """
    picked = {}
    for parameter in declared:
        if parameter.name in form:
            picked[parameter.name] = form[parameter.name]
        elif parameter.required:
            refusal = required.comparing(name=parameter.name)
            raise InvalidRequest(f"The parameter {parameter.name} is missing.", refusal=refusal)
    return picked
