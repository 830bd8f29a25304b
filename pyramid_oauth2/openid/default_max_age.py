"""How old a login may be for a client, unless its request says so (``default_max_age``).

OpenID Connect Dynamic Client Registration 1.0 section 2.
"""

from __future__ import annotations

from collections.abc import Iterator

from zope.interface import implementer

from ..interfaces.authorization import IAuthorizationRequestExtension
from ..protocol.access import Access
from ..protocol.authorization.user_demand import LONGEST_AGE, UserDemand
from ..protocol.clients.codecs import Codec
from ..protocol.clients.extra import value_of
from ..protocol.clients.field import ClientField, Control, Known, Option
from ..protocol.http import Parameters
from ..protocol.messages import message as _
from ..protocol.records import Client
from .request_extensions import Unseen


def _is_short(server: Known, value: int | None) -> Iterator[str]:
    if value is not None and value > LONGEST_AGE:
        yield _("at most %(most)s seconds", most=LONGEST_AGE)


DEFAULT_MAX_AGE = ClientField(
    "default_max_age",
    Codec.OPTIONAL_INTEGER,
    "How many seconds ago its users may have logged in, unless a request says it; others log in "
    "again.",
    rule=_is_short,
    control=Control(
        "line",
        _("Oldest login"),
        _("In seconds. Who logged in before that logs in again."),
        folded=True,
    ),
    option=Option("--default-max-age"),
    for_users=True,
)


@implementer(IAuthorizationRequestExtension)
class DefaultMaxAge(Unseen):
    """The demand of a client that is registered for it."""

    place = "request"

    def read(self, parameters: Parameters, client: Client, access: Access) -> int | None:
        """The number of seconds."""
        found: int | None = value_of(DEFAULT_MAX_AGE, client)
        return found

    def demands(self, value: int) -> UserDemand:
        """A login that is not older, unless the request says how old it may be."""
        return UserDemand(default_max_age=value)
