"""The same decision sent again: a double click, a lost response, a phone that repeats the form.

The response is stored with the spent interaction, sealed under a key that the store does not
have. A code is not repeated, but replaced by another code of the same grant: both responses may
be followed, and a code that is redeemed twice ends its grant. So is what another response type
produces, if the response contains it. A token, and a string that is derived, are repeated.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import partial

from ..authorization_server import AuthorizationServer
from ..envelope import NotUnderstood, dumps
from ..errors import InvalidScope, OAuth2Error
from ..events import Emit
from ..grants import find_grant
from ..lost_responses import until_known
from ..records import ACCESS_TOKEN, INTERACTION, Client, Grant, SealedAnswer, Token
from ..scopes import format_scope
from ..seal import Seal, derived_seal
from ..token.resolution import recognise, reference_of
from ..token.validity import NotValid, check_grant
from ..token_strings import parse_token
from .authorization_request import AuthorizationRequest
from .conclusion import conclude
from .consent import allowed_before
from .interaction import WINDOW, interaction_of
from .request import narrowed, still_a_destination, still_allowed
from .response import (
    AuthorizationResponse,
    SealResponse,
    another_response,
    response_product,
)
from .user import browser_digest

MOST = 5  # further codes of one decision
SILENT = "silent"  # The answer of an approval without a prompt: the user allowed it before.
PURPOSE = b"pyramid_oauth2 decision"
NAMESPACE = "decision"


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision on the request of one handle.

    :param secret: the browser's; a handle alone may have been in a URL.
    :param answer: ``allow``, ``deny``, or :data:`SILENT`.
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
    """What seals the response to a decision, for :data:`~.interaction.WINDOW` seconds."""

    def seal(response: AuthorizationResponse) -> SealedAnswer:
        data = dumps(response.parameters)
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
) -> tuple[Client, AuthorizationResponse] | None:
    """The client and the response of a decision that was made a moment ago; None without one.

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
        granted = _granted(server, request, subject, answer, ticked)
    except InvalidScope:
        return None
    if granted is None and answer != "deny":
        return None
    scope = granted.scope if granted else frozenset()
    parameters = _opened(server, Decision(handle, secret, answer, scope), spent)
    if parameters is None:
        return None
    client = still_a_destination(server, request).client
    response = AuthorizationResponse(request.redirect_uri, request.response_mode, parameters)
    if granted is None:
        return client, response
    try:
        still_allowed(server, client, granted)
    except OAuth2Error as error:
        error.client = client
        raise
    product = response_product(server, granted, spent.family)
    name = ACCESS_TOKEN if product is None else product.parameter
    grant = _grant(server, spent, parameters.get(name) if name else None)
    if grant is None:
        return None
    if answer != SILENT:
        conclude(server, client, subject, request, granted, spent, emit)
    # Of a string that is derived there is no other: it would be the same.
    if product is None or product.parameter is None or product.token is not None:
        return client, response
    if not _reserve(server, spent):
        return None
    return client, another_response(server, client, granted, grant)


def _granted(
    server: AuthorizationServer,
    request: AuthorizationRequest,
    subject: str,
    answer: str,
    ticked: frozenset[str],
) -> AuthorizationRequest | None:
    """What was allowed of a request; None if nothing was, or is not any more."""
    if answer == SILENT:
        client = still_a_destination(server, request).client
        return allowed_before(server, request, client, subject)
    return narrowed(request, ticked) if answer == "allow" else None


def _spent(
    server: AuthorizationServer, handle: str, secret: str, subject: str
) -> tuple[Token, AuthorizationRequest] | None:
    """The interaction of this browser and user, if it was decided."""
    ref = parse_token(handle)
    found = server.grants.find(ref) if ref and ref.kind == INTERACTION else None
    if found is None or found[0].consumed_at is None or found[0].revoked_at is not None:
        return None
    try:
        interaction = interaction_of(server, found[0].data)
    except NotUnderstood:
        return None
    if not interaction.is_of(browser_digest(secret)) or interaction.subject != subject:
        return None
    return found[0], interaction.request


def _opened(server: AuthorizationServer, decision: Decision, spent: Token) -> dict[str, str] | None:
    """The parameters of the first response; None for another decision, or after the window."""
    sealed = spent.sealed_answer
    if sealed is None or sealed.expires_at <= server.clock():
        return None
    opened = decision.seal.open(sealed.data)
    return None if opened is None else dict(json.loads(opened))


def _grant(server: AuthorizationServer, spent: Token, issued: str | None) -> Grant | None:
    """The grant of the decision, if it and what was issued are still valid.

    :param issued: what the first response contains, if it contains a token or a code.
    """
    grant = find_grant(server, spent.family)
    if issued is not None:
        ref = parse_token(issued) or reference_of(recognise(server, issued))
        token, grant = (server.grants.find(ref) if ref else None) or (None, None)
        if token is None or token.revoked_at is not None:
            return None
    if grant is None:
        return None
    try:
        check_grant(server, grant)
    except NotValid:
        return None
    return grant


def _reserve(server: AuthorizationServer, spent: Token) -> bool:
    """Count one more code; False if there were :data:`MOST`. Each number is reserved once."""
    now = server.clock()
    digests = (hashlib.sha256(spent.digest + bytes([number])).digest() for number in range(MOST))
    # A number whose reservation got no response counts as taken, and the next one is tried.
    return any(
        until_known(partial(server.grants.reserve, NAMESPACE, digest, now + WINDOW, now))
        for digest in digests
    )
