"""What the authorization endpoint sends to the client (RFC 6749 sections 4.1.2 and 4.2.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..errors import AccessDenied, OAuth2Error
from ..events import Emit, TokenIssued, emit_nothing
from ..grants import end_earlier_grants, end_grant
from ..records import ACCESS_TOKEN, AUTHORIZATION_CODE, Client, Grant, Outcome, Token
from ..scopes import format_scope
from ..server import AuthorizationServer
from ..token.access_token import AccessTokenData
from ..token.issuance import ATTEMPT_LENGTH
from ..token_strings import NewToken, new_family, new_token, random_text
from .codes import CodeData
from .consent import must_ask
from .interaction import OpenInteraction, UnusableInteraction
from .request import AuthorizationRequest, Destination


@dataclass(frozen=True, slots=True)
class AuthorizationResponse:
    """Parameters for the client, and how they get there."""

    redirect_uri: str
    response_mode: str
    parameters: Mapping[str, str] = field(repr=False)


def refusal(
    server: AuthorizationServer, destination: Destination, error: OAuth2Error
) -> AuthorizationResponse:
    """An error for the client (RFC 6749 section 4.1.2.1)."""
    members = {"error": error.code, "error_description": error.description}
    return _answer(
        server, destination.redirect_uri, destination.response_mode, destination.state, members
    )


def denial(server: AuthorizationServer, pending: OpenInteraction) -> AuthorizationResponse:
    """The user said no: the interaction is spent, and the client is told.

    :raises UnusableInteraction: it was spent meanwhile.
    """
    _spend(server, pending, [], None)
    error = AccessDenied("The user did not allow it.")
    members = {"error": error.code, "error_description": error.description}
    return _answered(server, pending.interaction.asked, members)


def approval(
    server: AuthorizationServer,
    client: Client,
    subject: str,
    asked: AuthorizationRequest,
    pending: OpenInteraction | None = None,
    emit: Emit = emit_nothing,
    *,
    asked_now: bool = True,
) -> AuthorizationResponse:
    """A code, or with the implicit grant an access token: the grant, in the store.

    :param pending: the interaction that is spent for it; None where the user
        need not be asked.
    :param emit: receives what was issued.
    :param asked_now: whether the user has just said yes; False where they did before.
    :raises UnusableInteraction: it was spent meanwhile.
    """
    if not server.is_active(subject):
        raise UnusableInteraction("This user is deactivated.")
    now = server.clock()
    family = pending.token.family if pending else new_family(server.random)
    kind = AUTHORIZATION_CODE if asked.response_type == "code" else ACCESS_TOKEN
    string = new_token(kind, family, server.random)
    token = _token(server, client, asked, string, now)
    grant = Grant(
        id=family,
        client_id=client.client_id,
        epoch=client.epoch,
        subject=subject,
        scope=asked.scope,
        created_at=now,
        expires_at=token.expires_at,
        absolute_end=now + server.lifetimes.grant,
    )
    if pending is not None:
        _spend(server, pending, [token], grant)
    elif not server.grants.open(grant, [token], now):
        raise UnusableInteraction("The access was withdrawn.")
    if not asked_now and must_ask(server, asked, client, subject):
        # The user took it back between the first look and the grant, which whoever
        # withdrew could not see.
        end_grant(server, grant, "consent withdrawn meanwhile", emit)
        raise UnusableInteraction("The access was withdrawn.")
    if kind == ACCESS_TOKEN:
        end_earlier_grants(server, grant, emit)
        emit(_implicit(grant, token))
    return _answered(server, asked, _members(asked, string, token, now))


def _implicit(grant: Grant, token: Token) -> TokenIssued:
    return TokenIssued(
        client_id=grant.client_id,
        grant_type="implicit",
        subject=grant.subject,
        scope=grant.scope,
        expires_in=token.expires_at - token.issued_at,
        grant_id=grant.id,
    )


def _token(
    server: AuthorizationServer,
    client: Client,
    asked: AuthorizationRequest,
    string: NewToken,
    now: int,
) -> Token:
    if string.ref.kind == AUTHORIZATION_CODE:
        lifetime = server.lifetimes.authorization_code
        data = CodeData(asked.redirect_uri, asked.redirect_uri_named, asked.code_challenge).encode()
    else:
        lifetime = server.lifetimes.of_access_token(client)
        data = AccessTokenData(asked.scope).encode()
    kind, family, digest = string.ref
    end = now + min(lifetime, server.lifetimes.grant)
    return Token(kind, family, digest, now, end, grant_id=family, data=data)


def _members(
    asked: AuthorizationRequest, string: NewToken, token: Token, now: int
) -> dict[str, str]:
    if asked.response_type == "code":
        return {"code": string.value}
    return {
        "access_token": string.value,
        "token_type": "Bearer",
        "expires_in": str(token.expires_at - now),
        "scope": format_scope(asked.scope),
    }


def _spend(
    server: AuthorizationServer,
    pending: OpenInteraction,
    produce: list[Token],
    grant: Grant | None,
) -> None:
    attempt = random_text(ATTEMPT_LENGTH, server.random)
    now = server.clock()
    redemption = server.grants.redeem(pending.token, now, attempt, produce, grant=grant)
    if redemption.outcome is not Outcome.WON:
        raise UnusableInteraction("This page was used already, or has expired.")


def _answered(
    server: AuthorizationServer, asked: AuthorizationRequest, members: Mapping[str, str]
) -> AuthorizationResponse:
    return _answer(server, asked.redirect_uri, asked.response_mode, asked.state, members)


def _answer(
    server: AuthorizationServer,
    redirect_uri: str,
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
