"""Members that a plug-in adds to token responses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from zope.interface import Attribute, Interface

if TYPE_CHECKING:
    from ..protocol.token.issuance import Issuing


class ITokenResponseExtension(Interface):
    """Adds members to token responses, such as ``id_token``.

    Registered with ``config.add_oauth2_token_response``. What it adds is sealed with the
    response: if a refresh is repeated, the response is the same, byte for byte.
    """

    names: tuple[str, ...] = Attribute("the names of all members that it may add")

    def members(issuing: Issuing) -> Mapping[str, Any]:
        """The members for one response, as JSON has them; empty if it has none."""
