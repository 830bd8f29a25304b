"""Directives for what is beside the two endpoints: endpoints, metadata, views, clients."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from pyramid.exceptions import ConfigurationError
from pyramid.interfaces import PHASE1_CONFIG

from ..interfaces import (
    IClientField,
    IClientPolicy,
    IEndpoint,
    IServerMetadata,
    ISessions,
    ISigner,
    ISubjects,
    IViewDemand,
)
from ..protocol.clients.field import ClientField, Control
from ..protocol.clients.reserved import FLAGS, NAMES
from ..protocol.server_metadata import EndpointURL
from ..views.routes import add_registered_endpoint
from .registration import register, register_plug_in

PACKAGE = __package__.rpartition(".")[0]
ENDPOINT_NAME = re.compile(r"[a-z][a-z0-9_]*")
# The endpoints and pages of the add-on, and the names of their routes.
OWN_NAMES = frozenset(
    {
        "access_token",
        "admin",
        "applications",
        "authorizations",
        "authorize",
        "client_configuration",
        "end_session",
        "introspect",
        "metadata",
        "openid_configuration",
        "protected_resource",
        "registration",
        "revoke",
        "jwks",
        "sign_out",
        "static",
        "token",
        "userinfo",
    }
)


def add_oauth2_client_policy(config: Any, name: str, factory: Any) -> None:
    """Register an :class:`~pyramid_oauth2.interfaces.IClientPolicy`.

    ::

        config.add_oauth2_client_policy("partners", PartnersAlone)

    :param name: names it in error messages.
    :param factory: a class or function that is called with the server and the settings,
        or its dotted name.
    """
    register_plug_in(config, IClientPolicy, "client policy", name, factory)


def add_oauth2_endpoint(
    config: Any, name: str, factory: Any, metadata: str | None = "{name}_endpoint"
) -> None:
    """Add an :class:`~pyramid_oauth2.interfaces.IEndpoint` to the authorization server.

    ::

        config.add_oauth2_endpoint("badge", BadgeEndpoint)

    It is at ``/oauth2/badge``, with and without a slash at the end; its route is
    ``oauth2.badge``. An application that is a resource server has no endpoints; there the
    directive has no effect.

    :param name: lower-case letters, digits and ``_``; not the name of another endpoint or page.
    :param factory: a class or function that is called with the server and the settings,
        or its dotted name.
    :param metadata: the member of the server metadata that has its URL, None for no member.
    :raises pyramid.exceptions.ConfigurationError: the name is one of the add-on's, or
        pyramid_oauth2 is not included yet.
    """
    if not ENDPOINT_NAME.fullmatch(name):
        raise ConfigurationError(
            f"{name!r} cannot be an endpoint: write lower-case letters, digits and '_'."
        )
    if name in OWN_NAMES and config.package.__name__.partition(".")[0] != PACKAGE:
        raise ConfigurationError(f"pyramid_oauth2 has {name} itself; choose another name.")
    register_plug_in(config, IEndpoint, "endpoint", name, factory)
    add_registered_endpoint(config, name)
    if metadata is not None:
        member = metadata.replace("{name}", name)
        add_oauth2_server_metadata(
            config, member, partial(EndpointURL, endpoint=name, member=member)
        )


def add_oauth2_server_metadata(config: Any, name: str, factory: Any) -> None:
    """Register an :class:`~pyramid_oauth2.interfaces.IServerMetadata`.

    ::

        config.add_oauth2_server_metadata("badges", BadgeMetadata)

    A member that the document has already, or that two declare, is an error at start-up.

    :param name: names it in error messages.
    :param factory: a class or function that is called with the server and the settings,
        or its dotted name.
    """
    register_plug_in(config, IServerMetadata, "server metadata", name, factory)


def set_oauth2_sessions(config: Any, factory: Any) -> None:
    """Register an :class:`~pyramid_oauth2.interfaces.ISessions`: where users have signed in.

    ::

        config.set_oauth2_sessions(LoginsOfUsers)

    :param factory: a class or function that is called with the server and the settings,
        or its dotted name.
    """
    register_plug_in(config, ISessions, "sessions", "", factory)


def set_oauth2_signer(config: Any, factory: Any) -> None:
    """Register an :class:`~pyramid_oauth2.interfaces.ISigner`: what signs JWTs for the server.

    ::

        config.set_oauth2_signer(KeyService)

    Without one, the server signs by keys in its own store, if ``oauth2.secret`` is set.

    :param factory: a class or function that is called with the server and the settings,
        or its dotted name.
    """
    register_plug_in(config, ISigner, "signer", "", factory)


def set_oauth2_subjects(config: Any, factory: Any) -> None:
    """Register an :class:`~pyramid_oauth2.interfaces.ISubjects`: how clients know users.

    ::

        config.set_oauth2_subjects(PseudonymsOfUsers)

    Without one, every client knows a user by the subject of the resource owners; with
    ``oauth2.openid``, by the ``subject_type`` for which it is registered.

    :param factory: a class or function that is called with the server and the settings,
        or its dotted name.
    """
    register_plug_in(config, ISubjects, "subjects", "", factory)


def add_oauth2_view_demand(config: Any, name: str, factory: Any) -> None:
    """Register an :class:`~pyramid_oauth2.interfaces.IViewDemand`: options for views with a scope.

    ::

        config.add_oauth2_view_demand("badge", BadgeDemand)

        config.add_view(notes, route_name="notes", oauth2_scope="read", oauth2_badge="gold")

    A request without a token, which ``oauth2_only=False`` lets through, is not checked.

    :param name: names it in error messages.
    :param factory: a class or function that is called with the server and the settings, or
        its dotted name. In an application that is a resource server, the server is only an
        :class:`~pyramid_oauth2.interfaces.IResourceServer`.
    """
    register_plug_in(config, IViewDemand, "view demand", name, factory)


def add_oauth2_client_field(config: Any, field: ClientField) -> None:
    """Add a field to the metadata of clients.

    ::

        from pyramid_oauth2.extension import ClientField, Codec, Control, Option

        config.add_oauth2_client_field(
            ClientField(
                "customer_number",
                Codec.OPTIONAL_TEXT,
                "The customer that the client belongs to.",
                control=Control("line", "Customer number"),
                option=Option("--customer-number"),
            )
        )

    It is on the page that edits a client, an option of ``poauth2 client add`` and ``client edit``,
    in ``client show`` and in exports, and can be passed to ``request.oauth2.clients``. Its value is
    in ``client.extra["customer_number"]``, as JSON has it, unless it is the default.

    :param field: its declaration (name, form, rule, who may set it), or the dotted name
        of it. A field of that name, or an option, that exists already is an error.
    """
    field = config.maybe_dotted(field)
    if field.name in NAMES:
        raise ConfigurationError(f"A client has a {field.name} already; choose another name.")
    if field.control:
        _check_control(field.name, field.control)
    flag = field.option and field.option.flag
    if flag in FLAGS:
        raise ConfigurationError(f"The command line has {flag} already; choose another option.")
    register(config, IClientField, "client field", field, field.name)
    if flag:
        config.action(("oauth2", "client field option", flag), order=PHASE1_CONFIG)


def _check_control(name: str, control: Control) -> None:
    # The pages know the choices of our own fields only.
    if control.kind == "ticks":
        raise ConfigurationError(
            f"{name}: the pages have no choices for ticks of an added field. Use lines for a list "
            "of texts; scopes can have no control."
        )
    if control.kind == "choice" and not control.choices:
        raise ConfigurationError(f"{name}: a control of the kind choice needs choices=.")
