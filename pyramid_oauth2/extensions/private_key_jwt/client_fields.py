"""The fields of a client that authenticates by a signed JWT."""

from __future__ import annotations

from collections.abc import Iterator

from ...jose.algorithms import ALGORITHMS
from ...protocol.clients.authentication_methods import methods_of
from ...protocol.clients.codecs import Codec
from ...protocol.clients.extra import value_of
from ...protocol.clients.field import ALL, ClientField, Control, Known, Option
from ...protocol.messages import message as _
from ...protocol.records import Client
from .names import NAME

ANY = ""


def _algorithm(server: Known, value: str) -> Iterator[str]:
    if value and value not in ALGORITHMS:
        yield _("choose one of %(choices)s", choices=", ".join(ALGORITHMS))


def _keys(server: Known, client: Client) -> Iterator[str | tuple[str, str]]:
    if NAME not in methods_of(client):
        return iter(())
    # Not imported before: it needs the libraries of cryptography, and most servers do not.
    from .key_rules import key_problems

    algorithm = value_of(TOKEN_ENDPOINT_AUTH_SIGNING_ALG, client)
    return key_problems(client, algorithm, server.issuer)


# OpenID Connect Dynamic Client Registration 1.0 section 2.
TOKEN_ENDPOINT_AUTH_SIGNING_ALG = ClientField(
    "token_endpoint_auth_signing_alg",
    Codec.TEXT,
    "The one algorithm by which it signs its assertions, if it authenticates by private_key_jwt; "
    "empty: any that its keys are for.",
    ANY,
    rule=_algorithm,
    client_rule=_keys,
    set_by=ALL,
    control=Control(
        "choice",
        _("Algorithm of its signatures"),
        _("Only for private_key_jwt. Any that its keys are for, or one alone."),
        choices=((ANY, _("any")), *((name, name) for name in ALGORITHMS)),
        folded=True,
    ),
    option=Option("--auth-signing-alg", choices=tuple(ALGORITHMS)),
    confidential=True,
)

LEGACY_ASSERTION_AUDIENCE = ClientField(
    "legacy_assertion_audience",
    Codec.BOOLEAN,
    "Whether its assertions (private_key_jwt) may name the URL of the token endpoint, or of the "
    "endpoint that it calls, as their audience, as older clients do. Another server that it calls "
    "could use such an assertion here.",
    False,
    control=Control(
        "switch",
        _("Its signed assertions may name the URL of an endpoint instead of the issuer"),
        folded=True,
    ),
    option=Option("--legacy-assertion-audience"),
    confidential=True,
)
