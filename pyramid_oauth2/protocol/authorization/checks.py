"""The checks of the authorization endpoint, as a refusal names them."""

from __future__ import annotations

from collections.abc import Collection

from ..errors import (
    ConsentRequired,
    LoginRequired,
    OAuth2Error,
    UnmetAuthenticationRequirements,
)
from ..records import Client
from ..refusal import OWN_RULE, Refusal
from .unusable import DeactivatedUser, EndedSession, UnusableInteraction, WithdrawnMeanwhile

CLIENT_ID = Refusal("client_id_sent", "RFC 6749 section 4.1.1")
CLIENT = Refusal("client_usable", "RFC 6749 section 4.1.2.1", decided_by="client")
GONE = Refusal("client_there", "RFC 6749 section 4.1.2.1", decided_by="client")
REDIRECT_URI = Refusal(
    "redirect_uri_registered", "RFC 9700 section 2.1", decided_by="client.redirect_uris"
)
CLIENT_METADATA = Refusal("client_metadata", "RFC 7591 section 3.2.2", decided_by="client")
REQUEST_OBJECT = Refusal("request_object", "RFC 9101 section 7.4")
REQUEST_SOURCES = Refusal("request_by_one_parameter", "RFC 9101 section 5")
REQUEST_CLIENT = Refusal("request_of_client", "RFC 9101 section 5")
REQUEST_VALUES = Refusal("request_values", "RFC 9101 section 4")
REQUEST_WITHIN = Refusal("request_within_request", "RFC 9101 section 4")
REQUEST_LENGTH = Refusal("request_length", OWN_RULE)
PUSHED_TWICE = Refusal("pushed_request_is_new", "RFC 9126 section 2.1")
PUSHED_CLIENT = Refusal(
    "pushed_request_of_client", "RFC 9126 section 2.2", decided_by="interaction"
)
PUSHED_KEY = Refusal("pushed_request_key", "RFC 9449 section 10.1")
RESPONSE_TYPE = Refusal("response_type_sent", "RFC 6749 section 3.1.1")
RESPONSE_TYPE_ENABLED = Refusal(
    "response_type_enabled", "RFC 6749 section 3.1.1", decided_by="oauth2.response_types"
)
RESPONSE_TYPE_OF_CLIENT = Refusal(
    "response_type_of_client", "RFC 6749 section 4.1.2.1", decided_by="client.response_types"
)
BOUND_TOKENS = Refusal("response_type_bound", "RFC 7800 section 3.1", decided_by="client")
CRITICAL_VALUE = Refusal("critical_value_redeemed", OWN_RULE)
RESPONSE_MODE = Refusal("response_mode", "RFC 6749 section 3.1.1")
PROMPT = Refusal("prompt", "OpenID Connect Core section 3.1.2.1")
MAX_AGE = Refusal("max_age", "OpenID Connect Core section 3.1.2.1")
REQUIRED_USER = Refusal("required_user", "OpenID Connect Core section 3.1.2.1", decided_by="user")
REQUIRED_ACR = Refusal("required_acr", "OpenID Connect Core section 5.5.1.1", decided_by="user")
SIGNED_IN = Refusal("user_signed_in", "OpenID Connect Core section 3.1.2.1", decided_by="user")
NEW_LOGIN = Refusal(
    "user_logged_in_again", "OpenID Connect Core section 3.1.2.1", decided_by="user"
)
CONSENT = Refusal("consent_given", "OpenID Connect Core section 3.1.2.1", decided_by="consent")
DECISION = Refusal("decision_sent", OWN_RULE)
ALLOWED = Refusal("user_allowed", "RFC 6749 section 4.1.2.1", decided_by="user")
NOT_WITHDRAWN = Refusal("consent_not_withdrawn", OWN_RULE, decided_by="consent")
GRANT_CURRENT = Refusal("grant_current", OWN_RULE, decided_by="grant")
SESSION = Refusal("session_lasts", OWN_RULE, decided_by="session")
SCOPE_TICKED = Refusal("scope_ticked", OWN_RULE, decided_by="user")


def without_page(error: UnusableInteraction) -> OAuth2Error | None:
    """What the client gets where the user has allowed it, and may not any more; None if not so.

    OpenID Connect Core section 3.1.2.1: with prompt=none the server "MUST NOT display any
    authentication or consent user interface pages".
    """
    if isinstance(error, WithdrawnMeanwhile):
        return ConsentRequired("The user has withdrawn the access.", refusal=error.refusal)
    if isinstance(error, EndedSession):
        return login_required()
    if isinstance(error, DeactivatedUser):
        return LoginRequired("The user is deactivated.", refusal=error.refusal)
    return None


def login_required() -> LoginRequired:
    """The error for a request with ``prompt=none`` when no user is signed in."""
    return LoginRequired("No user is signed in.", refusal=SIGNED_IN)


def unmet_acr(essential: Collection[str]) -> UnmetAuthenticationRequirements:
    """The error for a user who is not authenticated in a way that the request demands."""
    # OpenID Connect Core section 5.5.1.1: if "the requirement cannot be met, then the
    # Authorization Server MUST treat that outcome as a failed authentication attempt".
    return UnmetAuthenticationRequirements(
        "The user is not authenticated in one of the ways that are essential.",
        refusal=REQUIRED_ACR.comparing(essential=sorted(essential)),
    )


def usable_client(client: Client | None) -> Refusal:
    """The refusal of a client that is unknown or disabled."""
    if client is None:
        # Without its name: that may be a secret in the wrong field.
        return CLIENT.comparing(client="unknown")
    return CLIENT.comparing(client="disabled", client_id=client.client_id)


def other_redirect_uri(client: Client, sent: str | None) -> Refusal:
    """The refusal of a redirect URI that the client does not register."""
    return REDIRECT_URI.comparing(sent=sent, registered=client.redirect_uris)


def response_type_of(client: Client, response_type: str) -> Refusal:
    """The refusal of a response type that the client, or its grant types, does not have."""
    return RESPONSE_TYPE_OF_CLIENT.comparing(
        requested=response_type,
        response_types=client.response_types,
        grant_types=client.grant_types,
    )
