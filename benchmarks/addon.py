"""The application with the add-on, configured as the documentation recommends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pyramid.config import Configurator

from pyramid_oauth2 import Client, get_service, migrations
from pyramid_oauth2.protocol.records import DuplicateRecord

from .site import CLIENT_ID, ISSUER, PASSWORD, REDIRECT_URI, SCOPE, USER, Site

GRANT_TYPES = ("authorization_code", "refresh_token", "client_credentials", "password")


class Users:
    """``IResourceOwners``: one user, with a password that costs nothing to check."""

    def authenticate(self, request: Any, username: str, password: str) -> str | None:
        """The subject, if the password is right."""
        return username if (username, password) == (USER, PASSWORD) else None


class RemoteUser:
    """A security policy that trusts the WSGI server."""

    def identity(self, request: Any) -> str | None:
        """The user of the request."""
        user: str | None = request.environ.get("REMOTE_USER")
        return user

    authenticated_userid = identity

    def permits(self, request: Any, context: Any, permission: str) -> bool:
        """No view of the application has a permission."""
        return False

    def remember(self, request: Any, userid: str, **kw: Any) -> list[tuple[str, str]]:
        """There is no login."""
        return []

    def forget(self, request: Any, **kw: Any) -> list[tuple[str, str]]:
        """There is no logout."""
        return []


def ok(request: Any) -> dict[str, bool]:
    """The response of both views."""
    return {"ok": True}


def no_feature(config: Any) -> None:
    """Nothing beside what the package itself includes."""


def configured(
    store: str,
    url: str,
    feature: Callable[[Any], None] = no_feature,
    more: Mapping[str, str] | None = None,
    users: Any = None,
) -> Configurator:
    """The application on a store that has its tables.

    :param feature: the ``includeme`` of a feature.
    :param more: the settings of the feature.
    :param users: the resource owners, if the feature needs others.
    """
    settings = {
        "oauth2.issuer": ISSUER,
        "oauth2.backend": "redis" if store == "redis" else "sqlalchemy",
        f"oauth2.{'redis' if store == 'redis' else 'sqlalchemy'}.url": url,
        "oauth2.scopes": f"{SCOPE} = Read your data",
        "oauth2.grant_types": " ".join(GRANT_TYPES),
        "oauth2.login_route": "open",
        **(more or {}),
    }
    config = Configurator(settings=settings)
    with config:
        config.include("pyramid_tm")
        config.set_security_policy(RemoteUser())
        config.include("pyramid_oauth2")
        config.include(feature)
        config.set_oauth2_resource_owners(users or Users())
        config.add_route("open", "/open")
        config.add_view(ok, route_name="open", renderer="json")
        config.add_route("protected", "/protected")
        config.add_view(ok, route_name="protected", renderer="json", oauth2_scope=SCOPE)
    return config


def register_client(service: Any, client_id: str = CLIENT_ID, **metadata: Any) -> str:
    """Register a client, or give it another secret; return the secret."""
    client = Client(
        client_id=client_id,
        client_name="Bench",
        grant_types=GRANT_TYPES,
        redirect_uris=(REDIRECT_URI,),
        scope=frozenset({SCOPE}),
        consent="skip",
        **metadata,
    )
    try:
        registered = service.clients.add(client)
    except DuplicateRecord:
        registered = service.clients.rotate_secret(client_id)
    return registered.secret or ""


def make_site(
    store: str,
    url: str,
    feature: Callable[[Any], None] = no_feature,
    more: Mapping[str, str] | None = None,
    users: Any = None,
) -> Site:
    """Start the application on a store, which is empty or was left by another start.

    :param store: ``sqlite``, ``postgresql`` or ``redis``.
    :param feature: the ``includeme`` of a feature; the others as in :func:`configured`.
    """
    if store != "redis":
        migrations.upgrade(url)
    config = configured(store, url, feature, more, users)
    application = config.make_wsgi_app()
    service = get_service(config.registry)
    secret = register_client(service)
    return Site(application, secret, service.close, service)
