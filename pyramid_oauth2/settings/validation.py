"""The settings of a resource server: how it validates tokens that another server issued."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .declaration import declared_fields, setting
from .types import (
    RESOURCE_SERVER,
    BadValue,
    base_url,
    endpoint_url,
    plain_text,
    seconds,
)

INTROSPECTION, LOCAL = "introspection", "local"


def validation(value: str) -> str:
    """``introspection`` or ``local``."""
    name = value.strip()
    if name not in (INTROSPECTION, LOCAL):
        raise BadValue("write introspection or local")
    return name


@dataclass(frozen=True, init=False, repr=False, eq=False)
class ValidationSettings:
    """Validation of tokens.

    Only if ``oauth2.mode`` is ``resource_server``.
    """

    validation: str = setting(
        validation,
        INTROSPECTION,
        "How tokens are validated. introspection asks the authorization server, which knows each "
        "token that was revoked. local reads tokens that are JWTs (RFC 9068), by the keys that the "
        "authorization server publishes: a token that was revoked is accepted until it expires.",
        mode=RESOURCE_SERVER,
    )
    resource: str | None = setting(
        base_url,
        None,
        "The URL that names this API in the audience of a token (RFC 8707 section 2). Default: "
        "oauth2.base_url with what oauth2.resource_paths have in common.",
        mode=RESOURCE_SERVER,
    )
    jwks_uri: str | None = setting(
        endpoint_url,
        None,
        "Where the authorization server publishes its keys. Default: what its metadata say "
        "(RFC 8414), which are read from oauth2.issuer.",
        mode=RESOURCE_SERVER,
    )
    introspection_url: str | None = setting(
        endpoint_url,
        None,
        "The introspection endpoint of the authorization server, such as "
        "https://auth.example.com/oauth2/introspect.",
        key="introspection.url",
        mode=RESOURCE_SERVER,
    )
    introspection_client_id: str | None = setting(
        plain_text,
        None,
        "The client_id by which this application is registered there as a resource server.",
        key="introspection.client_id",
        mode=RESOURCE_SERVER,
    )
    introspection_client_secret: str | None = setting(
        plain_text,
        None,
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


def missing_for_introspection(settings: ValidationSettings) -> Iterator[str]:
    """A sentence for each setting without which a resource server cannot introspect."""
    if settings.validation != INTROSPECTION:
        return
    for key, field in declared_fields(ValidationSettings).items():
        if key.startswith("introspection.") and getattr(settings, field.name) is None:
            yield f"oauth2.{key} is missing. {field.metadata['meaning']}"
