"""The application's :class:`~pyramid_oauth2.interfaces.IResourceOwners`, with its defaults."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from .interfaces.request import PyramidRequest
from .protocol.authentication import Authentication
from .protocol.records import SUBJECT_LENGTH, check_identifier
from .protocol.server import UserNotChecked
from .protocol.token_kinds import CLIENT_ID_PREFIX
from .protocol.token_strings import is_drawn_client_id

log = logging.getLogger(__name__)

AHEAD = 60
"""How many seconds the clock that says when a user logged in may be ahead."""

METHODS = (
    "subject",
    "userid",
    "identity",
    "principals",
    "permits",
    "is_active",
    "exists",
    "describe",
    "time_zone",
    "authenticate",
    "authenticated_at",
    "authentication",
    "claims",
    "end_session",
)


class ResourceOwners:
    """What the application knows about its users, with a default for each missing method.

    :param owners: the object that the application registered, or None.
    """

    def __init__(self, owners: Any = None) -> None:
        self._owners = owners

    def knows(self, method: str) -> bool:
        """Whether the application has that method."""
        return callable(getattr(self._owners, method, None))

    def subject(self, request: PyramidRequest) -> str | None:
        """The subject of the signed-in user, None if no user is signed in."""
        if self.knows("subject"):
            return _checked("subject", self._owners.subject(request))
        userid = request.authenticated_userid
        return None if userid is None else _checked("authenticated_userid", str(userid))

    def userid(self, subject: str) -> Any:
        """The user id that the application's own code uses."""
        return self._owners.userid(subject) if self.knows("userid") else subject

    def identity(self, request: PyramidRequest, subject: str) -> Any:
        """``request.identity`` of a user who is authenticated by a token."""
        if self.knows("identity"):
            return self._owners.identity(request, subject)
        return subject

    def principals(self, request: PyramidRequest, subject: str) -> Iterable[Any]:
        """The user's principals, such as groups."""
        if self.knows("principals"):
            found = self._owners.principals(request, subject)
            if isinstance(found, str):
                # Its letters would be the principals.
                raise TypeError(
                    "principals() of the resource owners must return a list of them, or None"
                )
            return tuple(found or ())
        return ()

    def permits(self, request: PyramidRequest, subject: str, context: Any, permission: str) -> Any:
        """Whether the user has a permission, for an application without ACLs."""
        return self._owners.permits(request, subject, context, permission)

    def is_active(self, subject: str) -> bool:
        """Whether the user may still do anything.

        :raises UserNotChecked: the application's method failed.
        """
        if not self.knows("is_active"):
            return True
        try:
            return bool(self._owners.is_active(subject))
        except Exception as error:
            raise _not_checked("is_active") from error

    def exists(self, subject: str) -> bool:
        """Whether a user has that subject; False if the application cannot say.

        :raises UserNotChecked: the application's method failed.
        """
        if not self.knows("exists"):
            return False
        try:
            return bool(self._owners.exists(subject))
        except Exception as error:
            raise _not_checked("exists") from error

    def describe(self, subject: str) -> str:
        """What the user is called on a page of their own, or of operators.

        The subject, if the application has no name or its method fails.
        """
        return self.name(subject) or subject

    def name(self, subject: str) -> str | None:
        """The user's name, which other users may see; None if the application has none.

        Also None if the application's method fails.
        """
        if not self.knows("describe"):
            return None
        try:
            name = self._owners.describe(subject)
            return None if name is None else str(name).strip() or None
        except Exception:
            # It may fail for a user who was deleted, and it is on the page that their grants
            # are ended.
            log.exception("describe() of the resource owners failed")
            return None

    def time_zone(self, request: PyramidRequest) -> str | None:
        """The name of the signed-in user's time zone; None if it is not known.

        Also None if the application's method fails: a time on a page is then in UTC.
        """
        if not self.knows("time_zone"):
            return None
        try:
            zone = self._owners.time_zone(request)
        except Exception:
            log.exception("time_zone() of the resource owners failed")
            return None
        return zone if zone and isinstance(zone, str) else None

    def authenticated_at(self, request: PyramidRequest) -> int | None:
        """When the signed-in user logged in, in UTC seconds; None if it is not known.

        :raises UserNotChecked: the application's method failed.
        """
        if self.knows("authenticated_at"):
            try:
                at: int | None = self._owners.authenticated_at(request)
            except Exception as error:
                raise _not_checked("authenticated_at") from error
            if not isinstance(at, int | float | None) or isinstance(at, bool):
                raise TypeError(
                    "authenticated_at() of the resource owners must return a number of UTC "
                    "seconds, or None"
                )
            return at
        return None

    def authentication(
        self, request: PyramidRequest, now: int | None = None
    ) -> Authentication | None:
        """How the signed-in user authenticated; None if it is not known.

        :param now: in UTC seconds; a login that is said to be later is one whose time is not known.
            None: the time is not needed.
        :raises UserNotChecked: the application's method failed.
        """
        if not self.knows("authentication"):
            at = self.authenticated_at(request)
            found = None if at is None else Authentication(at)
            return _believed("authenticated_at", found, now)
        try:
            found = self._owners.authentication(request)
        except Exception as error:
            raise _not_checked("authentication") from error
        if found is not None and not isinstance(found, Authentication):
            raise TypeError(
                "authentication() of the resource owners must return an Authentication or None"
            )
        return _believed("authentication", found, now)

    def claims(self, subject: str, names: Collection[str]) -> Mapping[str, Any]:
        """What the application says about a user; nothing if it has no such method.

        :raises UserNotChecked: the application's method failed.
        """
        if not self.knows("claims"):
            return {}
        try:
            return dict(self._owners.claims(subject, names) or {})
        except Exception as error:
            raise _not_checked("claims") from error

    @property
    def claim_descriptions(self) -> Mapping[str, str]:
        """The claims that the application adds to the standard ones: what each says, by name."""
        return dict(getattr(self._owners, "claim_descriptions", {}))

    @property
    def acr_values(self) -> tuple[str, ...]:
        """The authentication context classes in which users can authenticate; may be empty."""
        return tuple(getattr(self._owners, "acr_values", ()))

    def end_session(self, subject: str, sid: str) -> bool:
        """End the application's own session; return whether the application could.

        Also False if the application's method fails: everything else of the session has ended.
        """
        if not self.knows("end_session"):
            return False
        try:
            self._owners.end_session(subject, sid)
        except Exception:
            log.exception("end_session() of the resource owners failed")
            return False
        return True

    def of(self, request: PyramidRequest) -> BoundOwners:
        """The users, bound to *request*, for use by a grant type."""
        return BoundOwners(self._owners, request)


class BoundOwners:
    """Resource owners for code that has no request."""

    def __init__(self, owners: Any, request: PyramidRequest) -> None:
        self._owners, self._request = owners, request

    def authenticate(self, username: str, password: str) -> str | None:
        """The subject of the user with this name and password, None if they do not match.

        :raises UserNotChecked: the application's method failed.
        """
        try:
            subject = self._owners.authenticate(self._request, username, password)
        except Exception as error:
            # A session that failed within a flush cannot be committed.
            if "tm.active" in self._request.environ:
                self._request.tm.doom()
            raise _not_checked("authenticate") from error
        return _checked("authenticate", subject)


def _not_checked(method: str) -> UserNotChecked:
    # Logged here, where the traceback of the application's error is at hand.
    log.exception("%s() of the resource owners failed", method)
    return UserNotChecked(f"{method}() of the resource owners failed")


def _believed(method: str, found: Authentication | None, now: int | None) -> Authentication | None:
    if found is None or found.auth_time is None or now is None or found.auth_time <= now + AHEAD:
        return found
    # It would be new enough for every max_age, for ever (OpenID Connect Core section 3.1.2.1).
    log.error(
        "%s() of the resource owners returned a time that is %d seconds ahead: it must be a number "
        "of UTC seconds. The time of the login is not known then",
        method,
        found.auth_time - now,
    )
    return replace(found, auth_time=None)


def _checked(method: str, subject: Any) -> str | None:
    if subject is not None and not isinstance(subject, str):
        # An integer would be stored as text and would never compare equal again.
        raise TypeError(f"{method}() of the resource owners must return a str or None")
    if subject is not None:
        check_identifier(f"what {method}() of the resource owners returns", subject, SUBJECT_LENGTH)
        if is_drawn_client_id(subject):
            # RFC 9068 section 5: an API would take a token of that client for one of this user.
            raise ValueError(
                f"{method}() of the resource owners returned {subject!r}: no user may have a "
                f"subject that begins with {CLIENT_ID_PREFIX}_, as each client_id does that the "
                "server draws"
            )
    return subject
