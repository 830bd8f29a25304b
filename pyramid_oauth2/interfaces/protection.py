"""What a plug-in supplies to the protection of views: what they demand of a token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from zope.interface import Attribute, Interface

if TYPE_CHECKING:
    from ..protocol.errors import OAuth2Error
    from ..protocol.token.access_token import AccessToken


class IViewDemand(Interface):
    """What a view demands of an access token, beside its scope.

    Registered with ``config.add_oauth2_view_demand``. Its factory is called before the
    application is complete, so it must not use the server yet, only keep it.
    """

    options: tuple[str, ...] = Attribute(
        "the names of its options of ``@view_config``; each begins with ``oauth2_``"
    )

    def parse(options: Mapping[str, Any]) -> object | None:
        """What a view demands; None if nothing.

        Called at start-up for each view that declares one of the options.

        :param options: those that the view declares; an option that is None is not among them.
        :raises ValueError: a value is wrong; the message says what to write.
        """

    def check(demand: Any, token: AccessToken) -> OAuth2Error | None:
        """Refuse a token that does not meet the demand: raise the error, or return it.

        Better raise it: a ``return`` that is forgotten lets every token pass.

        Called by the guard of the view, for a valid token that has the scope of the view. The
        error becomes a challenge (RFC 6750 section 3), which has its ``members`` too: such as
        ``acr_values`` and ``max_age`` (RFC 9470 section 3). The check changes nothing: a
        request may be run again.

        :param demand: as :meth:`parse` returned it.
        :return: None if the token meets the demand.
        :raises OAuth2Error: it does not.
        :raises StoreUnavailable: the store cannot answer; the response is then 503.
        """
