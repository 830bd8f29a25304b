"""The pages, and how a browser gets to each."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from playwright.sync_api import Page

from tests.browser.application import authorize_query
from tests.devices import device_request

from .site import CALLBACK, Site

Way = Callable[[Page, Site], None]
CLIENTS = "/oauth2/admin/clients"


def _address(path: str, **query: str) -> Way:
    address = f"{path}?{urlencode(query)}" if query else path
    return lambda page, site: _go(page, f"{site.url}{address}")


def _request(client_id: str, **parameters: str) -> Way:
    return _address(f"/oauth2/authorize?{authorize_query(client_id, **parameters)}")


def _client(page: str, client_id: str = "prints") -> Way:
    return _address(f"{CLIENTS}/{page}", client_id=client_id)


def _go(page: Page, url: str) -> None:
    page.goto(url)


def _signed_out(way: Way) -> Way:
    def go(page: Page, site: Site) -> None:
        page.context.clear_cookies()
        way(page, site)

    return go


def _done(page: Page, site: Site) -> None:
    page.goto(site.url + device_request(site.registry, "tv"))
    page.click("button[value=deny]")


def _form_post(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/oauth2/authorize?{authorize_query('prints', response_mode='form_post')}")
    page.click("button[value=deny]")


def _not_saved(page: Page, site: Site) -> None:
    page.goto(f"{site.url}{CLIENTS}/register?kind=web")
    page.fill("#client_name", "Foto Print")
    page.fill("#redirect_uris", "prints.example")
    page.click("main form .actions button")


def _secret(page: Page, site: Site) -> None:
    page.goto(f"{site.url}{CLIENTS}/secret?client_id=prints")
    page.click("main form .actions button")


# Those that change what others show, or sign out, come last.
PAGES: dict[str, Way] = {
    "consent": _request("prints"),
    "consent-openid": _request(
        "prints",
        scope="openid email offline_access",
        claims='{"userinfo":{"birthdate":null,"phone_number":null}}',
    ),
    "consent-not-verified": _request("calendar"),
    "login_again": _request("prints", prompt="login"),
    "another_account": _request(
        "prints", scope="openid", claims='{"id_token":{"sub":{"value":"bob"}}}'
    ),
    "error": _request("unknown"),
    "form_post": _form_post,
    "done": _done,
    "authorizations": _address("/oauth2/authorizations"),
    "withdraw": _address("/oauth2/authorizations", client_id="prints"),
    "sign_out": _address("/oauth2/sign_out"),
    "end_session": _address("/oauth2/end_session", client_id="prints"),
    "clients": _address(CLIENTS),
    "clients-kinds": _address(f"{CLIENTS}/register"),
    "clients-register": _address(f"{CLIENTS}/register", kind="web"),
    "clients-not-saved": _not_saved,
    "clients-client": _client("client"),
    "clients-edit": _client("edit"),
    "clients-grants": _client("grants"),
    "clients-rotate": _client("secret"),
    "clients-secret": _secret,
    "clients-disable": _client("disable"),
    "clients-delete": _client("delete"),
    "clients-problem": _client("client", "none"),
    "applications": _address("/oauth2/applications"),
    "unchecked": _signed_out(_request("careless", scope="fly")),
    "end_session-signed-out": _signed_out(
        _address("/oauth2/end_session", client_id="prints", post_logout_redirect_uri=CALLBACK)
    ),
    "signed-out": _signed_out(_address("/oauth2/sign_out")),
}
