"""The fields of a client that choose what is signed for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ...jose.algorithms import ALGORITHMS
from ...protocol.clients.codecs import Codec
from ...protocol.clients.extra import value_of
from ...protocol.clients.field import ClientField, Control, Known, Option
from ...protocol.lifetimes import LONGEST_SIGNED
from ...protocol.messages import message as _
from ...protocol.records import ACCESS_TOKEN, Client
from ...protocol.token.opaque import NAME as OPAQUE

JWT = "jwt"
UNSIGNED = ""


def _can_be_signed(server: Known, client: Client) -> Iterator[str]:
    if value_of(ACCESS_TOKEN_FORMAT, client) != JWT:
        return
    yield from _server_can_sign(server)
    if client.lifetimes.get(ACCESS_TOKEN, 0) > LONGEST_SIGNED:
        yield _("a signed access token lives for a day at most: shorten the client's lifetime")


def _response_can_be_signed(server: Known, client: Client) -> Iterator[str]:
    if value_of(INTROSPECTION_SIGNED_RESPONSE_ALG, client):
        yield from _server_can_sign(server)


def _server_can_sign(server: Known) -> Iterator[str]:
    if not server.can_sign:
        yield _(
            "this server cannot sign: its operator writes what '%(command)s' prints into "
            "oauth2.secret",
            command="poauth2 secret",
        )


ACCESS_TOKEN_FORMAT = ClientField(
    "access_token_format",
    Codec.TEXT,
    "The form of its access tokens: opaque, or jwt (RFC 9068) for APIs elsewhere that validate "
    "them without a request to this server.",
    OPAQUE,
    client_rule=_can_be_signed,
    control=Control(
        "choice",
        _("Access tokens"),
        _("JWTs are for APIs elsewhere, which accept a revoked token until it expires."),
        choices=((OPAQUE, _("opaque")), (JWT, _("signed (JWT)"))),
        folded=True,
    ),
    option=Option("--access-token-format", choices=(OPAQUE, JWT)),
)

"""The field, for reading its value."""


def access_token_format(algorithm: str) -> ClientField:
    """The field, of a server that signs access tokens by that algorithm."""
    return replace(ACCESS_TOKEN_FORMAT, signed_by={JWT: algorithm}.get)


# RFC 9701 section 6.
INTROSPECTION_SIGNED_RESPONSE_ALG = ClientField(
    "introspection_signed_response_alg",
    Codec.TEXT,
    "The algorithm by which responses of the introspection endpoint to it are signed; none: they "
    "are plain JSON, unless it asks for a JWT.",
    UNSIGNED,
    client_rule=_response_can_be_signed,
    signed_by=str,
    control=Control(
        "choice",
        _("Signed introspection"),
        choices=((UNSIGNED, _("not signed")), *((name, name) for name in ALGORITHMS)),
        folded=True,
    ),
    option=Option("--introspection-signed-response-alg", choices=tuple(ALGORITHMS)),
    confidential=True,
)
