"""Access tokens as JWTs (RFC 9068), at the server that signs them and at an API elsewhere.

``make bench BENCH="--feature benchmarks.features.signed_tokens"``
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from pyramid.config import Configurator

from pyramid_oauth2 import Client
from pyramid_oauth2.assembly import service_of
from pyramid_oauth2.extensions.jwt_access_tokens.jwt_format import JWTAccessToken
from pyramid_oauth2.interfaces import IServer, IService
from pyramid_oauth2.jose.published_keys import Document, PublishedKeys
from pyramid_oauth2.keys.ring import KeyRing
from pyramid_oauth2.keys.schedule import Schedule
from pyramid_oauth2.protocol.access import Access
from pyramid_oauth2.protocol.server_secret import ServerSecret
from pyramid_oauth2.settings import Settings

from ..addon import Users, ok, register_client
from ..site import CLIENT_ID, ISSUER, SCOPE, Application, Environ, Site, environ
from ..workloads import workload

ES256, ED25519 = f"{CLIENT_ID}-es256", f"{CLIENT_ID}-ed25519"
SERVER, API = "localhost", "127.0.0.1"


class Ed25519AccessToken(JWTAccessToken):
    """The format of one client, so that both algorithms are measured in one process."""

    def __init__(self, server: IServer, settings: Settings) -> None:
        super().__init__(server, settings)
        self._settings = replace(self._settings, algorithm="Ed25519")

    def suits(self, client: Client, access: Access) -> bool:
        """Whether it is that client."""
        return client.client_id == ED25519


def signer(server: IServer, settings: Settings) -> KeyRing:
    """A key ring; a secret of benchmarks is none."""
    return KeyRing(server, ServerSecret(("s" * 43,)), Schedule())


def includeme(config: Any) -> None:
    """Let the server sign."""
    config.set_oauth2_signer(signer)
    config.add_oauth2_access_token_format("ed25519", Ed25519AccessToken)


def beside(site: Site) -> Site:
    """The server with clients whose tokens are JWTs, and the API as another host."""
    server, api = site.application, _api(site)

    def application(request: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        return (api if request["HTTP_HOST"] == API else server)(request, start_response)

    others = {
        ES256: register_client(site.service, ES256, extra={"access_token_format": "jwt"}),
        ED25519: register_client(site.service, ED25519),
    }
    return replace(site, application=application, others=others)


def _api(site: Site) -> Application:
    """An API that validates locally; it fetches the keys without a network."""
    settings = {
        "oauth2.mode": "resource_server",
        "oauth2.validation": "local",
        "oauth2.issuer": ISSUER,
        "oauth2.base_url": f"http://{API}",
        "oauth2.resource": ISSUER,
        "oauth2.scopes": f"{SCOPE} = Read your data",
    }
    with Configurator(settings=settings) as config:
        config.include("pyramid_oauth2")
        config.set_oauth2_resource_owners(Users())
        config.add_route("protected", "/protected")
        config.add_view(ok, route_name="protected", renderer="json", oauth2_scope=SCOPE)
        application: Application = config.make_wsgi_app()
    service: Any = service_of(config.registry)
    keys = PublishedKeys(
        "The key set", lambda: Document(site.ask(environ("GET", "/oauth2/jwks")).body)
    )
    local = replace(service, validation=replace(service.validation, keys=keys))
    config.registry.registerUtility(local, IService)
    return application


def _token(site: Site, client_id: str) -> Environ:
    form = {"grant_type": "client_credentials", "scope": SCOPE}
    return site.by(client_id).form("/oauth2/token", **form)


def _view(site: Site, client_id: str, host: str = SERVER) -> Environ:
    bearer = f"Bearer {site.by(client_id).tokens()['access_token']}"
    return environ("GET", "/protected", HTTP_AUTHORIZATION=bearer, HTTP_HOST=host)


@workload("J1", beside="W1")
def token_es256(site: Site) -> Environ:
    """A JWT for the client itself, signed with ES256."""
    return _token(site, ES256)


@workload("J2", beside="W1")
def token_ed25519(site: Site) -> Environ:
    """The same with Ed25519."""
    return _token(site, ED25519)


@workload("J3", beside="W5")
def view_es256(site: Site) -> Environ:
    """A view of the server that requires a user's token, which is a JWT."""
    return _view(site, ES256)


@workload("J4", beside="W5")
def view_ed25519(site: Site) -> Environ:
    """The same with Ed25519."""
    return _view(site, ED25519)


@workload("J5", beside="W5")
def local_validation_es256(site: Site) -> Environ:
    """The same view at an API that validates the token by the published key."""
    return _view(site, ES256, API)


@workload("J6", beside="W5")
def local_validation_ed25519(site: Site) -> Environ:
    """The same with Ed25519."""
    return _view(site, ED25519, API)
