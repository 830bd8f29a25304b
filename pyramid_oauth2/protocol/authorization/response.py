"""What the authorization endpoint sends to the client (RFC 6749 sections 4.1.2 and 4.2.2)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias

from ..authentication import Authentication
from ..authorization_server import AuthorizationServer
from ..errors import AccessDenied, OAuth2Error
from ..events import Emit, emit_nothing
from ..grants import end_grant
from ..kept_values import KeptValues
from ..records import Client, Grant, Outcome, SealedAnswer
from ..server import USER_ACTIVE
from ..token.added_members import added_members
from ..token.confirmation import Confirmation
from ..token.draft import Draft, make_draft
from ..token.issuance import Add, Issuance, Open
from ..token.issuing import settle, spend, store
from ..token.product import Product
from ..token.sender_constraints import token_type
from . import checks
from .authorization_request import AuthorizationRequest
from .consent import allowed_before
from .interaction import OpenInteraction
from .request import Destination
from .session import lasts
from .unusable import DeactivatedUser, EndedSession, UsedInteraction, WithdrawnMeanwhile

USED = "This page was used already, or has expired."


@dataclass(frozen=True, slots=True)
class AuthorizationResponse:
    """Parameters for the client, and how they get there.

    ``redirect_uri`` is None if they are not sent: the client finds the decision in another way.
    """

    redirect_uri: str | None
    response_mode: str
    parameters: Mapping[str, str] = field(repr=False)


SealResponse: TypeAlias = Callable[[AuthorizationResponse], SealedAnswer]


def refusal(
    server: AuthorizationServer, destination: Destination, error: OAuth2Error
) -> AuthorizationResponse:
    """An error for the client (RFC 6749 section 4.1.2.1), with what the error adds."""
    members = {name: str(value) for name, value in error.response_members().items()}
    return _respond(
        server, destination.redirect_uri, destination.response_mode, destination.state, members
    )


def denial(
    server: AuthorizationServer, pending: OpenInteraction, seal: SealResponse | None = None
) -> AuthorizationResponse:
    """The user refused: the interaction is spent, and the client gets ``access_denied``.

    :param seal: seals the response, for the same decision sent again.
    :raises UnusableInteraction: it was spent meanwhile.
    """
    error = AccessDenied("The user did not allow it.", refusal=checks.ALLOWED)
    response = _respond_to(server, pending.interaction.request, error.response_members())
    sealed = seal(response) if seal else None
    if spend(server, pending.token, sealed_answer=sealed).outcome is not Outcome.WON:
        raise UsedInteraction(USED, token=pending.token)
    return response


def approval(
    server: AuthorizationServer,
    client: Client,
    subject: str,
    requested: AuthorizationRequest,
    pending: OpenInteraction | None = None,
    emit: Emit = emit_nothing,
    *,
    prompted: bool = True,
    authentication: Authentication | None = None,
    seal: SealResponse | None = None,
) -> AuthorizationResponse:
    """Open the grant, and respond with what the response type produces: a code, for instance.

    :param pending: the interaction that is spent for it; None where the user
        need not be prompted.
    :param emit: receives the event of an access token.
    :param authentication: how the user authenticated, where the application says it.
    :param prompted: whether the user has just allowed it; False where they did before.
    :param seal: seals the response, for the same decision sent again.
    :raises UnusableInteraction: it was spent meanwhile.
    """
    if not server.is_active(subject):
        raise DeactivatedUser(refusal=USER_ACTIVE.comparing(subject=subject))
    waiting = pending.token if pending else None
    kept = requested.extensions.only(server.plug_ins.extensions_in("grant"))
    # RFC 6749 section 4.2.2: "The authorization server MUST NOT issue a refresh token."
    issuance = Issuance(
        requested.access, Open(subject, waiting, authentication, kept), refresh_token=False
    )
    draft = _draft(server, client, issuance, requested)
    grant_type = server.plug_ins.response_types[requested.response_type].grant_type
    issued, members = None, _produced(draft)
    if draft.product is None:
        of_response = _of_response(server, requested)
        added = added_members(server, client, issuance, draft, grant_type, of_response)
        issued = draft.issued(issuance, token_type(server, _confirmation(requested)), added)
        members = {name: _text(value) for name, value in issued.parameters().items()}
    response = _respond_to(server, requested, members)
    sealed = seal(response) if seal else None
    if store(server, issuance, draft, sealed).outcome is not Outcome.WON:
        if waiting is not None:
            raise UsedInteraction(USED, token=waiting)
        raise WithdrawnMeanwhile(refusal=checks.GRANT_CURRENT)
    if not prompted and allowed_before(server, requested, client, subject) != requested:
        # The user withdrew the consent, or a part of it, between the first check and the
        # opening of the grant, which the withdrawal could not see.
        if draft.grant is not None:
            end_grant(server, draft.grant, "consent withdrawn meanwhile", emit)
        raise WithdrawnMeanwhile(refusal=checks.NOT_WITHDRAWN)
    if draft.grant is not None and not lasts(server, subject, authentication):
        end_grant(server, draft.grant, "session ended meanwhile", emit)
        raise EndedSession(refusal=checks.SESSION)
    if issued is not None:
        settle(server, client, issuance, draft.grant, issued, grant_type, emit)
    return response


def another_response(
    server: AuthorizationServer, client: Client, requested: AuthorizationRequest, grant: Grant
) -> AuthorizationResponse:
    """Respond with one more code of a grant, within the grant's end.

    :raises UnusableInteraction: the grant ended meanwhile.
    """
    issuance = Issuance(requested.access, Add(grant, USED))
    draft = _draft(server, client, issuance, requested)
    if store(server, issuance, draft, None).outcome is not Outcome.WON:
        raise WithdrawnMeanwhile(refusal=checks.GRANT_CURRENT)
    return _respond_to(server, requested, _produced(draft))


def response_product(
    server: AuthorizationServer, requested: AuthorizationRequest, family: str
) -> Product | None:
    """What an approval puts in the place of the request; None for the access token itself."""
    return server.plug_ins.response_types[requested.response_type].product(requested, family)


def _draft(
    server: AuthorizationServer,
    client: Client,
    issuance: Issuance,
    requested: AuthorizationRequest,
) -> Draft:
    response_type = server.plug_ins.response_types[requested.response_type]
    draft = make_draft(
        server,
        client,
        issuance,
        _confirmation(requested),
        partial(response_type.product, requested),
        _of_response(server, requested),
    )
    if draft.product is None and response_type.redeemed:
        # Its access token could be in a query, and the critical values for a code nowhere.
        raise ValueError(f"{requested.response_type} is redeemed, but has no product")
    return draft


def _of_response(server: AuthorizationServer, requested: AuthorizationRequest) -> KeptValues:
    """The values for one response alone: that to the code, or this one if there is no code."""
    return requested.extensions.only(server.plug_ins.extensions_in("code"))


def _confirmation(requested: AuthorizationRequest) -> Confirmation | None:
    return Confirmation(requested.cnf) if requested.cnf else None


def _produced(draft: Draft) -> dict[str, str]:
    product = draft.product
    if product is None or product.parameter is None:
        return {}
    return {product.parameter: draft.strings[product.kind].value}


def _text(member: Any) -> str:
    # A parameter of a URL is a text; what is none is sent as JSON.
    return member if isinstance(member, str) else json.dumps(member)


def _respond_to(
    server: AuthorizationServer, requested: AuthorizationRequest, members: Mapping[str, str]
) -> AuthorizationResponse:
    return _respond(
        server, requested.redirect_uri, requested.response_mode, requested.state, members
    )


def _respond(
    server: AuthorizationServer,
    redirect_uri: str | None,
    mode: str,
    state: str | None,
    members: Mapping[str, str],
) -> AuthorizationResponse:
    parameters = dict(members)
    if state is not None:
        parameters["state"] = state
    # RFC 9207 section 2: in success and in error responses.
    parameters["iss"] = server.issuer
    return AuthorizationResponse(redirect_uri, mode, parameters)
