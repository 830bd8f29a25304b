"""What a remembered consent says of each API: an authorization for one is none for another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ..records import Consent
from ..server import Server
from .authorization_request import AuthorizationRequest
from .consent_data import ConsentData, Decision

MOST = 50  # resources whose decisions one consent keeps
NOTHING = Decision(frozenset(), frozenset(), 0)


def decisions(server: Server, consent: Consent, data: ConsentData) -> dict[str, Decision]:
    """What a user has decided, by resource; that of everything without a name is the area.

    :param data: that of the consent. The consent itself has the latest decision.
    """
    resources, now = server.resources, server.clock()
    latest = {
        each: Decision(resources.scope_at(consent.scope, [each]), data.declined, consent.expires_at)
        for each in resources.audience(consent.resources)
    }
    earlier = {name: each for name, each in data.elsewhere.items() if now < each.expires_at}
    return {**earlier, **latest}


def decided(
    server: Server,
    at: dict[str, Decision],
    requested: AuthorizationRequest,
) -> AuthorizationRequest | None:
    """The request without what the user has declined; None if they have not decided all of it.

    :param at: what they have decided, by resource.
    """
    resources = server.resources
    named = resources.audience(requested.resources)
    if requested.details or not at.keys() >= {*named}:
        return None
    allowed = _united(at[each].scope for each in named)
    # Only what is optional: without another scope the client may not work any more. A version
    # that knows no declined scopes may have added one to those that are allowed.
    declined = _united(at[each].declined for each in named) - allowed
    granted = replace(requested, scope=requested.scope - (declined & requested.optional_scope))
    covered = all(resources.scope_at(granted.scope, [each]) <= at[each].scope for each in named)
    return granted if granted.scope and covered else None


def decided_there(
    server: Server,
    consent: Consent,
    data: ConsentData,
    resources: tuple[str, ...],
) -> Decision:
    """What a user has decided for exactly these resources: for some of several, nothing.

    {read} for one and {write} for another together would allow to write at both.
    """
    if {*resources} == {*consent.resources}:
        return Decision(consent.scope, data.declined, consent.expires_at)
    named = server.resources.audience(resources)
    found = decisions(server, consent, data).get(named[0]) if len(named) == 1 else None
    return found or NOTHING


def elsewhere(
    server: Server,
    consent: Consent,
    data: ConsentData,
    resources: tuple[str, ...],
) -> dict[str, Decision]:
    """What a user has decided for other resources than these, as far as the server knows them."""
    at = decisions(server, consent, data)
    others = server.resources.usable(at.keys() - {*server.resources.audience(resources)})
    latest_last = sorted(others, key=lambda each: (at[each].expires_at, each))
    return {each: at[each] for each in latest_last[-MOST:]}


def _united(scopes: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*scopes)
