"""What a request presents to authenticate its client, and what follows if it is right."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..single_use import SingleUse

FAILED = (
    "The client is unknown, or its secret or signature is wrong, or it did not authenticate in the "
    "way it is registered for."
)
"""The description of every failure."""

ASSERTION = "client_assertion"
"""The parameter of every method that is an assertion (RFC 7521 section 4.2)."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request presents by one authentication method.

    :param guessable: whether a person may have chosen the secret: an address with too many
        failures is then refused. 256 random bits cannot be guessed, so a block of the
        address does not keep their client out.
    :param also_for: the ``token_endpoint_auth_method`` of further clients for which it counts,
        beside those registered for *method*.
    """

    method: str
    client_id: str
    secret: str = field(default="", repr=False)
    guessable: bool = False
    also_for: tuple[str, ...] = ()

    def counts_for(self, registered: str) -> bool:
        """Whether it can authenticate a client that is registered for the method *registered*."""
        return registered in (self.method, *self.also_for)


@dataclass(frozen=True, slots=True)
class Authenticated:
    """A client proved who it is.

    :param reservations: what the proof may be used for once, such as the ``jti`` of an
        assertion (RFC 7523 section 3).
    :param by_key: the method, if it proved a key of the client; the core says it.
    """

    reservations: tuple[SingleUse, ...] = ()
    by_key: str = ""
