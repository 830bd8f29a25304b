"""What users see."""

from __future__ import annotations

from dataclasses import dataclass

from .declaration import setting
from .types import renderer, route_name


@dataclass(frozen=True)
class PageSettings:
    """What users see.

    For an authorization server.
    """

    login_route: str | None = setting(
        route_name,
        None,
        "The route of the application's login page. Default: its forbidden view is asked.",
    )
    login_return_param: str = setting(
        route_name, "next", "The query parameter by which the login page gets the way back."
    )
    renderer_consent: str = setting(
        renderer,
        "pyramid_oauth2:templates/consent.oauth2",
        "The template of the consent page.",
        key="renderer.consent",
    )
    renderer_authorizations: str = setting(
        renderer,
        "pyramid_oauth2:templates/authorizations.oauth2",
        "The template of the page that lists what a user allows.",
        key="renderer.authorizations",
    )
    renderer_error: str = setting(
        renderer,
        "pyramid_oauth2:templates/error.oauth2",
        "The template of the error page.",
        key="renderer.error",
    )
    renderer_form_post: str = setting(
        renderer,
        "pyramid_oauth2:templates/form_post.oauth2",
        "The template of the page that posts an answer to the client.",
        key="renderer.form_post",
    )
