"""An application whose tokens another server issues: ``oauth2.mode = resource_server``.

It has the policy, ``oauth2_scope`` and the challenges, but no store: it
introspects a token at the authorization server (RFC 7662), and caches the
result for ``oauth2.introspection.cache`` seconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from zope.interface import implementer

from ..interfaces import IResourceServer, IService
from ..protocol.errors import InvalidToken
from ..protocol.records import ACCESS_TOKEN
from ..protocol.refusal import OWN_RULE, Refusal
from ..protocol.server import USER_ACTIVE
from ..protocol.token.access_token import AccessToken
from ..protocol.token.presentation import BEARER_SCHEME, Presentation, bearer
from ..protocol.token.token_response import BEARER
from ..protocol.token_strings import digest, has_our_prefix, parse_token
from ..resource_owners import ResourceOwners
from ..settings import Settings
from .answers import token_of_answer
from .cache import AnswerCache
from .endpoint import IntrospectionEndpoint

__all__ = ["ResourceServer", "make_resource_server"]

FORMAT = Refusal("token_format", OWN_RULE, decided_by="token")
ACTIVE = Refusal("token_active", "RFC 7662 section 2.2", decided_by="oauth2.introspection.url")


@implementer(IService, IResourceServer)
@dataclass(frozen=True)
class ResourceServer:
    """The service of such an application, created once at start-up.

    ``clock`` returns UTC seconds.
    """

    settings: Settings
    owners: ResourceOwners
    endpoint: IntrospectionEndpoint = field(repr=False)
    cache: AnswerCache
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

    def recognises(self, presentation: Presentation) -> bool:
        """Whether a token has the form of this product's. No I/O."""
        return has_our_prefix(presentation.value)

    def resolve(self, presentation: Presentation) -> AccessToken:
        """Return the valid access token that is presented.

        :raises InvalidToken: it is not valid, according to the authorization server or to
            this application's :class:`~pyramid_oauth2.interfaces.IResourceOwners`.
        :raises StoreUnavailable: the authorization server gave no usable response.
        """
        value = presentation.value
        if not _can_be_an_access_token(value, self.settings.max_parameter_length):
            raise InvalidToken("This is not an access token.", refusal=FORMAT)
        key = digest(value)
        token = self.cache.recall(key, lambda: self._ask(value))
        if token is None or token.expires_at <= self.clock():
            raise InvalidToken("The access token is unknown, expired or revoked.", refusal=ACTIVE)
        if token.subject is not None and not self.is_active(token.subject):
            raise InvalidToken(
                "The user of the access token is deactivated.",
                refusal=USER_ACTIVE.comparing(subject=token.subject),
            )
        return token

    def _ask(self, value: str) -> AccessToken | None:
        answer = self.endpoint.ask(value)
        return token_of_answer(
            answer,
            self.settings.issuer,
            self.settings.public_url,
            int(self.clock()),
            self.settings.introspection_cache,
        )

    def close(self) -> None:
        """Close every connection."""
        self.endpoint.close()


def make_resource_server(settings: Settings, owners: ResourceOwners) -> ResourceServer:
    """Return the resource server of these settings; it connects at first use.

    :raises pyramid.exceptions.ConfigurationError: the extra ``introspection``
        is not installed.
    """
    endpoint = IntrospectionEndpoint(
        settings.introspection_url,
        settings.introspection_client_id,
        settings.introspection_client_secret,
    )
    return ResourceServer(
        settings, owners, endpoint, AnswerCache(settings.introspection_cache, time.monotonic)
    )


def _can_be_an_access_token(value: str, longest: int) -> bool:
    """Whether it is worth a request: garbage must cost the authorization server nothing.

    :param longest: how many characters a parameter may have there.
    """
    if len(value) > longest:
        return False
    if not has_our_prefix(value):
        # The tokens may be issued by another product.
        return bearer(value).is_well_formed
    ref = parse_token(value)
    return ref is not None and ref.kind == ACCESS_TOKEN
