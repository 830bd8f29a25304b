"""An OAuth 2 authorization server for Pyramid, and a guard for views that require a token.

::

    config.include("pyramid_oauth2")

    @view_config(route_name="notes", oauth2_scope="read", renderer="json")
    def notes(request):
        return {"notes of": request.authenticated_userid}
"""

from __future__ import annotations

from functools import partial
from typing import Any

from .assembly import get_service, include_backends
from .events import TokenIssued
from .interfaces import ISigner
from .keys import make_ring
from .page_protection import cookie_options, page_headers
from .per_process import PerProcess
from .plug_in_factories import registered_factories
from .protection.cors import cors_preflight, cors_readable
from .protection.request import Request
from .protection.security import (
    BearerTokenHelper,
    OAuth2AuthenticationPolicy,
    OAuth2SecurityPolicy,
    Scope,
)
from .protocol.authentication import Authentication
from .protocol.authorization.response_types import CodeResponse, TokenResponse
from .protocol.client_authentication.basic import ClientSecretBasic
from .protocol.client_authentication.none import NoAuthentication
from .protocol.client_authentication.post import ClientSecretPost
from .protocol.clients.authentication_methods import METHODS
from .protocol.clients.field import ClientField
from .protocol.clients.fixed_fields import FIXED
from .protocol.clients.outcomes import ClientChangedMeanwhile, Registered, UnknownClient
from .protocol.clients.private_schemes import PRIVATE_SCHEMES
from .protocol.clients.rules import InvalidClientMetadata
from .protocol.clients.source import APPROVED, SOURCE
from .protocol.errors import OAuth2Error
from .protocol.grant_types.authorization_code import AuthorizationCode
from .protocol.grant_types.client_credentials import ClientCredentials
from .protocol.grant_types.password import Password
from .protocol.grant_types.refresh_token import RefreshToken
from .protocol.parameters import Parameter
from .protocol.records import Client, DuplicateRecord, StoreUnavailable
from .protocol.token.endpoint import TokenEndpoint
from .protocol.token.opaque import NAME as OPAQUE
from .protocol.token.opaque import OpaqueAccessToken
from .protocol.token.revocation import RevocationEndpoint
from .protocol.token_strings import new_client_secret, new_server_secret
from .service import OAuth2Service
from .settings.effect import SignedBy
from .settings.registration import load_settings
from .startup_error import print_without_traceback

__all__ = [
    "Authentication",
    "BearerTokenHelper",
    "Client",
    "ClientChangedMeanwhile",
    "ClientField",
    "DuplicateRecord",
    "InvalidClientMetadata",
    "OAuth2AuthenticationPolicy",
    "OAuth2Error",
    "OAuth2SecurityPolicy",
    "OAuth2Service",
    "Parameter",
    "PerProcess",
    "Registered",
    "Request",
    "Scope",
    "StoreUnavailable",
    "TokenIssued",
    "UnknownClient",
    "cookie_options",
    "cors_preflight",
    "cors_readable",
    "get_service",
    "includeme",
    "new_client_secret",
    "new_server_secret",
    "page_headers",
]


def includeme(config: Any) -> None:
    """Set up the whole add-on: what ``config.include('pyramid_oauth2')`` calls."""
    print_without_traceback()
    config.include(".directives")
    config.include(".events")
    config.include(".monitoring.audit")
    config.include(".monitoring.fetches")
    # Always declared, so that one line of the ini switches the backend.
    config.add_oauth2_settings("sqlalchemy")
    config.add_oauth2_settings("redis")
    settings = load_settings(config, partial(_signed_by, config.registry))
    include_backends(config, settings)
    if settings.metrics:
        config.include(".monitoring.metrics")

    for name, description in settings.scopes.items():
        config.add_oauth2_scope(name, description)
    for uri, scopes in settings.resources.items():
        config.add_oauth2_resource(uri, scopes)
    config.add_oauth2_grant_type("authorization_code", AuthorizationCode)
    config.add_oauth2_grant_type("refresh_token", RefreshToken)
    config.add_oauth2_grant_type("client_credentials", ClientCredentials)
    config.add_oauth2_grant_type("password", Password)
    config.add_oauth2_response_type("code", CodeResponse)
    config.add_oauth2_response_type("token", TokenResponse)
    config.add_oauth2_client_authentication("client_secret_basic", ClientSecretBasic)
    config.add_oauth2_client_authentication("client_secret_post", ClientSecretPost)
    config.add_oauth2_client_authentication("none", NoAuthentication)

    config.add_oauth2_access_token_format(OPAQUE, OpaqueAccessToken)
    config.add_oauth2_client_field(SOURCE)
    config.add_oauth2_client_field(APPROVED)
    config.add_oauth2_client_field(FIXED)
    config.add_oauth2_client_field(PRIVATE_SCHEMES)
    config.add_oauth2_client_field(METHODS)

    config.include(".listeners")
    config.include(".request_classes")
    config.include(".assembly")
    config.include(".protection.request")
    config.include(".protection.security")
    config.include(".protection.guards")
    config.include(".views.routes")
    # Before those of the pages, which the path of a request to them would be compared with.
    # The members of the server metadata for these are in protocol/server_metadata.py.
    config.add_oauth2_endpoint("token", TokenEndpoint, metadata=None)
    config.include(".extensions.jwt_access_tokens")  # and introspection
    config.include(".extensions.client_registration")
    config.include(".extensions.private_key_jwt")
    config.add_oauth2_endpoint("revoke", RevocationEndpoint, metadata=None)
    config.add_oauth2_endpoint("access_token", TokenEndpoint, metadata=None)
    config.include(".views")
    config.include(".extensions.client_id_metadata")
    config.include(".keys")
    config.include(".openid")


def _signed_by(registry: Any) -> SignedBy:
    """What signs for the server, once the application is complete."""
    signers = registered_factories(registry, ISigner).values()
    if not signers:
        return SignedBy.NOTHING
    return SignedBy.STORED_KEYS if make_ring in signers else SignedBy.APPLICATION
