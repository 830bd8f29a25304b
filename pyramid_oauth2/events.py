"""Delivers events to subscribers, and lets a subscriber select the events that it receives.

::

    config.add_subscriber(welcome, TokenIssued, client_id="web", grant_type="authorization_code")

The events are plain values. They are emitted after the store committed, so no
subscriber can undo what was issued.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, ClassVar

from pyramid.util import is_nonstr_iter
from zope.interface import providedBy

from .interfaces import IGrantType
from .interfaces.request import PyramidRequest
from .plug_in_factories import registered_factories
from .protocol.events import (
    AttemptsThrottled,
    AuthorizationRefused,
    ClientAuthenticationFailed,
    ClientChanged,
    CodeRepeated,
    CodeReplayed,
    ConsentGiven,
    ConsentWithdrawn,
    DocumentFetched,
    GrantRevoked,
    IntrospectionRefused,
    LogoutNotDelivered,
    OAuth2Event,
    RefreshRepeated,
    RefreshReused,
    RegistrationRefused,
    SessionEnded,
    TokenIssued,
    TokenRefused,
    TokenRevoked,
    UserForgotten,
)
from .startup_error import StartupError

__all__ = [
    "AttemptsThrottled",
    "AuthorizationRefused",
    "ClientAuthenticationFailed",
    "ClientChanged",
    "CodeRepeated",
    "CodeReplayed",
    "ConsentGiven",
    "ConsentWithdrawn",
    "DocumentFetched",
    "GrantRevoked",
    "IntrospectionRefused",
    "LogoutNotDelivered",
    "OAuth2Event",
    "RefreshRepeated",
    "RefreshReused",
    "RegistrationRefused",
    "SessionEnded",
    "TokenIssued",
    "TokenRefused",
    "TokenRevoked",
    "UserForgotten",
    "notify",
]

log = logging.getLogger(__name__)


def notify(
    registry: Any,
    event: OAuth2Event,
    request: PyramidRequest | None = None,
    redelivered: bool = False,
) -> None:
    """Call every subscriber; one that fails is logged and does not change the response.

    The request's transaction is then rolled back, as it would be if the
    exception had escaped, together with what other subscribers wrote in it. The
    other subscribers are still called, for what they do outside the transaction.

    :param request: the request that it happened in, None at the command line.
    :param redelivered: whether they were called before, at an earlier attempt of the request.
    """
    event = replace(event, request=request, redelivered=redelivered or event.redelivered)
    # registry.notify would stop at the first subscriber that fails.
    for subscriber in registry.adapters.subscriptions([providedBy(event)], None):
        try:
            subscriber(event)
        except Exception:
            log.exception("A subscriber of %s failed", type(event).__name__)
            # A session that failed within a flush cannot be committed: without
            # this, the commit would turn the response into a 500.
            if request is not None and "tm.active" in request.environ:
                request.tm.doom()


class EventPredicate:
    """Accepts events whose attribute has one of the values; an event without it is rejected.

    :param value: one value, or several of which any may match.
    """

    attribute: ClassVar[str]

    def __init__(self, value: str | Iterable[str], info: Any) -> None:
        self.values: frozenset[Any] = frozenset(value if is_nonstr_iter(value) else (value,))
        if not self.values or not all(isinstance(one, str) for one in self.values):
            raise StartupError(
                f"{self.attribute}={value!r} matches no event: write a text, or a list of texts."
            )

    def text(self) -> str:
        """The predicate as introspection shows it."""
        return f"{self.attribute} = {', '.join(sorted(self.values))}"

    phash = text

    def __call__(self, event: Any) -> bool:
        return getattr(event, self.attribute, None) in self.values


class ClientIdPredicate(EventPredicate):
    """``client_id=`` of a subscriber."""

    attribute = "client_id"


class GrantTypePredicate(EventPredicate):
    """``grant_type=`` of a subscriber.

    :raises StartupError: no such grant type is registered.
    """

    attribute = "grant_type"

    def __init__(self, value: str | Iterable[str], info: Any) -> None:
        super().__init__(value, info)
        # implicit belongs to the authorization endpoint; it is not registered as a grant type.
        known = {"implicit", *registered_factories(info.registry, IGrantType)}
        if unknown := self.values - known:
            raise StartupError(
                f"grant_type={value!r} of a subscriber matches no event: there is no grant type "
                f"{', '.join(sorted(unknown))}. Registered are: {', '.join(sorted(known))}."
            )


def includeme(config: Any) -> None:
    """Add the predicates of subscribers."""
    for predicate in (ClientIdPredicate, GrantTypePredicate):
        config.add_subscriber_predicate(predicate.attribute, predicate)
