"""The authorization server as a plug-in sees it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

from zope.interface import Attribute, Interface

if TYPE_CHECKING:
    from ..protocol.lifetimes import Lifetimes
    from ..protocol.records import Client
    from .application import IScope
    from .entries import IEntryStore
    from .signer import ISigner
    from .storage import IConsentStore, IGrantStore


class IResourceServer(Interface):
    """What a plug-in may use of an application that accepts tokens, in either ``oauth2.mode``."""

    issuer: str = Attribute("the issuer identifier (RFC 8414 section 2) of the tokens")
    clock: Callable[[], float] = Attribute("returns the time in UTC seconds")
    is_active: Callable[[str], bool] = Attribute("whether a subject may still do anything")


class IServer(IResourceServer):
    """What a plug-in may use of the server; its factory gets it once, at start-up.

    It has the attributes of an :class:`~pyramid_oauth2.interfaces.IResourceServer` too.

    The stores are for reading. What a plug-in wants written it returns: the core writes it,
    in one operation with everything else of the request. :attr:`entries` is the exception: it
    is for the plug-in's own small records.
    """

    claims: Callable[[str, Collection[str]], Mapping[str, Any]] = Attribute(
        "what the application says about a subject, of the named claims; raises StoreUnavailable "
        "if it cannot now"
    )
    claim_descriptions: Mapping[str, str] = Attribute(
        "the claims that the application adds to the standard ones: what each says, by name"
    )
    acr_values: Collection[str] = Attribute(
        "the authentication context classes in which users can authenticate, as far as the "
        "application says; empty: it does not"
    )
    area: str = Attribute("the protected resource that tokens are for which name none: its URL")
    scopes: Mapping[str, IScope] = Attribute("every scope of the server, by name")
    default_scopes: frozenset[str] | None = Attribute(
        "the scopes of a client that is registered without any; None if there are none"
    )
    lifetimes: Lifetimes = Attribute("how long things live, in seconds")
    clock: Callable[[], int] = Attribute("returns the time in whole UTC seconds")
    random: Callable[[int], bytes] = Attribute("returns that many random bytes")
    grants: IGrantStore = Attribute("the grants and tokens")
    consents: IConsentStore = Attribute("what users allowed before")
    entries: IEntryStore = Attribute(
        "the store for small records; a ConfigurationError if the backend does not have one"
    )

    def client(client_id: str) -> Client | None:
        """The client of that identifier; None if there is none, or if it is disabled."""

    signer: ISigner | None = Attribute(
        "signs for the server; None if it cannot: oauth2.secret is missing"
    )

    def subject_for(client: Client, subject: str) -> str:
        """The identifier by which *client* knows a user: the ``sub`` of what leaves the server.

        :param subject: the user, as grants name them.
        :raises StoreUnavailable: it is not known now.
        """

    prompt_values: Collection[str] = Attribute("the values of ``prompt`` that have an effect")
    endpoints: Collection[str] = Attribute("the names of the registered endpoints")

    def url(endpoint: str) -> str:
        """The public URL of an endpoint, such as ``token``."""
