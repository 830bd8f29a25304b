"""The private-use schemes without a dot that the redirect URIs of a client may have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..messages import about
from ..messages import message as _
from ..records import Client
from ..redirect_uris import private_scheme_problem
from .codecs import Codec
from .extra import value_of
from .field import ClientField, Control, Known, Option


def _usable(server: Known, value: Iterable[str]) -> Iterator[str]:
    for scheme in value:
        if problem := private_scheme_problem(scheme):
            yield about(scheme[:100], problem)


PRIVATE_SCHEMES = ClientField(
    "private_schemes",
    Codec.TEXTS,
    "Schemes without a dot that its redirect URIs may have beside those of "
    "oauth2.private_schemes, such as `cursor`; at most 10.",
    (),
    rule=_usable,
    control=Control(
        "lines",
        _("Schemes of its own"),
        _("Such as cursor, for cursor://callback, one a line. Another app can claim the same one."),
        folded=True,
    ),
    option=Option(
        "--private-scheme",
        "a scheme without a dot for its redirect URIs, such as cursor; repeatable",
        metavar="SCHEME",
    ),
    for_users=True,
    most=10,
)


def private_schemes(server: Known, client: Client) -> frozenset[str]:
    """Those of the server, and those that an operator allowed to this client."""
    own: tuple[str, ...] = value_of(PRIVATE_SCHEMES, client)
    return server.private_schemes.union(own) if own else server.private_schemes
