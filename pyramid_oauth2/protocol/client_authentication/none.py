"""``none``: a public client identifies itself without a proof (RFC 6749 section 3.2.1)."""

from __future__ import annotations

from collections.abc import Mapping

from zope.interface import implementer

from ...interfaces.extension import IClientAuthentication
from ..http import HTTPRequest
from ..records import Client
from .credentials import Credentials


@implementer(IClientAuthentication)
class NoAuthentication:
    """``client_id`` alone, as a form parameter."""

    def credentials(self, http: HTTPRequest, form: Mapping[str, str]) -> Credentials | None:
        """The client_id of the form."""
        client_id = form.get("client_id")
        return None if client_id is None else Credentials("none", client_id)

    def verify(self, credentials: Credentials, client: Client | None, now: int) -> bool:
        """Whether there is such a public client."""
        return client is not None
