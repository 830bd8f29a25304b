"""Directives for plug-ins of the authorization endpoint."""

from __future__ import annotations

from typing import Any

from ..interfaces import (
    IAuthorizationRequestExtension,
    IAuthorizationRequestSource,
    IClientResolver,
    IResponseType,
)
from .registration import register_plug_in


def add_oauth2_response_type(config: Any, name: str, factory: Any) -> None:
    """Register an :class:`~pyramid_oauth2.interfaces.IResponseType`.

    ``oauth2.response_types`` enables it::

        config.add_oauth2_response_type("badge", BadgeResponse)

    :param name: the ``response_type`` of the authorization request.
    :param factory: a class or function that is called with the server and the settings,
        or its dotted name.
    """
    register_plug_in(config, IResponseType, "response type", name, factory)


def add_oauth2_request_extension(config: Any, name: str, factory: Any) -> None:
    """Register an :class:`~pyramid_oauth2.interfaces.IAuthorizationRequestExtension`.

    ::

        config.add_oauth2_request_extension("tenant", TenantParameter)

    :param name: of its value, in records and for token response extensions.
    :param factory: a class or function that is called with the server and the settings,
        or its dotted name.
    """
    register_plug_in(config, IAuthorizationRequestExtension, "request extension", name, factory)


def add_oauth2_request_source(config: Any, name: str, factory: Any) -> None:
    """Register an :class:`~pyramid_oauth2.interfaces.IAuthorizationRequestSource`.

    ::

        config.add_oauth2_request_source("pushed requests", PushedRequests)

    :param name: names it in error messages.
    :param factory: a class or function that is called with the server and the settings,
        or its dotted name.
    """
    register_plug_in(config, IAuthorizationRequestSource, "request source", name, factory)


def add_oauth2_client_resolver(config: Any, name: str, factory: Any) -> None:
    """Register an :class:`~pyramid_oauth2.interfaces.IClientResolver`.

    ::

        config.add_oauth2_client_resolver("directory", CompanyDirectory)

    Of several, the first that finds the client counts, in the order of their names.

    :param name: names it in error messages.
    :param factory: a class or function that is called with the server and the settings,
        or its dotted name.
    """
    register_plug_in(config, IClientResolver, "client resolver", name, factory)
