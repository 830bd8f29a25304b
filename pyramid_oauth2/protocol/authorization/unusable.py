"""Why a page of a pending request cannot be used. Each reason has its own text for the user."""

from __future__ import annotations

from ..records import Token
from ..refusal import OWN_RULE, Refusal

KNOWN = Refusal("page_known", OWN_RULE, decided_by="interaction")
UNUSED = Refusal("page_unused", OWN_RULE, decided_by="interaction")
UNEXPIRED = Refusal("page_unexpired", OWN_RULE, decided_by="oauth2.interaction_lifetime")
OF_BROWSER = Refusal("page_of_browser", "RFC 6749 section 10.12", decided_by="interaction")
COOKIE = Refusal("page_with_cookie", "RFC 6749 section 10.12", decided_by="interaction")
OF_USER = Refusal("page_of_user", "RFC 6749 section 10.12", decided_by="interaction")


class UnusableInteraction(Exception):
    """The handle cannot be used; the message is for the developer and says why.

    :param refusal: which check refused, for the operator.
    :param code: selects the text of the error page.
    :param token: the record of the interaction, if one was found.
    """

    def __init__(
        self, message: str, *, refusal: Refusal, code: str, token: Token | None = None
    ) -> None:
        super().__init__(message)
        self.refusal = refusal
        self.code = code
        self.token = token


class ExpiredInteraction(UnusableInteraction):
    """The user did not decide in time."""

    def __init__(
        self, message: str, *, refusal: Refusal = UNEXPIRED, token: Token | None = None
    ) -> None:
        super().__init__(message, refusal=refusal, code="page_expired", token=token)


class UsedInteraction(UnusableInteraction):
    """It was decided before, by another tab perhaps."""

    def __init__(self, message: str, *, token: Token | None = None) -> None:
        super().__init__(message, refusal=UNUSED, code="page_used", token=token)


class WithdrawnMeanwhile(UnusableInteraction):
    """The user withdrew the access while it was being granted."""

    def __init__(self, *, refusal: Refusal) -> None:
        super().__init__("The access was withdrawn.", refusal=refusal, code="access_withdrawn")


class DeactivatedUser(UnusableInteraction):
    """The user is deactivated, by the application."""

    def __init__(self, *, refusal: Refusal) -> None:
        super().__init__("This user is deactivated.", refusal=refusal, code="user_deactivated")


class EndedSession(UnusableInteraction):
    """The user was signed out while the access was being granted."""

    def __init__(self, *, refusal: Refusal) -> None:
        super().__init__("The session has ended.", refusal=refusal, code="session_ended")


class ForeignInteraction(UnusableInteraction):
    """The handle belongs to another browser or another user.

    :ivar another_user: whether it belongs to another user.
    """

    def __init__(self, message: str, *, another_user: bool) -> None:
        super().__init__(
            message,
            refusal=OF_USER if another_user else OF_BROWSER,
            code="another_user" if another_user else "another_browser",
        )
        self.another_user = another_user


class CookiesNeeded(UnusableInteraction):
    """The browser returned from a login without the cookie that it was given."""

    def __init__(self, message: str) -> None:
        super().__init__(message, refusal=COOKIE, code="cookies_needed")
