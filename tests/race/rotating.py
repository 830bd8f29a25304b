"""The demo, and an API elsewhere that validates locally, whose keys change every two seconds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pyramid.config import Configurator

from pyramid_oauth2.assembly import service_of
from pyramid_oauth2.demo import main as demo
from pyramid_oauth2.interfaces import IServer, IService
from pyramid_oauth2.jose.published_keys import Refreshing
from pyramid_oauth2.keys.ring import KeyRing
from pyramid_oauth2.keys.schedule import MINUTE, Schedule
from pyramid_oauth2.protocol.server_secret import ServerSecret
from pyramid_oauth2.resource_server.local import make_local_validation
from pyramid_oauth2.settings import Settings

FACTOR = 1 / 900
"""Scales every time of the keys at both servers: a cache lives for a second, not for 15 minutes."""
LIFETIME = 10
"""Of an access token, in seconds that are not scaled: clocks of JWTs count whole seconds."""

SCHEDULE = Schedule(rotation=30 * MINUTE, announced=29 * MINUTE, lifetime=LIFETIME / FACTOR).scaled(
    FACTOR
)


def signer(server: IServer, settings: Settings) -> KeyRing:
    return KeyRing(server, ServerSecret(settings.secret), SCHEDULE)


def includeme(config: Any) -> None:
    config.include("pyramid_oauth2")
    config.set_oauth2_signer(signer)


def main(global_config: dict[str, str], **settings: Any) -> Any:
    """One of the processes of the authorization server."""
    settings["pyramid.includes"] = f"pyramid_tm {__name__}"
    return demo(global_config, **settings)


def hello(request: Any) -> dict[str, Any]:
    return {"from": request.oauth2.client.client_id}


def api(global_config: dict[str, str], **settings: Any) -> Any:
    """The API."""
    with Configurator(settings=settings) as config:
        config.include("pyramid_oauth2")
        config.add_route("hello", "/hello")
        config.add_view(hello, route_name="hello", renderer="json", oauth2_scope="read")
        application = config.make_wsgi_app()
    service = service_of(application.registry)
    validation = make_local_validation(service.settings, Refreshing().scaled(FACTOR))
    scaled = replace(service, validation=validation)
    application.registry.registerUtility(scaled, IService)
    return application
