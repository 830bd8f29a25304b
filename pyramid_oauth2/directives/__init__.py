"""The directives of an application's configuration: ``config.add_oauth2_...``, ``set_oauth2_...``.

Each is an action of its own, so two that contradict each other raise a conflict
that shows the lines of both, and an application overrides what it includes. The
values are registered as utilities and shown by Pyramid's introspection. A plug-in that calls
one includes this package first.
"""

from __future__ import annotations

from typing import Any

from .authorization import (
    add_oauth2_client_resolver,
    add_oauth2_request_extension,
    add_oauth2_request_source,
    add_oauth2_response_type,
)
from .resources import add_oauth2_resource
from .server import (
    add_oauth2_client_field,
    add_oauth2_client_policy,
    add_oauth2_endpoint,
    add_oauth2_server_metadata,
    add_oauth2_view_demand,
    set_oauth2_sessions,
    set_oauth2_signer,
    set_oauth2_subjects,
)
from .storage import add_oauth2_backend, add_oauth2_settings
from .tokens import (
    add_oauth2_access_token_format,
    add_oauth2_client_authentication,
    add_oauth2_grant_type,
    add_oauth2_sender_constraint,
    add_oauth2_token_kind,
    add_oauth2_token_response,
)
from .users import add_oauth2_scope, set_oauth2_engine, set_oauth2_resource_owners


def includeme(config: Any) -> None:
    """Add the directives to the configurator.

    The includeme of a plug-in begins with it, so that the order of the includes does not
    matter: ``config.include("pyramid_oauth2.directives")``.
    """
    for directive in (
        add_oauth2_scope,
        add_oauth2_resource,
        add_oauth2_grant_type,
        add_oauth2_client_authentication,
        add_oauth2_endpoint,
        add_oauth2_server_metadata,
        add_oauth2_view_demand,
        add_oauth2_client_field,
        add_oauth2_access_token_format,
        add_oauth2_sender_constraint,
        add_oauth2_token_response,
        add_oauth2_token_kind,
        add_oauth2_response_type,
        add_oauth2_request_extension,
        add_oauth2_request_source,
        add_oauth2_client_resolver,
        add_oauth2_client_policy,
        add_oauth2_backend,
        add_oauth2_settings,
        set_oauth2_resource_owners,
        set_oauth2_engine,
        set_oauth2_sessions,
        set_oauth2_signer,
        set_oauth2_subjects,
    ):
        config.add_directive(directive.__name__, directive)
