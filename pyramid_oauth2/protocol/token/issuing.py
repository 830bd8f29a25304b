"""The one place that issues: strings, reservations, the sealed response, the store, the event."""

from __future__ import annotations

from functools import partial

from ..access import Access
from ..authorization_server import AuthorizationServer
from ..envelope import NotUnderstood
from ..errors import InvalidGrant, InvalidTarget
from ..events import Emit, TokenIssued, emit_nothing, grant_event
from ..grant_data import access_of
from ..grants import earlier_access_tokens, end_earlier_grants, end_grant
from ..lost_responses import until_inserted, until_known
from ..records import (
    AUTHORIZATION_CODE,
    REFRESH_TOKEN,
    Client,
    Grant,
    Outcome,
    Redemption,
    SealedAnswer,
    Token,
)
from ..refusal import OWN_RULE, Refusal
from ..seal import Seal
from ..server import USER_ACTIVE, Server
from ..single_use import reserve
from ..token_strings import random_text
from .added_members import added_members
from .confirmation import NO_PROOF, Proof
from .draft import Draft, make_draft
from .issuance import Add, Issuance, Open, Redeem, Repeat
from .proven_clients import check_client_proof
from .sealing import seal_for
from .sender_constraints import check_spender, token_type
from .token_response import IssuedTokens
from .validity import CLIENT_EPOCH

GRANT_OF_CLIENT = Refusal("grant_of_client", "RFC 6749 section 5.2", decided_by="grant")
WITHIN_GRANT = Refusal("access_within_grant", "RFC 8707 section 2.2", decided_by="grant")
STORED = Refusal("token_redeemable", "RFC 6749 section 5.2", decided_by="token")
USED_ONCE = {
    AUTHORIZATION_CODE: Refusal("code_used_once", "RFC 6749 section 4.1.2", decided_by="code"),
    REFRESH_TOKEN: Refusal(
        "refresh_token_used_once", "RFC 9700 section 4.14.2", decided_by="token"
    ),
}
SAME_REQUEST = Refusal("repeated_request", OWN_RULE, decided_by="oauth2.refresh_token_grace")
# 71 bits: no two attempts at one token are the same. With 131 bits a grant on Redis took 16 bytes
# more, since each spent token has its attempt.
ATTEMPT_LENGTH = 12


def issue(
    server: AuthorizationServer,
    client: Client,
    issuance: Issuance,
    grant_type: str = "",
    emit: Emit = emit_nothing,
    proof: Proof = NO_PROOF,
    reserved: set[tuple[str, bytes]] | None = None,
) -> IssuedTokens:
    """Issue the tokens that a grant type wants issued.

    :param grant_type: as the event names it.
    :param proof: what the sender of the request proves; the tokens are bound to its keys.
    :param reserved: what the request has reserved at an earlier attempt. Is added to.
    :return: what was issued and is in the store; or, where the same request
        was answered a moment ago, what was issued then.
    :raises InvalidGrant: what is redeemed is used, expired or revoked, the grant
        has ended, or a reservation is taken.
    :raises OAuth2Error: the sender does not prove the key of what is redeemed.
    """
    operation, confirmation = issuance.operation, proof.confirmation
    _check(server, client, issuance)
    if isinstance(operation, Redeem):
        check_client_proof(client, operation.token, proof)
        check_spender(server, operation.token, proof)
    reserve(server, proof.reservations, reserved)
    if isinstance(operation, Redeem) and operation.token.consumed_at is not None:
        # Nothing is made for a token that is spent. The store says what this means, as it
        # does for a race. It could only win if the store lost the first redemption in a
        # failover; then the token is spent now, for nothing, and the request is refused.
        return _not_won(server, issuance, spend(server, operation.token), emit, proof)
    reserve(server, issuance.reservations, reserved)
    proven = proof.authenticated_by
    draft = make_draft(server, client, issuance, confirmation, authenticated_by=proven)
    members = added_members(server, client, issuance, draft, grant_type)
    issued = draft.issued(issuance, token_type(server, confirmation), members)
    sealed = _sealed(server, issuance, issued, proof)
    redemption = store(server, issuance, draft, sealed)
    if redemption.outcome is not Outcome.WON:
        return _not_won(server, issuance, redemption, emit, proof)
    return settle(server, client, issuance, draft.grant, issued, grant_type, emit)


def store(
    server: Server, issuance: Issuance, draft: Draft, sealed_answer: SealedAnswer | None
) -> Redemption:
    """Put a draft into the store: one atomic operation, repeated if its response is lost.

    :param sealed_answer: the response, for an operation that can be repeated.
    :return: what came of it; only ``WON`` wrote.
    """
    operation, now = issuance.operation, server.clock()
    if isinstance(operation, Redeem):
        redeem = partial(
            server.grants.redeem,
            operation.token,
            now,
            # Made once: the same attempt wins again, another one would be a second use.
            random_text(ATTEMPT_LENGTH, server.random),
            draft.records,
            grant_expires_at=draft.end,
            sealed_answer=sealed_answer,
            retire=earlier_access_tokens(server, operation.grant),
        )
        return until_known(redeem)
    if isinstance(operation, Open) and operation.interaction is not None:
        return spend(server, operation.interaction, draft, sealed_answer)
    if isinstance(operation, Add):
        insert = partial(server.grants.add, operation.grant.id, draft.records, now)
    else:
        insert = partial(server.grants.open, draft.grant, draft.records, now)
    written = until_inserted(server, insert, draft.records[0])
    return Redemption(Outcome.WON if written else Outcome.DEAD)


def settle(
    server: Server,
    client: Client,
    issuance: Issuance,
    grant: Grant | None,
    issued: IssuedTokens,
    grant_type: str,
    emit: Emit,
) -> IssuedTokens:
    """Do what follows once tokens are in the store; return them."""
    named = issuance.access.resources
    if grant is not None:
        end_earlier_grants(server, grant, emit)
    if issuance.attempt is not None:
        issuance.attempt.count(client.client_id)
    emit(
        TokenIssued(
            client_id=client.client_id,
            grant_type=grant_type,
            subject=issued.subject,
            scope=issued.scope,
            expires_in=issued.expires_in,
            grant_id=issued.grant_id,
            resources=frozenset(map(server.resources.uri, named)) if named else None,
        )
    )
    return issued


def spend(
    server: Server,
    token: Token,
    draft: Draft | None = None,
    sealed_answer: SealedAnswer | None = None,
) -> Redemption:
    """Redeem a token for the new grant and the records of a draft, or for nothing."""
    records, grant = (draft.records, draft.grant) if draft else ((), None)
    now, attempt = server.clock(), random_text(ATTEMPT_LENGTH, server.random)
    redeem = server.grants.redeem
    return until_known(
        partial(redeem, token, now, attempt, records, grant, sealed_answer=sealed_answer)
    )


def _check(server: Server, client: Client, issuance: Issuance) -> None:
    """Refuse what no grant type may issue, so that none has to check it.

    :raises InvalidGrant: the grant is another client's or was withdrawn, or its user
        is deactivated.
    :raises InvalidScope: it is more than was granted.
    """
    operation = issuance.operation
    if operation is None:
        return
    grant = None if isinstance(operation, Open) else operation.grant
    subject = operation.subject if isinstance(operation, Open) else operation.grant.subject
    if grant is not None and grant.client_id != client.client_id:
        refusal = GRANT_OF_CLIENT.comparing(client_id=client.client_id, grant_of=grant.client_id)
        raise InvalidGrant(operation.error_description, refusal=refusal)
    if grant is not None and grant.epoch < client.epoch:
        refusal = CLIENT_EPOCH.comparing(epoch_of_grant=grant.epoch, epoch_of_client=client.epoch)
        raise InvalidGrant(operation.error_description, refusal=refusal)
    if not server.is_active(subject):
        raise InvalidGrant(
            operation.error_description, refusal=USER_ACTIVE.comparing(subject=subject)
        )
    used = isinstance(operation, Redeem) and operation.token.consumed_at is not None
    if grant is not None and not used:
        # A token that is used issues nothing, so its scope does not matter.
        _check_within(server, grant, issuance.access)


def _check_within(server: Server, grant: Grant, access: Access) -> None:
    try:
        granted = access_of(grant, server.understood)
    except NotUnderstood as error:
        raise InvalidGrant(f"The grant {error}.", refusal=error.refusal) from None
    granted.narrowed_to(access, "The grant")
    if not granted.covers(access):
        raise InvalidTarget(
            "The grant is limited, and the token would not be.",
            refusal=WITHIN_GRANT.comparing(limits=granted.limits()),
        )


def _sealed(
    server: Server,
    issuance: Issuance,
    issued: IssuedTokens,
    proof: Proof,
) -> SealedAnswer | None:
    redeem = issuance.operation
    if not isinstance(redeem, Redeem) or redeem.repeat is None or not redeem.repeat.grace:
        return None
    seal = _seal(redeem.repeat, redeem.grant, issuance.access, proof)
    end = server.clock() + redeem.repeat.grace
    return SealedAnswer(seal.close(issued.encode(), server.random), end)


def _seal(repeat: Repeat, grant: Grant, access: Access, proof: Proof) -> Seal:
    return seal_for(
        repeat.presented,
        grant.client_id,
        grant.id,
        repeat.scope,
        proof.confirmation,
        access.resources,
        proof.authenticated_by,
    )


def _not_won(
    server: Server,
    issuance: Issuance,
    redemption: Redemption,
    emit: Emit,
    proof: Proof,
) -> IssuedTokens:
    """Answer a request whose operation wrote nothing: repeat the response, or refuse."""
    operation = issuance.operation
    if isinstance(operation, Redeem) and redemption.token is not None:
        access = issuance.access
        return _used(server, operation, access, redemption.token, emit, proof)
    text = operation.error_description if operation else "The token could not be issued."
    raise InvalidGrant(text, refusal=STORED.comparing(outcome=redemption.outcome.value))


def _used(
    server: Server,
    redeem: Redeem,
    access: Access,
    spent: Token,
    emit: Emit,
    proof: Proof,
) -> IssuedTokens:
    response = _response_before(server, redeem, access, spent, proof)
    if response is None or redeem.repeat is None:
        end_grant(server, redeem.grant, redeem.reuse.reason, emit, redeem.reuse.event)
        check = USED_ONCE.get(spent.kind, STORED)
        refusal = check.comparing(grant_id=redeem.grant.id, used_at=spent.consumed_at)
        raise InvalidGrant(redeem.error_description, refusal=refusal)
    try:
        issued = IssuedTokens.decode(response, redeem.grant)
    except NotUnderstood as error:
        raise InvalidGrant(f"The answer to this request {error}.", refusal=error.refusal) from None
    emit(grant_event(redeem.repeat.event, redeem.grant))
    return issued


def _response_before(
    server: Server,
    redeem: Redeem,
    access: Access,
    spent: Token,
    proof: Proof,
) -> bytes | None:
    """The response to the request that spent the token; None if this one is a reuse."""
    repeat, sealed = redeem.repeat, spent.sealed_answer
    # The store clears the sealed answer when the successor is used: then the client
    # has its response, and this request is someone else's.
    if repeat is None or sealed is None or sealed.expires_at <= server.clock():
        return None
    response = _seal(repeat, redeem.grant, access, proof).open(sealed.data)
    if response is None and repeat.error_description is not None:
        # For another scope or resource, as when tokens for two APIs are refreshed at once: the
        # client itself may have sent it, so nothing is revoked.
        refusal = SAME_REQUEST.comparing(
            requested=repeat.scope, resources=access.resources, used_at=spent.consumed_at
        )
        raise InvalidGrant(repeat.error_description, refusal=refusal)
    return response
