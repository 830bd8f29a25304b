"""The user of a simulation, who is signed in without the login of the application."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from time import time
from typing import Any

from ..interfaces.request import PyramidRequest
from ..protocol.authentication import Authentication
from ..resource_owners import ResourceOwners

GUEST = "poauth2-doctor"
KEY = "pyramid_oauth2.simulation"


class SimulatedOwners(ResourceOwners):
    """The users of the application, and one of them who is signed in where a mark says so.

    The mark is an object in the WSGI environ: no request that comes over a network can have it.

    :param owners: what the application registered, or None.
    :param subject: the user; :data:`GUEST` is none of the application's.
    """

    def __init__(self, owners: Any, subject: str) -> None:
        super().__init__(owners)
        self.mark = object()
        self.signed_in = subject

    def _is_guest(self, subject: str) -> bool:
        return subject == self.signed_in == GUEST

    def _is_marked(self, request: PyramidRequest) -> bool:
        return request.environ.get(KEY) is self.mark

    def subject(self, request: PyramidRequest) -> str | None:
        """The user of a marked request; otherwise as the application says."""
        return self.signed_in if self._is_marked(request) else super().subject(request)

    def authenticated_at(self, request: PyramidRequest) -> int | None:
        """Now, for a marked request."""
        return int(time()) if self._is_marked(request) else super().authenticated_at(request)

    def authentication(
        self, request: PyramidRequest, now: int | None = None
    ) -> Authentication | None:
        """A login of this moment, for a marked request."""
        if self._is_marked(request):
            return Authentication(int(time()) if now is None else now)
        return super().authentication(request, now)

    def is_active(self, subject: str) -> bool:
        """Also of the guest."""
        return self._is_guest(subject) or super().is_active(subject)

    def exists(self, subject: str) -> bool:
        """Not of the guest."""
        return not self._is_guest(subject) and super().exists(subject)

    def userid(self, subject: str) -> Any:
        """The subject itself, of the guest."""
        return subject if self._is_guest(subject) else super().userid(subject)

    def identity(self, request: PyramidRequest, subject: str) -> Any:
        """The subject itself, of the guest."""
        return subject if self._is_guest(subject) else super().identity(request, subject)

    def principals(self, request: PyramidRequest, subject: str) -> Iterable[Any]:
        """None of the guest."""
        return () if self._is_guest(subject) else super().principals(request, subject)

    def permits(self, request: PyramidRequest, subject: str, context: Any, permission: str) -> Any:
        """Nothing to the guest, whom the application does not know."""
        if self._is_guest(subject):
            return False
        return super().permits(request, subject, context, permission)

    def name(self, subject: str) -> str | None:
        """None of the guest."""
        return None if self._is_guest(subject) else super().name(subject)

    def claims(self, subject: str, names: Collection[str]) -> Mapping[str, Any]:
        """None of the guest."""
        return {} if self._is_guest(subject) else super().claims(subject, names)
