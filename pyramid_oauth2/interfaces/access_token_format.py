"""What an access token string looks like, as a plug-in decides it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from zope.interface import Attribute, Interface

if TYPE_CHECKING:
    from ..protocol.access import Access
    from ..protocol.records import Client
    from ..protocol.token.recognised import RecognisedToken
    from ..protocol.token_strings import NewToken


class IAccessTokenFormat(Interface):
    """What an access token string looks like.

    Registered with ``config.add_oauth2_access_token_format``. Every access token has a record
    in the grant store, in each format.
    """

    lifetime: int | None = Attribute(
        "how many seconds its tokens live at most, if the client has no lifetime of its own; "
        "None for no other limit than that of the settings"
    )

    def suits(client: Client, access: Access) -> bool:
        """Whether access tokens for that client and access are of this format."""

    def make(family: str, claims: Callable[[], Mapping[str, Any]]) -> NewToken:
        """A new token string, and where its record is stored: by the SHA-256 of the string.

        :param family: of the token's record; :meth:`recognise` must find it in the string.
        :param claims: returns what the token says, by the names of RFC 9068 section 2.2.
        """

    def recognise(value: str) -> RecognisedToken | None:
        """What a string says that looks like a token of this format; None if it does not.

        Called once for each token that is presented, without I/O: a request with a token of this
        server is never that of a cookie's user. It proves nothing.
        """
