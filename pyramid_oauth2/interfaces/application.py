"""What the application supplies, and what it finds in Pyramid's registry."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from zope.interface import Attribute, Interface

if TYPE_CHECKING:
    from pyramid.request import Request


class IResourceOwners(Interface):
    """What the application knows about its users. Every method is optional.

    Registered with ``config.set_oauth2_resource_owners``. A *subject* is the
    string by which grants and tokens name a user for good; a *userid* is what
    the application's own code expects (often an integer).
    """

    def subject(request: Request) -> str | None:
        """The subject of the signed-in user. Default: ``str(request.authenticated_userid)``."""

    def userid(subject: str) -> Any:
        """The userid of a subject. Default: the subject itself."""

    def identity(request: Request, subject: str) -> Any:
        """``request.identity`` of a user who comes by token. Default: the subject."""

    def principals(request: Request, subject: str) -> Iterable[Any]:
        """The user's principals beside Everyone, Authenticated and the userid. Default: none."""

    def permits(request: Request, subject: str, context: Any, permission: str) -> Any:
        """Whether a user who comes by token has a permission, for an application without ACLs.

        Asked at views that declare ``oauth2_scope`` only. Default: the
        context's ACL decides.
        """

    def is_active(subject: str) -> bool:
        """Whether the user may still do anything. Default: yes.

        Asked whenever a token of the user is used or issued, so that whoever is
        deactivated is stopped at once.
        """

    def describe(subject: str) -> str:
        """What the user is called on a page. Default: the subject."""

    def authenticated_at(request: Request) -> int | None:
        """When the signed-in user logged in, in UTC seconds. Default: not known."""

    def authenticate(request: Request, username: str, password: str) -> str | None:
        """The subject whose password it is, or None. Without it there is no password grant."""


class IScope(Interface):
    """A scope that the server knows; registered with ``config.add_oauth2_scope``."""

    name = Attribute("the scope token (RFC 6749 section 3.3)")
    description = Attribute("what it allows, in the user's words")


class IOAuth2Event(Interface):
    """What a subscriber hears; the classes are in :mod:`pyramid_oauth2.events`.

    Every event is sent after the store committed; but with ``oauth2.sqlalchemy.session``
    ``ClientChanged`` comes while the request's transaction is still open, so a client that is
    then rolled back was told of too. Subscribe to a class, or to this interface for all of them.
    """

    request = Attribute("the request that it happened in, None at the command line")
    redelivered = Attribute("whether it was sent before, at an earlier attempt of pyramid_retry")


class ISettings(Interface):
    """The parsed :class:`~pyramid_oauth2.settings.Settings`, as a utility of the registry."""


class IService(Interface):
    """The running :class:`~pyramid_oauth2.service.OAuth2Service` of an application."""


class IAppEngine(Interface):
    """The SQLAlchemy engine that the application gave (``config.set_oauth2_engine``)."""

    engine = Attribute("the Engine")
