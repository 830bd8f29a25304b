"""The pages for clients, where records attack and the host has ways of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from webtest import TestResponse

from pyramid_oauth2 import Client
from pyramid_oauth2.protocol.records import StoreUnavailable

from . import host
from .client_pages import ADMIN, APPLICATIONS, BACK, ClientPages, words
from .flow import Flow

PAYLOAD = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>{{ 70707*3 }}"
PAGES = ("", "client", "edit", "secret", "disable", "enable", "withdraw", "delete", "grants")


def check_harmless(page: TestResponse) -> None:
    """The text of an attack stands there as text."""
    assert page.html.find_all(["script", "img", "style"]) == []
    assert not [tag for tag in page.html.find_all() for name in tag.attrs if name.startswith("on")]
    assert not [link for link in page.html.find_all("a") if "script:" in link["href"]]
    assert "212121" not in page.html.body.get_text()


def attack(pages: ClientPages) -> str:
    """A record from another way than our forms; its client_id."""
    client_id = f"evil{PAYLOAD}"
    record = Client(
        client_id,
        client_name=PAYLOAD,
        client_uri="javascript:alert(1)",
        logo_uri=PAYLOAD,
        redirect_uris=(PAYLOAD, BACK),
        allowed_origins=(PAYLOAD,),
        contacts=(PAYLOAD,),
        grant_types=("authorization_code", PAYLOAD),
        scope=frozenset({"read", "a<b>"}),
        owner=PAYLOAD,
        created_at=1,
        updated_at=1,
    )
    pages.server.service.server.clients.add(record)
    return client_id


def test_attacks_by_a_record_are_text(pages: ClientPages):
    client_id = attack(pages)
    pages.server.secrets[client_id] = ""
    for page in PAGES:
        shown = pages.get(page, client_id=client_id)
        check_harmless(shown)
        assert PAYLOAD in shown.html.main.get_text() or page in ("edit", "grants")
    form = pages.get("secret", client_id=client_id).form
    check_harmless(form.submit())
    assert pages.get("client", client_id=client_id).html.h1.get_text().startswith(PAYLOAD)


def test_a_user_with_a_name_that_attacks(start_pages: Callable[..., ClientPages]):
    class Users(host.Users):
        def describe(self, subject: str) -> str:
            return PAYLOAD

    pages = start_pages(lambda config: config.set_oauth2_resource_owners(Users()))
    pages.server.register("web", grant_types=("authorization_code",), redirect_uris=(BACK,))
    Flow(pages.server).log_in("alice").code()
    page = pages.get("grants", client_id="web")
    check_harmless(page)
    assert PAYLOAD in page.html.main.get_text()


def test_attacks_by_what_is_typed_and_by_the_address(pages: ClientPages):
    for page in (
        pages.register("web", client_name=PAYLOAD, redirect_uris=PAYLOAD),
        pages.get(q=PAYLOAD),
        pages.get("client", 404, client_id=PAYLOAD),
        pages.get("client", client_id="robot", done=PAYLOAD),
        pages.get("register", kind=PAYLOAD),
        pages.get(status=404, sort=PAYLOAD),
    ):
        check_harmless(page)


OPERATORS_PAGES = ("grants", "disable", "enable")


@pytest.mark.parametrize("root", [ADMIN, APPLICATIONS])
def test_no_page_is_kept_framed_or_scripted(pages: ClientPages, root: str):
    pages.server.service.clients.edit("robot", owner="bob")
    here = ClientPages(pages.server, root)
    form = here.get("register", kind="web").form
    form["client_name"], form["redirect_uris"] = "x", BACK
    form.fields["scope"][0].checked = True
    theirs = [page for page in PAGES if page not in OPERATORS_PAGES or root == ADMIN]
    shown = [here.get(page, client_id="robot") for page in (*theirs, "register")]
    for page in (*shown, form.submit(), here.get("client", 404)):
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
        assert "script-src" not in page.headers["Content-Security-Policy"]
        assert page.html.find_all(["script", "style"]) == []


def default_permission(config: Any) -> None:
    config.set_default_permission("be somebody")


def csrf_of_its_own(config: Any) -> None:
    config.set_default_csrf_options(require_csrf=True, token=None, header="X-CSRF")


@pytest.mark.parametrize("setup", [default_permission, csrf_of_its_own])
@pytest.mark.parametrize("root", [ADMIN, APPLICATIONS])
def test_a_host_with_defaults_of_its_own(
    start_pages: Callable[..., ClientPages], setup: Callable[[Any], None], root: str
):
    pages = ClientPages(start_pages(setup).server, root)
    client = pages.registered("web")
    pages.get("edit", client_id=client.client_id).form.submit(status=303).follow(status=200)


def include_pyramid_tm(config: Any) -> None:
    """After the add-on, and so nearer to the client."""
    config.include("pyramid_tm")


@pytest.mark.parametrize("accept", ["text/html", "*/*"])
@pytest.mark.parametrize(
    "path", ["admin/clients", "applications", "authorizations", "authorize", "token"]
)
@pytest.mark.parametrize("transactions", [True, False])
def test_a_cookie_that_is_no_text(
    start_pages: Callable[..., ClientPages], transactions: bool, path: str, accept: str
):
    """No policy is asked, which would fail; pyramid_tm asks one before any view."""
    pages = start_pages(*[include_pyramid_tm] * transactions)
    headers = {"Cookie": 'a="\\377"', "Accept": accept}
    answer = pages.server.fresh_browser().get(f"/oauth2/{path}", headers=headers, status=400)
    assert "Delete this site" in answer.text
    assert ("Your browser has a broken cookie" in answer.text) is (accept == "text/html")
    assert answer.content_type == ("text/html" if accept == "text/html" else "application/json")


def test_plain_http_is_refused_where_https_is_demanded(start_pages: Callable[..., ClientPages]):
    pages = start_pages(issuer="https://localhost")
    for root in (ADMIN, APPLICATIONS):
        page = ClientPages(pages.server, root).get(status=400)
        assert "use https" in page.text
    secure = pages.server.fresh_browser(**{"wsgi.url_scheme": "https"})
    secure.get("/login?user=bob")
    page = secure.get(ADMIN)
    assert "https://localhost/oauth2/admin/clients/register" in page.text
    assert "__Host-oauth2_browser=" in page.headers["Set-Cookie"]


def test_a_host_header_that_somebody_else_wrote(pages: ClientPages):
    signed_in = f"auth_tkt={pages.browser.cookies['auth_tkt']}"
    headers = {"Host": "evil.example", "Cookie": signed_in}
    page = pages.browser.get(pages.url("register", kind="web"), headers=headers)
    assert "evil" not in page.text
    assert page.form.action.startswith("http://localhost/oauth2/")


def test_the_store_is_away(pages: ClientPages, monkeypatch: pytest.MonkeyPatch):
    def refuse(*arguments: Any, **named: Any) -> None:
        raise StoreUnavailable("no store today")

    backend = pages.server.service.backends[pages.server.service.settings.backend]
    for name in ("get", "search"):
        monkeypatch.setattr(backend.clients, name, refuse)
    for page in ("", "client", "edit"):
        assert "not available at the moment" in words(pages.get(page, 503, client_id="robot"))


@pytest.mark.parametrize(
    "body",
    [b"%", b"\xff", b"a&" * 2100, b"x=" + b"y" * 5000, b"version=1&version=2"],
)
def test_a_body_that_is_no_form_of_ours(pages: ClientPages, body: bytes):
    field = f"oauth2_browser_token={pages.token}&".encode()
    for page in ("edit", "register", "delete"):
        answer = pages.browser.post(pages.url(page, client_id="robot"), field + body, status="*")
        assert 400 <= answer.status_int < 500
    assert pages.client("robot").version == 0


@pytest.mark.parametrize("root", [ADMIN, APPLICATIONS])
@pytest.mark.parametrize(
    "body",
    [b"%", b"a&" * 2100, b"x=" + b"y" * 70_000, b"version=1&version=2", b"version=x"],
)
def test_whoever_sends_a_bad_form_is_told_what_became_of_it(
    pages: ClientPages, root: str, body: bytes
):
    """A person filled it in: there is no application that sent them here."""
    pages.server.service.clients.edit("robot", owner="bob")
    here = ClientPages(pages.server, root)
    url = here.url("edit", client_id="robot")
    field = f"oauth2_browser_token={here.token}&".encode()
    answer = here.browser.post(url, field + body, status="*")
    assert answer.status_int == (413 if len(body) > 65536 else 400)
    assert "This form cannot be read Nothing was changed." in words(answer)
    assert "application" not in words(answer)
    assert answer.html.main.find("p", lang="en").string
    assert answer.click("Open the page again").form.action == f"http://localhost{url}"


def test_an_address_that_says_something_twice(pages: ClientPages):
    page = pages.browser.get(f"{ADMIN}/client?client_id=robot&client_id=robot", status=400)
    assert "There is no such page" in words(page)
    assert "repeated" in words(page)
    forms = pages.browser.post(f"{ADMIN}/edit?client_id=a&client_id=b", {}, status=400)
    assert "This form cannot be read" in words(forms)


@pytest.mark.parametrize("root", [ADMIN, APPLICATIONS])
def test_a_new_browser_that_loads_two_pages_at_once(pages: ClientPages, root: str):
    """Each page sets a cookie, and one stays: both forms work, and none of another site."""
    pages = ClientPages(pages.server, root)
    clients = [pages.server.register(name, owner="bob").client_id for name in ("one", "two")]
    login = next(f"{c.name}={c.value}" for c in pages.browser.cookiejar if c.name == "auth_tkt")

    def ask(number: int, cookie: str = "", origin: str = "http://localhost") -> TestResponse:
        browser = pages.server.fresh_browser()
        headers = {"Cookie": f"{login}; {cookie}", "Origin": origin}
        url = pages.url("withdraw", client_id=clients[number])
        if not cookie:
            return browser.get(url, headers=headers, status=200)
        return browser.post(url, forms[number], headers=headers, status="*")

    shown = [ask(0), ask(1)]
    forms = [dict(page.form.submit_fields()) for page in shown]
    stays = shown[1].headers["Set-Cookie"].partition(";")[0]
    assert ask(0, stays, "https://evil.example").status_int == 403
    assert [ask(0, stays).status_int, ask(1, stays).status_int] == [303, 303]
