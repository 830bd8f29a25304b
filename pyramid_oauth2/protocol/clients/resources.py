"""The fields of a client about APIs that are added by name (RFC 8707).

They are there once an API is added: no application with a single API has them.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..messages import message as _
from ..resources import canonical
from .codecs import Codec
from .field import ClientField, Control, Known, Option


def _known(server: Known, value: tuple[str, ...]) -> Iterator[str]:
    for uri in value:
        if canonical(uri) not in server.resource_uris:
            known = ", ".join(sorted(server.resource_uris.values()))
            yield _("%(uri)r is unknown; the server knows %(known)s", uri=uri[:100], known=known)


ALLOWED_RESOURCES = ClientField(
    "allowed_resources",
    Codec.TEXTS,
    "The APIs, among those added by name, for which it may request tokens; empty: all.",
    (),
    rule=_known,
    most=50,
    widens=True,
    control=Control(
        "lines",
        _("APIs that it may use"),
        _("Their URLs, one a line. If it is empty, every API."),
        folded=True,
    ),
    option=Option("--allowed-resource", "an API for which it may request tokens; repeatable"),
)

RESOURCES = ClientField(
    "resources",
    Codec.TEXTS,
    "The APIs that it is, if it is a resource server: it may introspect the tokens for these "
    "alone. Empty: those for the APIs that were not added by name.",
    (),
    rule=_known,
    most=50,
    confidential=True,
    control=Control(
        "lines",
        _("APIs that it is"),
        _("Their URLs, one a line: it may ask about the tokens for these alone."),
        folded=True,
    ),
    option=Option("--resource", "an API that it is, as a resource server; repeatable"),
)

FIELDS = (ALLOWED_RESOURCES, RESOURCES)
