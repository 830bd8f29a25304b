"""For which protected resources a token is issued, and where it counts (RFC 8707).

The core limits what a grant type returns, so none has to read the parameter ``resource``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ..access import RESOURCE_GRANTED, Access
from ..authorization_server import AuthorizationServer
from ..clients.extra import value_of
from ..clients.resources import ALLOWED_RESOURCES
from ..errors import InvalidGrant, InvalidRequest, InvalidScope, InvalidTarget, InvalidToken
from ..records import Client
from ..refusal import Refusal
from ..resources import Resources, canonical
from ..scopes import OFFLINE, named_scope
from ..server import Server
from .issuance import Add, Issuance, Redeem
from .opaque import NAME as OPAQUE
from .presentation import Presentation

OF_CLIENT = Refusal(
    "resource_of_client", "RFC 8707 section 2", decided_by="client.allowed_resources"
)
CHOSEN = Refusal("resource_chosen", "RFC 8707 section 2.2", decided_by="grant")
USABLE = Refusal("resource_usable", "RFC 8707 section 2.2", decided_by="oauth2.resources")
SCOPE = Refusal("scope_of_resource", "RFC 8707 section 2.2", decided_by="oauth2.resources")
ONE_TOKEN = Refusal("resources_of_one_token", "RFC 9068 section 3", decided_by="oauth2.resources")
AUDIENCE = Refusal("token_audience", "RFC 8707 section 2", decided_by="token")
VIRTUAL_ROOT = Refusal("virtual_root", "RFC 8707 section 2", decided_by="oauth2.trust_virtual_root")


def requested_at(
    server: Server, client: Client, scope: frozenset[str], values: Iterable[str]
) -> Access:
    """A scope at the resources that a request names, or at the default one.

    :param values: of the parameter ``resource``.
    :raises InvalidTarget: a resource is malformed, unknown, or not for this client.
    :raises InvalidScope: the resources have nothing of the scope.
    """
    resources = server.resources
    named = resources.named(values)
    if not named and resources.default is not None:
        named = (resources.default,)
    if refused := _not_allowed(server, client, named):
        raise InvalidTarget(
            "This client may not request tokens for this resource.",
            refusal=OF_CLIENT.comparing(resources=refused),
        )
    return _with_scope_there(resources, Access(scope, resources.limit(named)))


def for_resources(
    server: AuthorizationServer, client: Client, issuance: Issuance, values: Sequence[str]
) -> Issuance:
    """An issuance, limited to the resources that a token request names (RFC 8707 section 2.2).

    The access token alone is limited: what is granted stays, and with it the next refresh.

    :param values: of the parameter ``resource``.
    :raises InvalidTarget: a resource is malformed, unknown, not granted, or not for this client.
    :raises InvalidScope: the resources have nothing of the scope.
    :raises InvalidGrant: nothing that was granted is there any more.
    """
    access = issuance.access
    if not values and not access.resources and not server.resources.known:
        return issuance
    if isinstance(issuance.operation, Redeem | Add):
        limited = _of_grant(server, client, issuance, values)
    else:
        limited = requested_at(server, client, access.scope, values or access.resources)
    return replace(issuance, access=replace(limited, details=access.details))


def _of_grant(server: Server, client: Client, issuance: Issuance, values: Sequence[str]) -> Access:
    resources, access, operation = server.resources, issuance.access, issuance.operation
    used = isinstance(operation, Redeem) and operation.token.consumed_at is not None
    try:
        chosen = _chosen(resources, access.resources, values)
    except InvalidTarget:
        if not used:
            raise
        # It issues nothing, and another request than before must still be noticed.
        return Access(access.scope, tuple(sorted(map(canonical, values))))
    if used:
        return Access(access.scope, chosen)
    usable = resources.usable(resources.audience(chosen))
    usable = tuple(sorted({*usable} - {*_not_allowed(server, client, usable)}))
    if not usable:
        # For invalid_grant a client asks its user again.
        raise InvalidGrant(
            "Nothing that was granted for this resource is there any more.",
            refusal=USABLE.comparing(resources=chosen, known=resources.uris),
        )
    return _with_scope_there(resources, Access(access.scope, usable if chosen else ()))


def _chosen(
    resources: Resources, granted: tuple[str, ...], values: Sequence[str]
) -> tuple[str, ...]:
    """What a request names of the granted resources; of one that names none, the default."""
    held, named = resources.audience(granted), resources.named(values)
    if excess := set(named) - set(held):
        raise InvalidTarget(
            "This resource was not granted.",
            refusal=RESOURCE_GRANTED.comparing(excess=excess, granted=held),
        )
    if not granted:
        return ()
    if named or len(held) == 1:
        return named or held
    for default in (resources.default, resources.area):
        if default in held:
            return (default,)
    raise InvalidTarget(
        "Several resources were granted: name the one for which you want a token.",
        refusal=CHOSEN.comparing(granted=held),
    )


def _not_allowed(server: Server, client: Client, named: Iterable[str]) -> list[str]:
    """Those of the resources for which the client may not request tokens."""
    if not server.resources.known:
        return []
    allowed = {canonical(each) for each in value_of(ALLOWED_RESOURCES, client)}
    # The area is no choice of the client: it is what a request without a resource is about.
    return [each for each in named if allowed and each in server.resources.known.keys() - allowed]


def _with_scope_there(resources: Resources, access: Access) -> Access:
    scope = resources.scope_at(access.scope, access.resources)
    # offline_access alone is of no use.
    if not scope or scope == OFFLINE != access.scope:
        raise InvalidScope(
            f"The resource has none of these scopes: {named_scope(access.scope)}.",
            refusal=SCOPE.comparing(requested=access.scope, resources=access.resources),
        )
    return access if scope == access.scope else access.with_scope(scope)


def format_for(resources: Resources, named: Sequence[str]) -> str | None:
    """The name of the format of an access token for these resources; None: the client decides.

    :raises InvalidTarget: one token cannot be for all of them.
    """
    if not resources.known:
        return None
    known = [resources.known[each] for each in named if each in resources.known]
    formats = {each.token_format for each in known if each.token_format is not None}
    # RFC 9068 section 3: "all the individual scope strings in the 'scope' claim MUST have meaning
    # for the resources indicated in the 'aud' claim".
    differ = formats - {OPAQUE} and len({resources.scopes_of(each) for each in named}) > 1
    if len(formats) > 1 or differ:
        raise InvalidTarget(
            "One access token cannot be for all of these resources: request one for each.",
            refusal=ONE_TOKEN.comparing(resources=named),
        )
    return next(iter(formats), None)


def check_audience(server: Server, access: Access, presentation: Presentation) -> None:
    """Check that a token counts at the resource to which it is presented.

    :raises InvalidToken: it is for another one.
    :raises InvalidRequest: a header of the request chooses that resource.
    """
    resources = server.resources
    if not access.resources and not resources.known:
        return
    root = presentation.http.headers.get("x-vhm-root", "")
    if root and resources.may_be_elsewhere(root):
        raise InvalidRequest(
            "Send the request without the header X-Vhm-Root.",
            refusal=VIRTUAL_ROOT.comparing(x_vhm_root=root),
        )
    url, audience = presentation.http.url, resources.audience(access.resources)
    here = resources.at_request(url)
    # RFC 8707 section 2: a token for one resource must be of no use at another one.
    if not here or not here.issubset(audience):
        raise InvalidToken(
            "The access token is for another API.",
            refusal=AUDIENCE.comparing(audience=audience, resource=here, url=url),
        )
