"""The settings of the pages that users see."""

from __future__ import annotations

from dataclasses import dataclass

from .declaration import setting
from .types import (
    AUTHORIZATION_SERVER,
    image_address,
    own_address,
    plain_text,
    renderer,
    route_name,
    site_address,
)


@dataclass(frozen=True, init=False, repr=False, eq=False)
class PageSettings:
    """Pages.

    For an authorization server.
    """

    site_name: str | None = setting(
        plain_text,
        None,
        "The name of your site, which is on every page. Default: the host of the public URL.",
        mode=AUTHORIZATION_SERVER,
    )
    site_url: str | None = setting(
        site_address,
        None,
        "Where the name of the site, and the way back on every page, lead. Default: nowhere.",
        mode=AUTHORIZATION_SERVER,
    )
    site_logo: str | None = setting(
        image_address,
        None,
        "The logo of your site, which is on every page beside its name.",
        mode=AUTHORIZATION_SERVER,
    )
    site_stylesheet: str | None = setting(
        own_address,
        None,
        "A style sheet of yours, which every page has after the built-in ones.",
        mode=AUTHORIZATION_SERVER,
    )
    login_route: str | None = setting(
        route_name,
        None,
        "The route of the application's login page. Default: the application's forbidden view "
        "handles a user who is not signed in.",
        mode=AUTHORIZATION_SERVER,
    )
    login_return_param: str = setting(
        route_name,
        "next",
        "The query parameter that passes the path to return to after login to the login page.",
        needs="login_route",
        mode=AUTHORIZATION_SERVER,
    )
    logout_route: str | None = setting(
        route_name,
        None,
        "The route of the application's logout, to which the browser is sent by a GET; the "
        "parameter of oauth2.login_return_param has the path to return to. Default: the login "
        "is ended by forget() of the security policy.",
        needs="login_route",
        mode=AUTHORIZATION_SERVER,
    )
    sign_up_route: str | None = setting(
        route_name,
        None,
        "The route of the application's page on which a new user registers, for clients that "
        "request it (prompt=create); it returns the user as the login page does.",
        needs="login_route",
        mode=AUTHORIZATION_SERVER,
    )
    renderer_consent: str = setting(
        renderer,
        "pyramid_oauth2:templates/consent.oauth2",
        "The template of the consent page.",
        key="renderer.consent",
        mode=AUTHORIZATION_SERVER,
    )
    renderer_login_again: str = setting(
        renderer,
        "pyramid_oauth2:templates/login_again.oauth2",
        "The template of the page that ends the user's login before a new one.",
        key="renderer.login_again",
        mode=AUTHORIZATION_SERVER,
    )
    renderer_another_account: str = setting(
        renderer,
        "pyramid_oauth2:templates/another_account.oauth2",
        "The template of the page on which a user changes the account for a client.",
        key="renderer.another_account",
        mode=AUTHORIZATION_SERVER,
    )
    renderer_done: str = setting(
        renderer,
        "pyramid_oauth2:templates/done.oauth2",
        "The template of the page after a decision that is not sent to a client by the browser.",
        key="renderer.done",
        mode=AUTHORIZATION_SERVER,
    )
    renderer_authorizations: str = setting(
        renderer,
        "pyramid_oauth2:templates/authorizations.oauth2",
        "The template of the page that lists what a user has authorized.",
        key="renderer.authorizations",
        mode=AUTHORIZATION_SERVER,
    )
    renderer_withdraw: str = setting(
        renderer,
        "pyramid_oauth2:templates/withdraw.oauth2",
        "The template of the page that asks before an authorization is withdrawn.",
        key="renderer.withdraw",
        mode=AUTHORIZATION_SERVER,
    )
    renderer_sign_out: str = setting(
        renderer,
        "pyramid_oauth2:templates/sign_out.oauth2",
        "The template of the page on which users sign out.",
        key="renderer.sign_out",
        mode=AUTHORIZATION_SERVER,
    )
    renderer_end_session: str = setting(
        renderer,
        "pyramid_oauth2:templates/end_session.oauth2",
        "The template of the page on which a client of OpenID Connect lets a user sign out.",
        key="renderer.end_session",
        mode=AUTHORIZATION_SERVER,
    )
    renderer_error: str = setting(
        renderer,
        "pyramid_oauth2:templates/error.oauth2",
        "The template of the error page.",
        key="renderer.error",
        mode=AUTHORIZATION_SERVER,
    )
    renderer_unchecked: str = setting(
        renderer,
        "pyramid_oauth2:templates/unchecked.oauth2",
        "The template of the page that shows an error of a client that anyone can register.",
        key="renderer.unchecked",
        mode=AUTHORIZATION_SERVER,
    )
    renderer_form_post: str = setting(
        renderer,
        "pyramid_oauth2:templates/form_post.oauth2",
        "The template of the page that posts an authorization response to the client.",
        key="renderer.form_post",
        mode=AUTHORIZATION_SERVER,
    )
