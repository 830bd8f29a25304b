"""The settings of introspection, for a resource server."""

from __future__ import annotations

from dataclasses import dataclass

from .declaration import REQUIRED, setting
from .types import RESOURCE_SERVER, endpoint_url, plain_text, seconds


@dataclass(frozen=True)
class IntrospectionSettings:
    """Introspection.

    Only if ``oauth2.mode`` is ``resource_server``.
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
        "For how many seconds a response of that endpoint is cached: a revoked token may still be "
        "accepted here for that time. 0 calls the endpoint for every request.",
        key="introspection.cache",
        mode=RESOURCE_SERVER,
    )
