"""What the application supplies, and the utilities in its Pyramid registry."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from zope.interface import Attribute, Interface

if TYPE_CHECKING:
    from pyramid.request import Request

    from ..protocol.authentication import Authentication


class IResourceOwners(Interface):
    """What the application knows about its users. Every method is optional.

    Registered with ``config.set_oauth2_resource_owners``. A *subject* is the
    string that permanently identifies a user in grants and tokens; a *userid* is
    the value that the application's own code uses (often an integer). No subject begins with
    ``oci_``, as each client_id does that the server draws.

    A method may raise. After an error of ``is_active``, ``authenticate`` or ``claims`` nothing is
    issued and no token is accepted: the response is 503, with the error in the log. After an error
    of ``exists`` no client is registered, after one of ``describe`` a page shows the subject, and
    after one of ``time_zone`` its times are in UTC. One of ``end_session`` is logged.
    An error of any other method is the application's own, and goes to its exception views.
    """

    def subject(request: Request) -> str | None:
        """The subject of the signed-in user. Default: ``str(request.authenticated_userid)``."""

    def userid(subject: str) -> Any:
        """The userid of a subject. Default: the subject itself."""

    def identity(request: Request, subject: str) -> Any:
        """``request.identity`` of a user authenticated by a token. Default: the subject."""

    def principals(request: Request, subject: str) -> Iterable[Any] | None:
        """The user's principals beside Everyone, Authenticated and the userid. Default: none."""

    def permits(request: Request, subject: str, context: Any, permission: str) -> Any:
        """Whether a user authenticated by a token has a permission, for use without ACLs.

        Called only for views that declare ``oauth2_scope``. Default: the
        context's ACL decides.
        """

    def is_active(subject: str) -> bool:
        """Whether the user is active. Default: yes.

        Called whenever a token of the user is used or issued, so deactivating a
        user takes effect at once. Return False for a user who was deleted.
        """

    def exists(subject: str) -> bool:
        """Whether a user has that subject, also one who is deactivated. Default: not known.

        Called when a client is registered with a client_id that the server did not draw. It is
        refused if a user has it: the subject of a client's own tokens is its client_id, so an API
        would take them for tokens of the user (RFC 9068 section 5).
        """

    def describe(subject: str) -> str | None:
        """The user's name for display on a page; None or an empty text for a user without one.

        Other users see it as well: the consent page names the owner of a client. Return nothing
        that is private, such as an address. Default: no name; the user and operators see the
        subject.
        """

    def time_zone(request: Request) -> str | None:
        """The time zone of the signed-in user: an IANA name such as ``Europe/Berlin``.

        Times on the pages are in it. Called when a page shows a time, also if no user is
        signed in. Default: not known, and the times are in UTC.
        """

    def authenticated_at(request: Request) -> int | None:
        """When the signed-in user logged in, in UTC seconds. Default: not known.

        A time that is more than a minute ahead is not used, and the log says so.
        """

    def authentication(request: Request) -> Authentication | None:
        """How and when the signed-in user authenticated, in more words than ``authenticated_at``.

        It is stored with every grant of the user. Default: the time of ``authenticated_at``.
        A ``sid`` is sent to clients of OpenID Connect, so it must not be what a cookie of
        the application has. Without one, the server draws its own.
        """

    def claims(subject: str, names: Collection[str]) -> Mapping[str, Any]:
        """What the application knows about a user, by the names of OpenID Connect Core section 5.1.

        Needed for ``oauth2.openid``. Each value is as JSON has it: a text, a number, ``True`` or
        ``False`` for ``email_verified`` and ``phone_number_verified``, UTC seconds for
        ``updated_at``, a dict for ``address``. ``email_verified`` is true only if the user
        has proved to the application that the mail arrives: other applications may give an
        account to whom the address belongs. What is not known is left out.

        :param subject: an active user.
        :param names: what is asked for; anything else that is returned is not sent.
        """

    acr_values: Collection[str] = Attribute(
        "The authentication context classes (``acr``) that :meth:`authentication` can say. Clients "
        "find them in the metadata, and a request that essentially needs another one is refused at "
        "once. Optional: without it, the login page decides."
    )
    claim_descriptions: Mapping[str, str] = Attribute(
        "The claims that :meth:`claims` knows beside the standard ones: what each says about the "
        "user, in words for the consent page, by its name. A client can ask for these by name. "
        "Optional."
    )

    def end_session(subject: str, sid: str) -> None:
        """End a login of the user, as that of another browser: it is not the one of a request.

        Called when a session ends of which :meth:`authentication` has said the ``sid``. Without
        this method the user stays signed in to the application itself, until its own logout; only
        the browser that asks for a logout can be sent ``forget``.

        :param sid: as :meth:`authentication` said it.
        """

    def authenticate(request: Request, username: str, password: str) -> str | None:
        """The subject of the user with this name and password, or None.

        Without this method the password grant is not available.
        """


class IScope(Interface):
    """A scope that the server knows; registered with ``config.add_oauth2_scope``."""

    name = Attribute("the scope token (RFC 6749 section 3.3)")
    description = Attribute("what it allows, in the user's words")


class IProtectedResource(Interface):
    """An API that clients name (RFC 8707); registered with ``config.add_oauth2_resource``."""

    uri = Attribute("its identifier, which is the audience of its tokens")
    scopes = Attribute("the scopes that it has, a frozenset; None for all")
    token_format = Attribute("the name of the format of its access tokens; None: by the client")
    lifetime = Attribute("how many seconds its access tokens live at most; None: no own limit")
    name = Attribute("its name for users; None: they see its host")
    subject_type = Attribute("public: it knows a user by one identifier; None: as the client does")


class IClientField(Interface):
    """A field of a client's metadata; registered with ``config.add_oauth2_client_field``."""

    name = Attribute("its name in documents")


class IOAuth2Event(Interface):
    """An event that subscribers receive; the classes are in :mod:`pyramid_oauth2.events`.

    Every event is emitted after the store committed, with one exception: under
    ``oauth2.sqlalchemy.session``, ``ClientChanged`` is emitted while the request's transaction
    is still open, so it is also emitted for a change that is then rolled back. Subscribe to a
    class, or to this interface for all events.
    """

    request = Attribute("the request that it happened in, None at the command line")
    redelivered = Attribute("whether it was sent before, at an earlier attempt of pyramid_retry")


class ISettings(Interface):
    """The parsed :class:`~pyramid_oauth2.settings.Settings`, as a utility of the registry."""


class ISettingsPrefix(Interface):
    """The keys below one prefix that an extension declared (``config.add_oauth2_settings``)."""

    keys = Attribute("the key names, an empty one for the prefix; None if every key passes through")


class IService(Interface):
    """The running :class:`~pyramid_oauth2.service.OAuth2Service` of an application."""


class IAppEngine(Interface):
    """The SQLAlchemy engine of the application (``config.set_oauth2_engine``)."""

    engine = Attribute("the Engine")
