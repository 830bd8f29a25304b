"""The one place that issues: strings, reservations, the sealed response, the store, the event."""

from __future__ import annotations

from ..envelope import NotUnderstood
from ..errors import InvalidGrant
from ..events import Emit, TokenIssued, emit_nothing, grant_event
from ..grants import earlier_access_tokens, end_earlier_grants, end_grant
from ..records import Client, Grant, Outcome, Redemption, SealedAnswer, Token
from ..server import Server
from ..token_strings import random_text
from .draft import Draft, make_draft
from .issuance import Add, Issuance, Open, Redeem, Repeat
from .issued import IssuedTokens
from .sealing import Seal, seal_for

ATTEMPT_LENGTH = 22  # 131 bits: no two attempts are the same


def issue(
    server: Server,
    client: Client,
    issuance: Issuance,
    grant_type: str = "",
    emit: Emit = emit_nothing,
) -> IssuedTokens:
    """Issue the tokens that a grant type wants issued.

    :param grant_type: as the event names it.
    :return: what was issued and is in the store; or, where the same request
        was answered a moment ago, what was issued then.
    :raises InvalidGrant: what is redeemed is used, expired or revoked, the grant
        has ended, or a reservation is taken.
    """
    operation = issuance.operation
    if not isinstance(operation, Open) and not _may_receive(server, client, operation.grant):
        raise InvalidGrant(operation.refusal)
    if isinstance(operation, Redeem) and operation.token.consumed_at is not None:
        # A token that is spent stays so, and nothing is made for it. The store says what
        # this means, as it does for a race: the precedence of its outcomes is known there.
        return _not_won(server, operation, spend(server, operation.token), emit)
    _reserve(server, issuance)
    draft = make_draft(server, client, issuance)
    issued = draft.issued(issuance)
    redemption = store(server, issuance, draft, issued)
    if redemption.outcome is not Outcome.WON:
        return _not_won(server, operation, redemption, emit)
    if draft.grant is not None:
        end_earlier_grants(server, draft.grant, emit)
    if issuance.attempt is not None:
        issuance.attempt.count(client.client_id)
    emit(issued_event(client, grant_type, issued))
    return issued


def store(
    server: Server,
    issuance: Issuance,
    draft: Draft,
    issued: IssuedTokens | None = None,
) -> Redemption:
    """Put a draft into the store: one atomic operation.

    :param issued: the response that can be repeated, where the operation has a repeat.
    :return: what came of it; only ``WON`` wrote.
    """
    operation = issuance.operation
    if isinstance(operation, Open):
        if operation.interaction is not None:
            return spend(server, operation.interaction, draft)
        return _outcome(server.grants.open(draft.grant, draft.records, server.clock()))
    if isinstance(operation, Add):
        return _outcome(server.grants.add(operation.grant.id, draft.records, server.clock()))
    return server.grants.redeem(
        operation.token,
        server.clock(),
        random_text(ATTEMPT_LENGTH, server.random),
        draft.records,
        grant_expires_at=draft.end,
        sealed_answer=_sealed(server, operation, issued),
        retire=earlier_access_tokens(server, operation.grant),
    )


def spend(server: Server, token: Token, draft: Draft | None = None) -> Redemption:
    """Redeem a token for the new grant and the records of a draft, or for nothing."""
    records, grant = (draft.records, draft.grant) if draft else ((), None)
    now, attempt = server.clock(), random_text(ATTEMPT_LENGTH, server.random)
    return server.grants.redeem(token, now, attempt, records, grant)


def issued_event(client: Client, grant_type: str, issued: IssuedTokens) -> TokenIssued:
    """The event of tokens that are in the store."""
    return TokenIssued(
        client_id=client.client_id,
        grant_type=grant_type,
        subject=issued.subject,
        scope=issued.scope,
        expires_in=issued.expires_in,
        grant_id=issued.grant_id,
    )


def _outcome(written: bool) -> Redemption:
    return Redemption(Outcome.WON if written else Outcome.DEAD)


def _may_receive(server: Server, client: Client, grant: Grant) -> bool:
    return (
        grant.client_id == client.client_id
        and grant.epoch >= client.epoch
        and server.is_active(grant.subject)
    )


def _reserve(server: Server, issuance: Issuance) -> None:
    for each in issuance.reservations:
        now = server.clock()
        if not server.grants.reserve(each.namespace, each.digest, each.expires_at, now):
            raise InvalidGrant("A value that can be used once was used already.")


def _sealed(server: Server, redeem: Redeem, issued: IssuedTokens | None) -> SealedAnswer | None:
    grace = server.lifetimes.refresh_token_grace
    if redeem.repeat is None or issued is None or not grace:
        return None
    seal = _seal(redeem.repeat, redeem.grant)
    return SealedAnswer(seal.close(issued.encode(), server.random), server.clock() + grace)


def _seal(repeat: Repeat, grant: Grant) -> Seal:
    return seal_for(repeat.presented, grant.client_id, grant.id, repeat.scope)


def _not_won(
    server: Server, operation: Open | Redeem | Add, redemption: Redemption, emit: Emit
) -> IssuedTokens:
    """Answer a request whose operation wrote nothing: repeat the response, or refuse."""
    if isinstance(operation, Open):
        raise InvalidGrant("The grant was revoked.")
    if isinstance(operation, Redeem) and redemption.token is not None:
        return _used(server, operation, redemption.token, emit)
    raise InvalidGrant(operation.refusal)


def _used(server: Server, redeem: Redeem, spent: Token, emit: Emit) -> IssuedTokens:
    repeat, sealed = redeem.repeat, spent.sealed_answer
    # The store clears the sealed answer when the successor is used: then the client
    # has its response, and this request is someone else's.
    if repeat is None or sealed is None or sealed.expires_at <= server.clock():
        end_grant(server, redeem.grant, redeem.reuse.reason, emit, redeem.reuse.event)
        raise InvalidGrant(redeem.refusal)
    response = _seal(repeat, redeem.grant).open(sealed.data)
    if response is None:
        # For another scope: the client itself may have sent it, so nothing is revoked.
        raise InvalidGrant(repeat.refusal)
    try:
        issued = IssuedTokens.decode(response, redeem.grant)
    except NotUnderstood as error:
        raise InvalidGrant(f"The stored response {error}.") from None
    emit(grant_event(repeat.event, redeem.grant))
    return issued
