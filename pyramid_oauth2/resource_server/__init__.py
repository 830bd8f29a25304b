"""An application whose tokens another server issues: ``oauth2.mode = resource_server``.

It has the policy, ``oauth2_scope`` and the challenges, but no store. ``oauth2.validation``
chooses how it validates a token: :mod:`.introspecting` or :mod:`.local`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from zope.interface import implementer

from ..interfaces import IResourceServer, IService
from ..protocol.errors import InvalidToken
from ..protocol.server import USER_ACTIVE
from ..protocol.token.access_token import AccessToken
from ..protocol.token.presentation import BEARER_SCHEME, Presentation
from ..protocol.token.recognised import RecognisedToken
from ..protocol.token.token_response import BEARER
from ..resource_owners import ResourceOwners
from ..settings import Settings
from ..settings.validation import LOCAL

__all__ = ["ResourceServer", "make_resource_server"]


class Validation(Protocol):
    """How tokens are validated."""

    @property
    def close(self) -> Callable[[], None]:
        """Closes every connection."""

    def recognise(self, value: str) -> RecognisedToken | None:
        """What is read in a string that looks like a token that is validated here. No I/O."""

    def token_of(
        self, value: str, now: float, recognised: RecognisedToken | None = None
    ) -> AccessToken:
        """The access token of a string that is valid *now*, in UTC seconds.

        :param recognised: what :meth:`recognise` returned for it, if it was called.
        :raises InvalidToken: there is none.
        :raises StoreUnavailable: it cannot be validated now.
        """


@implementer(IService, IResourceServer)
@dataclass(frozen=True)
class ResourceServer:
    """The service of such an application, created once at start-up.

    ``clock`` returns UTC seconds.
    """

    settings: Settings
    owners: ResourceOwners
    validation: Validation = field(repr=False)
    clock: Callable[[], float] = time.time

    @property
    def server(self) -> ResourceServer:
        """What a plug-in may use of it: where tokens are issued, that is an ``IServer``."""
        return self

    @property
    def issuer(self) -> str:
        """The authorization server that issues the tokens."""
        return self.settings.issuer

    def is_active(self, subject: str) -> bool:
        """Whether the user may still do anything."""
        return self.owners.is_active(subject)

    @property
    def schemes(self) -> frozenset[str]:
        """The schemes of an Authorization header that presents an access token, in lower case."""
        return frozenset({BEARER_SCHEME})

    @property
    def challenges(self) -> Mapping[str, Mapping[str, str]]:
        """The parameters of the challenge of each scheme."""
        return {BEARER: {}}

    def recognise(self, presentation: Presentation) -> RecognisedToken | None:
        """What is read in a token that looks like one that is validated here. No I/O."""
        return self.validation.recognise(presentation.value)

    def resolve(
        self, presentation: Presentation, recognised: RecognisedToken | None = None
    ) -> AccessToken:
        """Return the valid access token that is presented.

        :param recognised: what :meth:`recognise` returned for it, if it was called.
        :raises InvalidToken: it is not valid, according to its issuer or to this application's
            :class:`~pyramid_oauth2.interfaces.IResourceOwners`.
        :raises StoreUnavailable: it cannot be validated now.
        """
        token = self.validation.token_of(presentation.value, self.clock(), recognised)
        if token.subject is not None and not self.is_active(token.subject):
            raise InvalidToken(
                "The user of the access token is deactivated.",
                refusal=USER_ACTIVE.comparing(subject=token.subject),
            )
        return token

    def close(self) -> None:
        """Close every connection."""
        self.validation.close()


def make_resource_server(settings: Settings, owners: ResourceOwners) -> ResourceServer:
    """Return the resource server of these settings; it connects at first use.

    :raises StartupError: the extra ``introspection`` is not installed.
    """
    # Each has libraries that the other does not need.
    if settings.validation == LOCAL:
        from .local import make_local_validation

        return ResourceServer(settings, owners, make_local_validation(settings))
    from .introspecting import make_introspection

    return ResourceServer(settings, owners, make_introspection(settings))
