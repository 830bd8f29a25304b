"""The methods by which a client may authenticate: one, or ``none`` and others beside it.

One client in use sends no proof at times and a signed JWT at others. Such a client is public: it
counts as what its weakest method proves. What it got by a proof is bound to that
(:mod:`~pyramid_oauth2.protocol.token.confirmation`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ..messages import message as _
from ..records import Client
from .codecs import Codec
from .extra import value_of
from .field import ClientField, Known

METHOD = "token_endpoint_auth_method"
NONE = "none"
OF_SECRETS = "client_secret"


def _beside_none(server: Known, client: Client) -> Iterator[str]:
    named = value_of(METHODS, client)
    if named and not (
        client.token_endpoint_auth_method == NONE and NONE in named and not any(map(_secret, named))
    ):
        yield _("name none, and beside it methods that need no secret")


def _known(server: Known, value: tuple[str, ...]) -> Iterator[str]:
    if not server.client_authentications.issuperset(value):
        methods = ", ".join(sorted(server.client_authentications))
        yield _("choose one of %(choices)s", choices=methods)


# OpenID Connect Relying Party Metadata Choices 1.0.
METHODS = ClientField(
    "token_endpoint_auth_methods_supported",
    Codec.TEXTS,
    "The methods of a client that authenticates in several ways: `none` and others that need no "
    "secret. It is public then. Empty: `token_endpoint_auth_method` alone.",
    (),
    rule=_known,
    client_rule=_beside_none,
    set_by=frozenset({"operator", "registration"}),
    most=10,
)


def methods_of(client: Client) -> frozenset[str]:
    """Every ``token_endpoint_auth_method`` by which a client may authenticate."""
    # Hardly any client has several, and each of its requests asks.
    if METHODS.name not in client.extra:
        return frozenset((client.token_endpoint_auth_method,))
    return frozenset((client.token_endpoint_auth_method, *value_of(METHODS, client)))


def chosen_methods(metadata: Mapping[str, Any], known: Collection[str]) -> dict[str, Any]:
    """The values of both fields for a client that names several methods; none for another.

    :param metadata: the values of fields that the client has named.
    :param known: the methods that the server has: the others are left out.
    """
    left = [name for name in dict.fromkeys(metadata.get(METHODS.name, ())) if name in known]
    if not left:
        return {METHODS.name: ()} if METHODS.name in metadata else {}
    if len(left) > 1 and NONE in left and not any(map(_secret, left)):
        return {METHOD: NONE, METHODS.name: tuple(left)}
    own = metadata.get(METHOD)
    return {METHOD: own if own in left else left[0], METHODS.name: ()}


def _secret(method: str) -> bool:
    return method.startswith(OF_SECRETS)
