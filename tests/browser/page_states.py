"""Every page of ours in each of its states, and how a browser gets there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

import pyramid_oauth2
from pyramid_oauth2 import Client, get_service
from pyramid_oauth2.interfaces import IFetcher
from pyramid_oauth2.protocol.clients.source import DOCUMENT, from_source
from pyramid_oauth2.protocol.refusal import OWN_RULE, Refusal
from pyramid_oauth2.views.clients.contexts import AllClients
from pyramid_oauth2.views.clients.page import client_page
from pyramid_oauth2.views.clients.refused import Refused
from pyramid_oauth2.views.pages import error_page
from tests.devices import GRANT_TYPE, device_request, plug
from tests.functional.documents import Documents

from .application import OPENID, Untimed, advance_clock, configurator, join
from .conftest import ClientApplication, Site, served
from .navigation import log_in, press
from .test_authorizations import allow
from .test_client_pages import ADMIN, APPLICATIONS, BobIsAdmin
from .test_pages import ALLOW, DENY

TEMPLATES = Path(pyramid_oauth2.__file__).parent / "templates"
CODE = re.compile(r'code == "(\w+)"')
OF_ERRORS = (*CODE.findall((TEMPLATES / "error.oauth2").read_text()), "invalid_request")
OF_PROBLEMS = (*CODE.findall((TEMPLATES / "admin/problem.oauth2").read_text()), "no_such_page")
URIS = {
    "client_uri": "https://foto.example/",
    "policy_uri": "https://foto.example/privacy",
    "tos_uri": "https://foto.example/terms",
}

APIS = {"https://photos.example/albums": "albums", "https://bills.example": "orders"}
DESCRIBED = "https://notes.example/oauth/client.json"
ON_DEVICES = "https://tools.example/command-line/client.json"
CHANGED = "https://changed.example/client.json"
DOCUMENTS = {
    url: {"client_id": url, "client_name": name, "redirect_uris": [uri]}
    for url, name, uri in (
        (DESCRIBED, "Notes", "https://notes.example/back"),
        (ON_DEVICES, "Command line", "http://127.0.0.1/callback"),
        (CHANGED, "New name", "https://changed.example/now"),
    )
}

Way = Callable[[Page, Site], None]


@contextmanager
def whole_site(**settings: str) -> Iterator[Site]:
    """An application with all pages, and two more that show each error of ours."""
    client = ClientApplication()
    late: list[Any] = []
    with served(lambda *arguments: late[0](*arguments)) as port, served(client) as client_port:
        url = f"http://localhost:{port}"
        more = {
            "oauth2.issuer": url,
            "oauth2.admin": "true",
            "oauth2.admin_principals": "bob",
            "oauth2.self_service": "true",
            "oauth2.response_types": "code token",
            "oauth2.client_id_metadata": "open",
            "oauth2.resources": "\n".join(f"{uri} = {scope}" for uri, scope in APIS.items()),
        }
        config = configurator({**OPENID, **more, **settings}, BobIsAdmin(), Untimed())
        config.registry.registerUtility(Documents(**DOCUMENTS), IFetcher)
        config.add_route("an error", "/errors/{code}")
        config.add_view(_error, route_name="an error")
        name = "oauth2.admin.clients.problem"
        config.add_route(name, f"{ADMIN}/problem", factory=AllClients)
        config.add_view(client_page(_problem), route_name=name, oauth2_refused=True)
        late.append(config.make_wsgi_app())
        site = Site(config.registry, url, f"http://127.0.0.1:{client_port}", client)
        site.register("prints", client_name="Foto Print", optional_scope={"orders"}, **URIS)
        site.register("owned", client_name="Diary", owner="alice")
        plug(config.registry)
        site.register("tv", client_name="Television", grant_types=(GRANT_TYPE,))
        site.register("itself", client_name="Cursor")
        get_service(config.registry).clients.edit("itself", source="registered")
        site.register("canvas", "https://canvas.example/back", client_name="Canvas")
        get_service(config.registry).clients.edit("canvas", source="registered")
        site.register("machine", client_name="Nightly", grant_types=("client_credentials",))
        yield site


def _error(request: Any) -> Any:
    code = request.matchdict["code"]
    refusal = Refusal("shown", OWN_RULE)
    return error_page(request, "What is wrong, for the developer.", 400, code, refusal=refusal)


def _problem(page: Any) -> Any:
    refusal = Refusal(page.request.GET["code"], OWN_RULE)
    raise Refused(refusal, 400, "prints", retry_after=600)


def at(path: str, user: str = "alice") -> Way:
    """The page at a path, for a user who has signed in."""

    def go(page: Page, site: Site) -> None:
        log_in(page, site.url, user)
        page.goto(site.url + path)

    return go


def authorize(client_id: str = "prints", **parameters: Any) -> Way:
    """The page for an authorization request."""

    def go(page: Page, site: Site) -> None:
        log_in(page, site.url)
        page.goto(site.authorize(client_id, **{"prompt": "consent", **parameters}))

    return go


def on_a_device(button: str) -> Way:
    """The page after a decision of which the client learns in another way."""

    def go(page: Page, site: Site) -> None:
        at(device_request(site.registry, "tv"))(page, site)
        press(page.locator(button))

    return go


def posted(page: Page, site: Site) -> None:
    """The page that posts an authorization response, whose script sends it at once."""
    # With 204 (No Content) the browser stays where it is.
    page.route(f"{site.client_url}/**", lambda route: route.fulfill(status=204))
    authorize(response_mode="form_post")(page, site)
    with page.expect_response(f"{site.client_url}/**"):
        page.locator(ALLOW).click()
    page.unroute(f"{site.client_url}/**")


def changed_document(page: Page, site: Site) -> None:
    """The consent page of a client whose document was another one when it was last allowed."""
    before = Client(
        CHANGED,
        client_name="Old name",
        redirect_uris=("https://changed.example/before",),
        token_endpoint_auth_method="none",
    )
    clients = get_service(site.registry).server.clients
    if clients.get(CHANGED) is None:
        clients.add(from_source(before, DOCUMENT))
    authorize(CHANGED)(page, site)


def unchecked(page: Page, site: Site) -> None:
    """The page with an error of a client that anyone can register, before anyone signed in."""
    page.goto(site.authorize("owned", scope="nothing"))


def authorizations(*controls: str, resources: tuple[str, ...] = ()) -> Way:
    """The page of what the user allows, or the one after its links and buttons."""

    def go(page: Page, site: Site) -> None:
        allow(site, "prints", "albums", "orders", resources=resources)
        at("/oauth2/authorizations")(page, site)
        for control in controls:
            press(page.locator(f"main {control}").first)

    return go


def of_a_deleted_client(path: str, client_id: str) -> Way:
    """A page of what the user allows, after the client was deleted."""

    def go(page: Page, site: Site) -> None:
        site.register(client_id, client_name="Short-lived", **URIS)
        allow(site, client_id, "albums")
        get_service(site.registry).clients.delete(client_id)
        at(path)(page, site)

    return go


def signed_in_at(*controls: str) -> Way:
    """The page of what the user allows, who has signed in at a client with another browser."""

    def go(page: Page, site: Site) -> None:
        join(site.registry, "prints")
        at("/oauth2/authorizations")(page, site)
        for control in controls:
            press(page.locator(f"main {control}").first)

    return go


def form(path: str, button: str, user: str = "bob", **values: str) -> Way:
    """The page after a form was sent."""

    def go(page: Page, site: Site) -> None:
        at(path, user)(page, site)
        for name, value in values.items():
            page.locator(f"[name={name}]").first.fill(value)
        press(page.locator(f"main {button}").last)

    return go


def expired(page: Page, site: Site) -> None:
    """The consent page, sent too late."""
    authorize()(page, site)
    advance_clock(site.registry, 601)
    press(page.locator(ALLOW))


def _client(path: str, client_id: str = "prints") -> str:
    return f"{ADMIN}/{path}?client_id={client_id}"


STATES: dict[str, Way] = {
    "consent": authorize(),
    "consent, nothing optional": authorize("owned"),
    "consent, for two APIs": authorize(resource=tuple(APIS)),
    "consent, registered by itself": authorize("itself"),
    "consent, by a document": authorize(DESCRIBED),
    "consent, by a document, on devices alone": authorize(ON_DEVICES),
    "consent, by a changed document": changed_document,
    "login again": authorize(prompt="login"),
    "form_post": posted,
    "unchecked": unchecked,
    "done": on_a_device(ALLOW),
    "not done": on_a_device(DENY),
    "expired": expired,
    "unknown client": authorize("nobody"),
    "no authorization": at("/oauth2/authorizations", "carol"),
    "authorizations": authorizations(),
    "signed in at a client": signed_in_at(),
    "signed out there": signed_in_at("article form button"),
    "authorizations, for two APIs": authorizations(resources=tuple(APIS)),
    "withdraw": authorizations("a.danger"),
    "withdrawn": authorizations("a.danger", "button.danger"),
    "end session": at("/oauth2/end_session?client_id=prints"),
    "session ended": form("/oauth2/end_session", "button", user="alice"),
    "no client": at(APPLICATIONS, "carol"),
    "own clients": at(APPLICATIONS),
    "own client": at(f"{APPLICATIONS}/client?client_id=owned"),
    "own client, form": at(f"{APPLICATIONS}/edit?client_id=owned"),
    "all clients": at(ADMIN, "bob"),
    "all clients, registered by themselves": at(f"{ADMIN}?source=registered", "bob"),
    "all clients, none of a source": at(f"{ADMIN}?source=document", "bob"),
    "client, not verified": at(_client("client", "itself"), "bob"),
    "client, approve": at(_client("approve", "itself"), "bob"),
    "client, block its host": at(_client("block", "canvas"), "bob"),
    "forbidden": at(ADMIN),
    "kinds": at(f"{ADMIN}/register", "bob"),
    **{
        f"register {kind}": at(f"{ADMIN}/register?kind={kind}", "bob")
        for kind in ("web", "single-page", "native", "machine", "api")
    },
    "register, with problems": form(
        f"{ADMIN}/register?kind=web", "button", client_name="x", redirect_uris="http://evil.example"
    ),
    "registered": form(f"{ADMIN}/register?kind=api", "button", client_name="API"),
    "registered, public": form(
        f"{ADMIN}/register?kind=native",
        "button",
        client_name="App",
        redirect_uris="com.example.app:/back",
    ),
    "client": at(_client("client"), "bob"),
    "client without users": at(_client("client", "machine"), "bob"),
    "edit": at(_client("edit"), "bob"),
    "edit, with problems": form(_client("edit"), "button", redirect_uris="http://evil.example"),
    "edited": form(_client("edit"), "button"),
    "secret": at(_client("secret"), "bob"),
    "new secret": form(_client("secret"), "button"),
    "grants": at(_client("grants"), "bob"),
    **{f"client, {name}": at(_client(name), "bob") for name in ("withdraw", "disable", "delete")},
    **{f"error {code}": at(f"/errors/{code}") for code in OF_ERRORS},
    **{f"problem {code}": at(f"{ADMIN}/problem?code={code}", "bob") for code in OF_PROBLEMS},
    "authorizations, of a deleted client": of_a_deleted_client("/oauth2/authorizations", "gone"),
    "withdraw, of a deleted client": of_a_deleted_client(
        "/oauth2/authorizations?client_id=left", "left"
    ),
}
