"""What a client does with its tokens."""

from __future__ import annotations

from ..known_clients.known_client import REFRESH
from .code_flow import authorize, consent, redeem, tokens_in
from .conversation import Conversation, called
from .identity import METHODS
from .signed import METHOD
from .step import StepRefused, StepSkipped

TOKEN = "refresh_token"


def call(c: Conversation) -> str:
    """Call the API with the access token."""
    if not c.api.is_here:
        raise StepSkipped(f"{c.api.url} is another application: its answer is not seen from here")
    response = called(c, c.call, c.bearer())
    if response.refusal is not None:
        raise StepRefused(f"{c.api.url} refuses the token with {response.status}", response.refusal)
    if response.status in (401, 403):
        raise StepRefused(
            f"{c.api.url} accepts the token, and the application's own code answers "
            f"{response.status}: does it compare the issuer or the audience itself",
        )
    if response.status >= 500:
        raise StepRefused(
            f"{c.api.url} accepts the token, and its view fails "
            f"({response.failed or response.status}), perhaps since the user is none of yours",
            None,
            "poauth2 INI doctor --user SUBJECT",
        )
    return f"{c.api.url} accepts the token (status {response.status})"


def refresh(c: Conversation) -> str:
    """Get new tokens by the refresh token."""
    if TOKEN not in c.tokens:
        raise StepRefused(
            "There is no refresh token: people have to sign in each time that the access token has "
            "expired",
            None,
            *_for_refresh_tokens(c),
        )
    used = c.tokens[TOKEN]
    form = {"grant_type": TOKEN, TOKEN: used, **c.authentication(), **c.resource_in(REFRESH)}
    tokens = tokens_in(c.post_form(str(c.metadata["token_endpoint"]), form))
    if tokens.get(TOKEN) in (None, used):
        raise StepRefused("The refresh token is not replaced (RFC 9700 section 4.14.2)")
    c.tokens = tokens
    return "New tokens" if REFRESH in c.client.resource else "New tokens, without naming the API"


def _for_refresh_tokens(c: Conversation) -> tuple[str, ...]:
    grant_types = c.metadata.get("grant_types_supported", [])
    if TOKEN not in grant_types:
        return (f"oauth2.grant_types = {' '.join(sorted([*grant_types, TOKEN]))}",)
    if c.settings is not None and c.settings.refresh_needs_offline_access:
        return ("oauth2.refresh_needs_offline_access = false",)
    if c.registered:
        return ("oauth2.registration.grant_types = authorization_code refresh_token",)
    return (f"poauth2 INI client edit {c.client_id} --grant-type refresh_token",)


def revoke(c: Conversation) -> str:
    """Revoke everything that was granted (RFC 7009)."""
    endpoint = c.metadata.get("revocation_endpoint")
    if endpoint is None:
        raise StepSkipped("The server has no revocation endpoint")
    form = {"token": c.tokens[TOKEN], **c.authentication()}
    response = c.post_form(str(endpoint), form)
    if response.status != 200:
        raise StepRefused(f"The revocation is refused: {response.status}", response.refusal)
    if c.api.is_here and called(c, c.call, c.bearer()).status != 401:
        raise StepRefused(f"{c.api.url} still accepts the access token")
    return "The tokens are refused from now on"


def sign(c: Conversation) -> str:
    """Do all of it once more, and authenticate by a signed JWT: what is granted is bound to it."""
    if METHOD not in c.metadata.get(METHODS, ()) or c.registered or c.added:
        raise StepSkipped(f"The client does without {METHOD} here")
    c.signs = True
    for action in (authorize, consent, redeem, refresh, revoke):
        action(c)
    return "Tokens, new tokens and their revocation, with a signature each time"
