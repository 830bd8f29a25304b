"""A request of a client, and the response, whichever way it goes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol

from ..protocol.refusal import Refusal

NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Exchanged:
    """A response.

    :param headers: by their names in lower case.
    :param refusal: the check that refused the request; None if there is none, or it cannot be
        seen from here.
    :param failed: why there is no response: what the connection did, or the name of the exception
        that the application raised.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)
    refusal: Refusal | None = None
    failed: str = ""

    @property
    def said(self) -> str:
        """What the server did, in words that follow its URL."""
        return f"fails ({self.failed})" if self.failed else f"answers with {self.status}"

    def members(self) -> dict[str, Any]:
        """Those of the JSON in the body; none if it is no JSON object."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


class Agent(Protocol):
    """Sends requests to the application."""

    def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] = NO_HEADERS,
        body: bytes = b"",
        *,
        of_user: bool = False,
    ) -> Exchanged:
        """Send a request.

        :param of_user: whether it comes from the browser in which the user is signed in.
        """
