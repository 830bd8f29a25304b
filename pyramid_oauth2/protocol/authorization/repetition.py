"""The same decision sent again: a double click, a lost response, a phone that repeats the form.

The response is stored with the spent interaction, sealed under a key that the store does not
have. A code is not repeated, but replaced by another code of the same grant: both
responses may be followed, and a code that is redeemed twice ends its grant.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field

from ..authorization_server import AuthorizationServer
from ..envelope import NotUnderstood
from ..errors import InvalidScope
from ..events import Emit
from ..records import INTERACTION, Grant, SealedAnswer, Token
from ..scopes import format_scope
from ..token.sealing import Seal, derived_seal
from ..token.validity import NotValid, check_grant
from ..token_strings import parse_token
from .conclusion import conclude
from .interaction import Interaction
from .request import AuthorizationRequest, narrowed, still_a_destination, still_allowed
from .response import AuthorizationResponse, SealResponse, another_code
from .user import browser_digest

WINDOW = 30  # seconds
MOST = 5  # further codes of one decision
PURPOSE = b"pyramid_oauth2 decision"
NAMESPACE = "decision"


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision on the request of one handle.

    :param secret: the browser's; a handle alone may have been in a URL.
    :param scope: what was allowed; empty for a denial.
    """

    handle: str = field(repr=False)
    secret: str = field(repr=False)
    answer: str
    scope: frozenset[str]

    @property
    def seal(self) -> Seal:
        """Seals the response to this decision, and opens it for the same decision only."""
        question = [self.answer, format_scope(self.scope)]
        return derived_seal(f"{self.handle} {self.secret}", PURPOSE, question)


def sealed_for(server: AuthorizationServer, decision: Decision) -> SealResponse:
    """What seals the response to a decision, for :data:`WINDOW` seconds."""

    def seal(response: AuthorizationResponse) -> SealedAnswer:
        data = json.dumps(dict(response.parameters)).encode()
        # Also beyond the end of the interaction: stores keep its record as long as the answer.
        end = server.clock() + WINDOW
        return SealedAnswer(decision.seal.close(data, server.random), end)

    return seal


def repeated(
    server: AuthorizationServer,
    handle: str,
    secret: str,
    subject: str,
    answer: str,
    ticked: frozenset[str],
    emit: Emit,
) -> AuthorizationResponse | None:
    """The response to a decision that was made a moment ago; None if there is none.

    :param secret: the browser's.
    :param subject: the signed-in user.
    :param ticked: the optional scopes that the form has.
    :raises OAuth2Error: the client may not make the request any more.
    :raises UnusableInteraction: the grant ended meanwhile.
    """
    found = _spent(server, handle, secret, subject)
    if found is None or not server.is_active(subject):
        return None
    spent, request = found
    try:
        granted = narrowed(request, ticked) if answer == "allow" else None
    except InvalidScope:
        return None
    scope = granted.scope if granted else frozenset()
    parameters = _opened(server, Decision(handle, secret, answer, scope), spent)
    if parameters is None:
        return None
    client = still_a_destination(server, request).client
    response = AuthorizationResponse(request.redirect_uri, request.response_mode, parameters)
    if granted is None:
        return response
    still_allowed(server, client, granted)
    grant = _grant(server, parameters.get("code") or parameters["access_token"])
    if grant is None:
        return None
    conclude(server, client, subject, request, granted, spent, emit)
    if "code" not in parameters:
        return response
    return another_code(server, client, granted, grant) if _reserve(server, spent) else None


def _spent(
    server: AuthorizationServer, handle: str, secret: str, subject: str
) -> tuple[Token, AuthorizationRequest] | None:
    """The interaction of this browser and user, if it was decided."""
    ref = parse_token(handle)
    found = server.grants.find(ref) if ref and ref.kind == INTERACTION else None
    if found is None or found[0].consumed_at is None or found[0].revoked_at is not None:
        return None
    try:
        interaction = Interaction.decode(found[0].data)
    except NotUnderstood:
        return None
    if (interaction.browser, interaction.subject) != (browser_digest(secret), subject):
        return None
    return found[0], interaction.request


def _opened(server: AuthorizationServer, decision: Decision, spent: Token) -> dict[str, str] | None:
    """The parameters of the first response; None for another decision, or after the window."""
    sealed = spent.sealed_answer
    if sealed is None or sealed.expires_at <= server.clock():
        return None
    opened = decision.seal.open(sealed.data)
    return None if opened is None else dict(json.loads(opened))


def _grant(server: AuthorizationServer, issued: str) -> Grant | None:
    """The grant of what the first response contains, if it is still valid."""
    ref = parse_token(issued)
    token, grant = (server.grants.find(ref) if ref else None) or (None, None)
    if token is None or grant is None or token.revoked_at is not None:
        return None
    try:
        check_grant(server, grant)
    except NotValid:
        return None
    return grant


def _reserve(server: AuthorizationServer, spent: Token) -> bool:
    """Count one more code; False if there were :data:`MOST`. Each number is reserved once."""
    now = server.clock()
    return any(
        server.grants.reserve(
            NAMESPACE, hashlib.sha256(spent.digest + bytes([number])).digest(), now + WINDOW, now
        )
        for number in range(MOST)
    )
