"""Proof of possession: what a request must prove of the key to which a token is bound (RFC 7800).

Each check asks the sender constraint that owns a confirmation member. A member that no
constraint checks makes the token unusable: without the check, a stolen token would be
accepted (RFC 7800 section 3.1).
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..envelope import NotUnderstood
from ..errors import InvalidGrant, InvalidToken, OAuth2Error
from ..records import Client, Token
from ..refusal import Refusal
from .confirmation import NO_PROOF, Confirmation, Proof, confirmation_of
from .presentation import BEARER_SCHEME, Presentation
from .token_response import BEARER

if TYPE_CHECKING:
    from ...interfaces.sender_constraint import ISenderConstraint
    from ..authorization_server import AuthorizationServer
    from ..http import HTTPRequest, Parameters

CHECKED = Refusal("confirmation_checked", "RFC 7800 section 3.1", decided_by="token")
SCHEME = Refusal("token_scheme", "RFC 9449 section 7.2", decided_by="token")


def constraint_of(server: AuthorizationServer, member: str) -> ISenderConstraint | None:
    """The constraint that checks a confirmation member; None if no one is registered."""
    constraints = server.plug_ins.sender_constraints.values()
    return next((each for each in constraints if member in each.members), None)


def checked_members(server: AuthorizationServer) -> frozenset[str]:
    """The confirmation members that some constraint checks."""
    constraints = server.plug_ins.sender_constraints.values()
    return frozenset(name for each in constraints for name in each.members)


def token_type(server: AuthorizationServer, confirmation: Confirmation | None) -> str:
    """The ``token_type`` of an access token that is bound so (RFC 6749 section 7.1)."""
    for constraint in _constraints(server, confirmation):
        if constraint.scheme is not None:
            return constraint.scheme
    return BEARER


def prove(server: AuthorizationServer, http: HTTPRequest, client: Client) -> Proof:
    """What a request of *client* to one of its endpoints proves.

    :raises OAuth2Error: a proof is wrong, or the client needs one.
    """
    proof = NO_PROOF
    for constraint in server.plug_ins.sender_constraints.values():
        found = constraint.confirm(http, client)
        if found is not None:
            proof = proof.and_(found)
        elif constraint.required(client):
            raise constraint.mismatch(None)
    return proof


def needs_proof(server: AuthorizationServer, client: Client) -> bool:
    """Whether every access token of *client* is bound to a key."""
    return any(each.required(client) for each in server.plug_ins.sender_constraints.values())


def requested_methods(
    server: AuthorizationServer, parameters: Parameters
) -> Mapping[str, str] | None:
    """The keys to which an authorization request binds what is issued for it; None if to none.

    :raises OAuth2Error: a parameter of a sender constraint is malformed.
    :raises ValueError: a constraint names a confirmation member that it does not check.
    """
    methods: dict[str, str] = {}
    for constraint in server.plug_ins.sender_constraints.values():
        sent = parameters.only(each.name for each in constraint.parameters).as_form()
        if not sent:
            continue
        requested = constraint.requested(sent)
        if undeclared := requested.keys() - set(constraint.members):
            raise ValueError(f"a sender constraint does not check {sorted(undeclared)}")
        methods.update(requested)
    return methods or None


def bound_in_advance(server: AuthorizationServer, proof: Proof) -> Mapping[str, str]:
    """The keys of a proof to which a code is bound where the request is pushed with it.

    RFC 9449 section 10.1: those that a parameter of the request could name.
    """
    constraints = server.plug_ins.sender_constraints.values()
    members = {name for each in constraints if each.parameters for name in each.members}
    return {name: value for name, value in proof.methods.items() if name in members}


def check_spender(server: AuthorizationServer, spent: Token, proof: Proof) -> None:
    """Check that a code or refresh token is spent by the holder of its key.

    :raises OAuth2Error: the request does not prove that; the error is the constraint's own.
    """
    try:
        bound = confirmation_of(spent.data)
    except NotUnderstood as error:
        raise InvalidGrant(f"The token {error}.", refusal=error.refusal) from None
    for name, value in (bound.methods if bound else {}).items():
        constraint = constraint_of(server, name)
        if constraint is None:
            raise InvalidGrant(
                "The token is bound to a key that this server does not check.",
                refusal=CHECKED.comparing(confirmation=name),
            )
        if not _same(proof.methods.get(name), value):
            raise constraint.mismatch(None)


def check_presenter(
    server: AuthorizationServer, confirmation: Confirmation | None, presentation: Presentation
) -> Proof:
    """Check that an access token is presented by the holder of its key, in its scheme.

    :return: what is to be reserved, and sent with the response.
    :raises InvalidToken: it is presented in another scheme than that of its key.
    :raises OAuth2Error: the proof is missing or wrong.
    """
    if confirmation is None and presentation.scheme == BEARER_SCHEME:
        return NO_PROOF
    if presentation.scheme != token_type(server, confirmation).lower():
        # RFC 9449 section 7.2: a bound token that arrives as a Bearer token is refused, or
        # binding it would protect nothing.
        raise InvalidToken(
            "The access token is presented in another scheme than its own.",
            refusal=SCHEME.comparing(
                used=presentation.scheme, scheme=token_type(server, confirmation)
            ),
        )
    proof = NO_PROOF
    for constraint in _constraints(server, confirmation):
        assert confirmation is not None  # Without one there are no constraints.
        proof = proof.and_(constraint.check(confirmation, presentation))
    for name, value in (confirmation.methods if confirmation else {}).items():
        if not _same(proof.methods.get(name), value):
            presentation.presenter.send(proof.headers)
            raise _mismatch(server, name, presentation)
    return proof


def _constraints(
    server: AuthorizationServer, confirmation: Confirmation | None
) -> list[ISenderConstraint]:
    if confirmation is None:
        return []
    constraints = server.plug_ins.sender_constraints.values()
    return [each for each in constraints if confirmation.methods.keys() & set(each.members)]


def _mismatch(server: AuthorizationServer, member: str, presentation: Presentation) -> OAuth2Error:
    constraint = constraint_of(server, member)
    if constraint is None:
        return InvalidToken(
            "The access token is bound to a key that this server does not check.",
            refusal=CHECKED.comparing(confirmation=member),
        )
    return constraint.mismatch(presentation)


def _same(proven: str | None, value: str) -> bool:
    return hmac.compare_digest((proven or "").encode(), value.encode())
