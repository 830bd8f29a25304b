"""What an authorization request says by the parameter ``claims`` (Core section 5.5)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from zope.interface import implementer

from ..interfaces.authorization import IAuthorizationRequestExtension
from ..interfaces.server import IServer
from ..protocol.access import Access
from ..protocol.authorization.consent_block import ConsentBlock
from ..protocol.authorization.user_demand import UserDemand
from ..protocol.http import Parameters
from ..protocol.records import Client
from .claims_parameter import NOTHING_REQUESTED, PARAMETER, RequestedClaims, requested_claims
from .request_extensions import Unseen
from .scopes import OPENID
from .standard_claims import STANDARD, base_of, names_of
from .words import ABOUT_YOU, in_words

USERINFO, CONSENTED = "userinfo", "consented"


@implementer(IAuthorizationRequestExtension)
class IDTokenClaims(Unseen):
    """The claims that the ID token is asked for by name (Core section 5.5): of the code alone."""

    place = "code"
    parameters = (PARAMETER,)

    def __init__(self, server: IServer, settings: object = None) -> None:
        self._server = server

    def read(self, parameters: Parameters, client: Client, access: Access) -> list[str] | None:
        """Their names."""
        names = _requested(parameters, access).id_token_names
        return sorted(_understood(self._server, names)) or None


@implementer(IAuthorizationRequestExtension)
class ClaimsDemand(Unseen):
    """Which user, and which authentication, the parameter ``claims`` demands: until the decision.

    Core section 5.5.1: a ``sub`` with a value, and an ``acr`` with values. One that is not
    essential is as one of ``acr_values`` (section 3.1.2.1).
    """

    place = "request"
    parameters = (PARAMETER,)

    def read(
        self, parameters: Parameters, client: Client, access: Access
    ) -> Mapping[str, Any] | None:
        """The ``sub`` and the values of ``acr``.

        :raises InvalidRequest: the parameter is malformed.
        """
        requested = _requested(parameters, access)
        demanded = {
            "sub": requested.sub,
            "acr": requested.acr,
            "preferred_acr": requested.preferred_acr,
        }
        return {name: value for name, value in demanded.items() if value} or None

    def demands(self, value: Any) -> UserDemand:
        """The same as a demand."""
        return UserDemand(
            value.get("sub"),
            tuple(value.get("acr", ())),
            preferred_acr=tuple(value.get("preferred_acr", ())),
        )


@implementer(IAuthorizationRequestExtension)
class Claims:
    """The claims that a client asks for by name, and which of them the user is asked about.

    A claim that a requested scope has as well goes out with that scope, and only then. All
    others are on the consent page. For a client without the page they are those that it could
    request by a scope, or that no scope has: no user allows it more.
    """

    place = "grant"
    critical = False
    parameters = (PARAMETER,)

    def __init__(self, server: IServer, settings: object = None) -> None:
        self._server = server

    def read(
        self, parameters: Parameters, client: Client, access: Access
    ) -> Mapping[str, list[str]] | None:
        """The names for the userinfo endpoint, and those that the user has to allow.

        :raises InvalidRequest: the parameter is malformed.
        """
        requested = _requested(parameters, access)
        names = _understood(self._server, requested.userinfo_names | requested.id_token_names)
        without = names_of(access.scope)
        if client.consent == "skip":
            without |= frozenset(STANDARD) - names_of(
                client.scope or self._server.default_scopes or ()
            )
        consented = {name for name in names if base_of(name) not in without}
        if not consented:
            return None
        return {
            USERINFO: sorted(consented & requested.userinfo_names),
            CONSENTED: sorted(consented),
        }

    def demands(self, value: Any) -> None:
        """Nothing of the user."""

    def blocks(self, value: Any) -> Iterable[ConsentBlock]:
        """What goes out about the user, in words."""
        lines = in_words(value[CONSENTED], self._server.claim_descriptions)
        return [ConsentBlock(ABOUT_YOU, lines)] if lines else []

    def covered_by(self, remembered: Any, value: Any) -> bool:
        """Whether the user has allowed each of them before."""
        return value is None or set(value[CONSENTED]) <= set(remembered or ())

    def remember(self, value: Any, remembered: Any) -> list[str]:
        """All that the user has allowed."""
        return sorted({*value[CONSENTED], *(remembered or ())})


def allowed_names(
    names: Collection[str], kept: Mapping[str, Any], scope: Collection[str]
) -> frozenset[str]:
    """Those of the names that the user has allowed, by a scope or by themselves.

    :param kept: the values that the request extensions have kept in the grant.
    :param scope: what the user has granted.
    """
    of_scopes, consented = names_of(scope), kept.get("claims", {}).get(CONSENTED, ())
    return frozenset(each for each in names if each in consented or base_of(each) in of_scopes)


def userinfo_names(kept: Mapping[str, Any]) -> frozenset[str]:
    """The names that the userinfo endpoint is asked for, beside those of the scopes.

    :param kept: the values that the request extensions have kept in the grant.
    """
    return frozenset(kept.get("claims", {}).get(USERINFO, ()))


def _understood(server: IServer, names: Collection[str]) -> frozenset[str]:
    # Section 5.5: what is not understood is ignored.
    known = server.claim_descriptions.keys() | STANDARD
    return frozenset(name for name in names if base_of(name) in known)


def _requested(parameters: Parameters, access: Access) -> RequestedClaims:
    if OPENID not in access.scope:
        return NOTHING_REQUESTED
    return requested_claims(parameters.once(PARAMETER.name))
