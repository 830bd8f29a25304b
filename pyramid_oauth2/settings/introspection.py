"""Whom a resource server asks."""

from __future__ import annotations

from dataclasses import dataclass

from .declaration import REQUIRED, setting
from .types import RESOURCE_SERVER, endpoint_url, plain_text, seconds


@dataclass(frozen=True)
class IntrospectionSettings:
    """Whom a resource server asks.

    Only where ``oauth2.mode`` is ``resource_server``.
    """

    introspection_url: str = setting(
        endpoint_url,
        REQUIRED,
        "The introspection endpoint of the authorization server, such as "
        "https://auth.example.com/oauth2/introspect.",
        key="introspection.url",
        mode=RESOURCE_SERVER,
    )
    introspection_client_id: str = setting(
        plain_text,
        REQUIRED,
        "The client_id by which this application is registered there as a resource server.",
        key="introspection.client_id",
        mode=RESOURCE_SERVER,
    )
    introspection_client_secret: str = setting(
        plain_text,
        REQUIRED,
        "Its secret.",
        key="introspection.client_secret",
        mode=RESOURCE_SERVER,
        secret=True,
    )
    introspection_cache: int = setting(
        seconds,
        10,
        "For how many seconds an answer of that endpoint is believed: the time for which a "
        "revoked token may still work here. 0 asks at every request.",
        key="introspection.cache",
    )
