"""The closed table of OAuth errors: one class for each code, with its status and source.

Protocol code raises them; one place in the views turns them into a response.
The description is sent to the client, so it is written for the client's
developer (RFC 6749 section 5.2 allows ``%x20-21 / %x23-5B / %x5D-7E`` only). Of the
contents of the request it repeats scope names and nothing else: they are of these
characters, and :func:`~.scopes.named_scope` bounds their length.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from .refusal import Refusal

if TYPE_CHECKING:
    from .records import Client


class OAuth2Error(Exception):
    """A refusal that is reported to the client. Base of the table; never raised itself.

    A plug-in may raise an error of the table, or a subclass of its own with a ``code``, a
    ``status`` (400 by default) and, for the operator, a ``source``.

    :param description: what is wrong and what to do, in printable ASCII
        without ``"`` and ``\\``.
    :param status: a more specific HTTP status than that of the code, such as 413.
    :param retry_after: seconds after which it is worth trying again.
    :param refusal: which check refused, for the operator; it is not sent. Without one,
        the check has the name of the error code.
    :param headers: further headers of the response, such as ``DPoP-Nonce``. They cannot
        replace one that the response has anyway.
    :param members: further members of the response, such as ``error_uri``. They cannot
        replace ``error`` and ``error_description``.
    :param client: that is refused, for the operator: one that has authenticated, or that an
        authorization request names.
    :ivar of_access_token: whether it refuses an access token, so that the response has
        challenges of the schemes of access tokens (RFC 6750 section 3). The core sets it for
        every error of a token that an endpoint demands.
    """

    code: ClassVar[str]
    source: ClassVar[str] = "RFC 6749 section 5.2"
    status: int = 400
    of_access_token: bool = False

    def __init_subclass__(cls) -> None:
        """Check an error of a plug-in when it is defined, not when it is raised.

        :raises TypeError: it has no ``code``.
        """
        super().__init_subclass__()
        if not hasattr(cls, "code"):
            raise TypeError(f"{cls.__name__} needs a code, such as 'invalid_request'")

    def __init__(
        self,
        description: str,
        *,
        status: int | None = None,
        retry_after: int | None = None,
        refusal: Refusal | None = None,
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, Any] | None = None,
        client: Client | None = None,
    ) -> None:
        super().__init__(description)
        self.description = description
        self.client = client
        self.retry_after = retry_after
        self.refusal = refusal or Refusal(self.code, self.source)
        self.headers = headers or {}
        self.members = members or {}
        if status is not None:
            self.status = status

    def respond_to(self, client: Client, headers: Mapping[str, str]) -> None:
        """Make this the response to a client that has authenticated.

        :param headers: of what it proved, such as a new nonce; the error's own come first.
        """
        self.client = client
        self.headers = {**headers, **self.headers}

    def response_members(self) -> dict[str, Any]:
        """The members of the error response (RFC 6749 section 5.2); nothing of the refusal."""
        own = {"error": self.code, "error_description": self.description}
        return own | {name: value for name, value in self.members.items() if name not in own}


class InvalidRequest(OAuth2Error):
    """A parameter is missing, repeated or malformed (RFC 6749 section 5.2)."""

    code, status = "invalid_request", 400


class InvalidClient(OAuth2Error):
    """Client authentication failed (RFC 6749 section 5.2)."""

    code, status = "invalid_client", 401


class InvalidGrant(OAuth2Error):
    """The code, token or password is wrong, expired or another's (RFC 6749 section 5.2)."""

    code, status = "invalid_grant", 400


class UnauthorizedClient(OAuth2Error):
    """The client may not use this grant type (RFC 6749 section 5.2)."""

    code, status = "unauthorized_client", 400


class UnusableClientDocument(OAuth2Error):
    """The document at a client_id cannot be used. On a page only (RFC 6749 section 4.1.2.1)."""

    code, status = "client_document", 400


class UnsupportedGrantType(OAuth2Error):
    """The server does not know this grant type (RFC 6749 section 5.2)."""

    code, status = "unsupported_grant_type", 400


class InvalidScope(OAuth2Error):
    """The scope is unknown, malformed or more than the client may have (RFC 6749 section 5.2)."""

    code, status = "invalid_scope", 400


class InvalidTarget(OAuth2Error):
    """The resource is unknown, malformed or more than was granted (RFC 8707 section 2)."""

    code, status = "invalid_target", 400
    source = "RFC 8707 section 2"


class InvalidAuthorizationDetails(OAuth2Error):
    """The details are unknown, malformed or more than was granted (RFC 9396 section 5)."""

    code, status = "invalid_authorization_details", 400
    source = "RFC 9396 section 5"


class TemporarilyUnavailable(OAuth2Error):
    """The store failed (RFC 6749 section 4.1.2.1), or there were too many requests (429)."""

    code, status = "temporarily_unavailable", 503
    source = "RFC 6749 section 4.1.2.1"


class InvalidToken(OAuth2Error):
    """The bearer token is unknown, expired, revoked or malformed (RFC 6750 section 3.1)."""

    code, status = "invalid_token", 401
    source = "RFC 6750 section 3.1"
    of_access_token = True


class InsufficientScope(OAuth2Error):
    """The bearer token lacks a scope (RFC 6750 section 3.1).

    :param scope: the scope that the resource requires, space-delimited.
    """

    code, status = "insufficient_scope", 403
    source = "RFC 6750 section 3.1"
    of_access_token = True

    def __init__(self, description: str, scope: str, **more: Any) -> None:
        super().__init__(description, **more)
        self.scope = scope


class UnsupportedResponseType(OAuth2Error):
    """The server does not know this response type (RFC 6749 section 4.1.2.1)."""

    code, status = "unsupported_response_type", 400
    source = "RFC 6749 section 4.1.2.1"


class AccessDenied(OAuth2Error):
    """The user denied the request (RFC 6749 section 4.1.2.1)."""

    code, status = "access_denied", 403
    source = "RFC 6749 section 4.1.2.1"


class LoginRequired(OAuth2Error):
    """``prompt=none``, and no user is signed in (OpenID Connect Core section 3.1.2.6)."""

    code, status = "login_required", 400
    source = "OpenID Connect Core section 3.1.2.6"


class ConsentRequired(OAuth2Error):
    """``prompt=none``, and the user must be asked (OpenID Connect Core section 3.1.2.6)."""

    code, status = "consent_required", 400
    source = "OpenID Connect Core section 3.1.2.6"


class UnmetAuthenticationRequirements(OAuth2Error):
    """The user is not authenticated as it is demanded (OpenID Connect Core section 5.5.1.1).

    The code is that of OpenID Connect Core Error Code unmet_authentication_requirements 1.0.
    """

    code, status = "unmet_authentication_requirements", 400
    source = "OpenID Connect Core section 5.5.1.1"


class InvalidRedirectURI(OAuth2Error):
    """A redirect URI cannot be registered (RFC 7591 section 3.2.2)."""

    code, status = "invalid_redirect_uri", 400
    source = "RFC 7591 section 3.2.2"


class InvalidMetadata(OAuth2Error):
    """The metadata of a client cannot be registered (RFC 7591 section 3.2.2)."""

    code, status = "invalid_client_metadata", 400
    source = "RFC 7591 section 3.2.2"


class InvalidSoftwareStatement(OAuth2Error):
    """The software statement does not hold (RFC 7591 section 3.2.2)."""

    code, status = "invalid_software_statement", 400
    source = "RFC 7591 section 3.2.2"


class UnapprovedSoftwareStatement(OAuth2Error):
    """The server does not accept the software statement (RFC 7591 section 3.2.2)."""

    code, status = "unapproved_software_statement", 400
    source = "RFC 7591 section 3.2.2"


class RequestNotSupported(OAuth2Error):
    """Request objects are not supported (RFC 9101 section 7.4)."""

    code, status = "request_not_supported", 400
    source = "RFC 9101 section 7.4"


class RequestURINotSupported(OAuth2Error):
    """The parameter ``request_uri`` is not supported (RFC 9101 section 7.4)."""

    code, status = "request_uri_not_supported", 400
    source = "RFC 9101 section 7.4"
