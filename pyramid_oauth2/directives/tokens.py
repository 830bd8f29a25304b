"""Directives for plug-ins of the token endpoint: who asks, for what, and what is issued."""

from __future__ import annotations

from typing import Any

from pyramid.exceptions import ConfigurationError

from ..interfaces import (
    IAccessTokenFormat,
    IClientAuthentication,
    IGrantType,
    ISenderConstraint,
    ITokenResponseExtension,
)
from ..protocol.token_kinds import TokenKind
from ..protocol.token_kinds import register as register_kind
from .registration import register_plug_in


def add_oauth2_grant_type(config: Any, name: str, factory: Any) -> None:
    """Register an :class:`~pyramid_oauth2.interfaces.IGrantType`.

    ``oauth2.grant_types`` enables it::

        config.add_oauth2_grant_type("https://app.example/grants/badge", BadgeGrant)

    :param name: the ``grant_type`` of the token request; for a grant type of
        your own an absolute URI (RFC 6749 section 4.5).
    :param factory: a class or function that is called with the server and the settings,
        or its dotted name.
    """
    register_plug_in(config, IGrantType, "grant type", name, factory)


def add_oauth2_client_authentication(config: Any, method: str, factory: Any) -> None:
    """Register an :class:`~pyramid_oauth2.interfaces.IClientAuthentication`.

    ::

        config.add_oauth2_client_authentication("client_badge", BadgeAuthentication)

    :param method: the ``token_endpoint_auth_method`` of the clients that use it.
    :param factory: a class or function that is called with the server and the settings,
        or its dotted name.
    """
    register_plug_in(config, IClientAuthentication, "client authentication", method, factory)


def add_oauth2_access_token_format(config: Any, name: str, factory: Any) -> None:
    """Register an :class:`~pyramid_oauth2.interfaces.IAccessTokenFormat`.

    ::

        config.add_oauth2_access_token_format("signed", SignedAccessToken)

    The first that suits a client is used; ``opaque``, which suits every client, is asked last.

    :param name: names it in error messages.
    :param factory: a class or function that is called with the server and the settings,
        or its dotted name.
    """
    register_plug_in(config, IAccessTokenFormat, "access token format", name, factory)


def add_oauth2_sender_constraint(config: Any, name: str, factory: Any) -> None:
    """Register an :class:`~pyramid_oauth2.interfaces.ISenderConstraint`.

    ::

        config.add_oauth2_sender_constraint("device key", DeviceKey)

    It is asked at every endpoint for clients, and at every view that requires a token.

    :param name: names it in error messages.
    :param factory: a class or function that is called with the server and the settings,
        or its dotted name.
    """
    register_plug_in(config, ISenderConstraint, "sender constraint", name, factory)


def add_oauth2_token_response(config: Any, name: str, factory: Any) -> None:
    """Register an :class:`~pyramid_oauth2.interfaces.ITokenResponseExtension`.

    ::

        config.add_oauth2_token_response("tenant", TenantMember)

    :param name: names it in error messages.
    :param factory: a class or function that is called with the server and the settings,
        or its dotted name.
    """
    register_plug_in(config, ITokenResponseExtension, "token response", name, factory)


def add_oauth2_token_kind(config: Any, name: str, prefix: str, remembered: bool = False) -> None:
    """Add a kind of token, which an extension issues and redeems by the grant store.

    ::

        config.add_oauth2_token_kind("badge", "bdg")

    ``new_token`` of ``pyramid_oauth2.protocol.token_strings`` then makes strings of that kind,
    and a Bearer token with the prefix belongs to pyramid_oauth2. A kind is valid in the whole
    process, and the same one may be added several times. Every process that serves, purges or
    copies the store needs it, so run ``poauth2`` with an ini of the application. Where a kind was
    not added, its records are stored, listed and copied all the same, and removed at their own end.

    :param name: ``kind`` of its records: at most 64 lower-case letters, digits and underscores.
    :param prefix: the beginning of its strings, before an underscore: 2 to 16 lower-case letters
        and digits. That of another kind is an error.
    :param remembered: whether a spent one is stored until its grant ends, so that its replay is
        detected, as that of an authorization code is. A grant should have only a few of them.
    """
    try:
        kind = TokenKind(name, prefix, remembered)
        # At once, and by no action: the table is the process's, so no application can override
        # what another one has added, and the same kind twice is no conflict.
        register_kind(kind)
    except ValueError as error:
        raise ConfigurationError(str(error)) from None
    discriminator = ("oauth2", "token kind", name)
    introspectable = config.introspectable("oauth2", discriminator, name, "oauth2 token kind")
    introspectable["value"] = kind
    config.action(None, introspectables=(introspectable,))
