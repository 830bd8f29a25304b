"""The frame of every page: whose site it is, who is signed in, and the way to sign out."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError
from webtest import TestResponse

from pyramid_oauth2 import Client, get_service
from pyramid_oauth2.protocol.clients.source import REGISTERED, from_source
from pyramid_oauth2.protocol.records import StoreUnavailable
from pyramid_oauth2.views import sign_out
from tests.browser.application import (
    OPENID,
    SETTINGS,
    CookiePolicy,
    Untimed,
    advance_clock,
    configurator,
)
from tests.devices import GRANT_TYPE, device_request, plug

from .test_pages import CALLBACK, Visitor

SITE = {
    "oauth2.site_name": "The <Shop>",
    "oauth2.site_url": "https://shop.example/start",
    "oauth2.site_logo": "https://cdn.example:8443/logo.svg",
    "oauth2.site_stylesheet": "/static/shop.css",
    "oauth2.admin": "true",
    "oauth2.admin_principals": "alice",
    "oauth2.self_service": "true",
}


class EveryoneIsAdmin(CookiePolicy):
    def permits(self, request: Any, context: Any, permission: str) -> bool:
        return self.identity(request) is not None


def visitor(settings: dict[str, str] | None = None, user: str | None = "alice") -> Visitor:
    settings = {**OPENID, **(settings or SITE)}
    found = Visitor(configurator(settings, EveryoneIsAdmin(), Untimed()), user)
    found.register(client_name="Foto Print", client_id="prints")
    found.register("hobby", owner="eve", scope=frozenset())
    return found


def pages(site: Visitor) -> dict[str, TestResponse]:
    """A page of every kind, by the name of its template."""
    get = site.browser.get
    plug(site.registry)
    site.register("tv", grant_types=(GRANT_TYPE,))
    asked = get(device_request(site.registry, "tv"))
    consent = site.ask(response_mode="form_post")
    found = {
        "consent": consent,
        "form_post": consent.form.submit("decision", value="deny"),
        "done": asked.form.submit("decision", value="deny"),
        "login_again": site.ask(prompt="login"),
        "authorizations": get("/oauth2/authorizations"),
        "sign_out": get("/oauth2/sign_out"),
        "end_session": get("/oauth2/end_session"),
        "error": site.ask("nobody", 400),
        "clients": get("/oauth2/admin/clients"),
        "client": get("/oauth2/admin/clients/client?client_id=prints"),
        "problem": get("/oauth2/applications/client?client_id=none", status=404),
    }
    site.browser.reset()
    return {**found, "unchecked": site.ask("hobby", 400, scope="fly")}


def test_every_page_says_whose_site_it_is() -> None:
    for name, page in pages(visitor()).items():
        header = page.html.header
        link = header.find("a", class_="site")
        assert (link["href"], link.get_text(strip=True)) == (
            "https://shop.example/start",
            "The <Shop>",
        ), name
        assert (link.img["src"], link.img["alt"]) == ("https://cdn.example:8443/logo.svg", ""), name
        sheets = [sheet["href"] for sheet in page.html.find_all("link")]
        assert sheets[-1] == "/static/shop.css", name
        policy = page.headers["Content-Security-Policy"]
        assert "img-src 'self' https://cdn.example:8443;" in policy, name
        back = page.html.footer
        leaves = name not in ("consent", "form_post", "login_again", "sign_out", "end_session")
        assert (back is not None) == leaves, name
        if back:
            assert back.a["href"] == "https://shop.example/start"
            assert back.get_text(strip=True) == "Back to The <Shop>"


def test_every_page_says_who_is_signed_in() -> None:
    for name, page in pages(visitor()).items():
        said = " ".join(page.html.body.get_text(" ").split())
        assert ("igned in as alice" in said) == (name != "unchecked"), name


def test_without_settings_the_host_names_the_site() -> None:
    for name, page in pages(visitor({**SITE, **dict.fromkeys(list(SITE)[:4], "")})).items():
        site = page.html.header.find(class_="site")
        assert (site.name, site.get_text(strip=True)) == ("span", "localhost"), name
        assert page.html.footer is None, name
        assert "img-src 'self';" in page.headers["Content-Security-Policy"], name


def test_a_page_may_load_the_logo_of_its_client_and_no_other_image() -> None:
    site = visitor()
    site.register("shop", logo_uri="https://app.example/logo.png")
    policy = site.ask("shop").headers["Content-Security-Policy"]
    assert "img-src 'self' https://app.example https://cdn.example:8443;" in policy


@pytest.mark.parametrize(
    "uri",
    [
        *("https://a;script-src/x", "https://a b/", "https://*/", "https://é/", "https://[evil"),
        *("https://user@evil.example/x", "https://[2001:db8::1]/x", "https://a\\.b/x"),
    ],
)
def test_the_logo_of_a_client_cannot_widen_the_policy(uri: str) -> None:
    site = visitor()
    site.register("shop")
    assert get_service(site.registry).server.clients.edit("shop", 0, {"logo_uri": uri})
    policy = site.ask("shop").headers["Content-Security-Policy"]
    assert "img-src 'self' https://cdn.example:8443;" in policy
    assert policy.count("script-src") == 0


def test_the_host_of_a_logo_may_have_an_underscore() -> None:
    site = visitor()
    site.register("shop", logo_uri="https://my_bucket.app.example:444/logo.png")
    policy = site.ask("shop").headers["Content-Security-Policy"]
    assert "img-src 'self' https://cdn.example:8443 https://my_bucket.app.example:444;" in policy


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("site_logo", "http://shop.example/logo.png", "write an https URL, or a path on this host"),
        ("site_logo", "//shop.example/logo.png", "write an https URL, or a path on this host"),
        ("site_logo", "https://shop.example;script-src/x", "write an https URL, or a path"),
        ("site_logo", "https://shop.example/a b", "write an https URL, or a path"),
        ("site_stylesheet", "https://shop.example/shop.css", "write a path on this host"),
        ("site_url", "javascript:alert(1)", "write a whole URL"),
        ("site_url", "http://shop.example/", "http is for a loopback host only"),
        ("logout_route", "goodbye", "the application has no such route"),
    ],
)
def test_a_setting_that_cannot_be_used_stops_the_start(key: str, value: str, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        Visitor(configurator({f"oauth2.{key}": value}))


def test_a_logout_without_a_login_has_no_effect(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "pyramid_oauth2.settings"):
        Visitor(configurator({"oauth2.logout_route": "login", "oauth2.login_route": ""}))
    assert "oauth2.logout_route has no effect, since oauth2.login_route is not set." in caplog.text


class TestSignOut:
    """The page on which users sign out."""

    def test_from_a_page(self) -> None:
        site = visitor()
        question = site.browser.get("/oauth2/authorizations").click("Sign out")
        assert question.html.h1.string == "Sign out?"
        done = question.form.submit().follow()
        assert done.html.h1.string == "You are signed out"
        assert done.html.main.find("form") is None
        assert site.browser.get("/oauth2/authorizations").status_int == 303, "to the login"

    def test_another_site_cannot_sign_a_user_out(self) -> None:
        site = visitor()
        site.browser.get("/oauth2/sign_out")
        question = site.browser.post("/oauth2/sign_out", {"oauth2_browser_token": "x"}).follow()
        assert question.html.h1.string == "Sign out?"
        assert site.browser.get("/oauth2/authorizations").status_int == 200

    def test_a_browser_without_cookies_of_ours(self) -> None:
        """The login is that of a proxy, for instance."""
        site = visitor()
        question = site.browser.get("/oauth2/sign_out")
        fields = question.form.submit_fields()
        site.browser.reset()
        site.browser.post("/login", {"user": "alice"})
        page = site.browser.post("/oauth2/sign_out", fields, status=400)
        assert page.html.h1.string == "Your browser keeps no cookies of this site"
        assert site.browser.get("/oauth2/authorizations").status_int == 200

    def test_a_page_of_another_user_does_nothing(self) -> None:
        site = visitor()
        question = site.browser.get("/oauth2/sign_out")
        site.browser.post("/login", {"user": "bob"})
        assert "bob" in question.form.submit().follow()
        assert "bob" in site.browser.get("/oauth2/authorizations")

    def test_by_the_logout_of_the_application(self) -> None:
        config = configurator({"oauth2.logout_route": "logout"})
        config.add_route("logout", "/logout")
        site = Visitor(config)
        to = site.browser.get("/oauth2/sign_out").form.submit()
        assert to.status_int == 303
        assert to.location == "http://localhost/logout?next=%2Foauth2%2Fsign_out"
        assert site.browser.get("/oauth2/authorizations").status_int == 200, "nothing was ended"

    def test_a_new_login_by_the_logout_of_the_application(self) -> None:
        """Where the request demands one (``prompt=login``), and the time of the last is unknown."""
        config = configurator({"oauth2.logout_route": "logout"})
        config.add_route("logout", "/logout")
        site = Visitor(config)
        site.register()
        to = site.ask(prompt="login").form.submit(status=303)
        logout = urlsplit(to.location)
        assert (logout.path, list(parse_qs(logout.query))) == ("/logout", ["next"])
        assert "Set-Cookie" not in to.headers, "the application ends the login"
        site.browser.reset()
        login = site.browser.get(parse_qs(logout.query)["next"][0], status="*")
        assert login.status_int < 500

    def test_there_is_no_link_where_nothing_ends_the_login(self) -> None:
        class Owners:
            def subject(self, request: Any) -> str:
                return "alice"

        config = Configurator(settings=SETTINGS)
        config.include("pyramid_oauth2")
        config.set_oauth2_resource_owners(Owners())
        config.add_route("login", "/login")
        page = Visitor(config, user=None).browser.get("/oauth2/authorizations")
        assert "Signed in as" in page
        assert "Sign out" not in page

    def test_who_is_signed_in_is_not_needed_for_an_error_page(self) -> None:
        class Owners:
            def subject(self, request: Any) -> str:
                raise RuntimeError("no database")

        config = configurator()
        config.set_oauth2_resource_owners(Owners())
        page = Visitor(config, user=None).browser.put("/oauth2/authorizations", status=405)
        assert page.html.header.find(class_="account") is None


class TestNotYou:
    """Going on with the same request as another user."""

    @pytest.mark.parametrize(
        "parameters",
        [{}, {"state": "x" * 3600}, {"prompt": "login"}],
        ids=["in the URL", "stored", "after a new login"],
    )
    def test_the_same_request_is_allowed_by_another_user(self, parameters: dict[str, str]) -> None:
        site = visitor(user=None)
        login = site.ask(status=303, state="s", **parameters) if "state" not in parameters else None
        login = login or site.ask(status=303, **parameters)
        while urlsplit(login.location).path != "/login":
            login = login.follow()
        consent = site.browser.post(login.location, {"user": "alice"}).follow()
        question = consent.click("Not you?")
        assert question.html.h1.string == "Use another account?"
        login = question.form.submit().follow()
        assert urlsplit(login.location).path == "/login"
        consent = site.browser.post(login.location, {"user": "bob"}).follow()
        assert "bob" in consent.html.main.get_text()
        back = urlsplit(consent.form.submit("decision", value="allow").location)
        assert f"{back.scheme}://{back.netloc}{back.path}" == CALLBACK
        assert parse_qs(back.query)["state"] == [parameters.get("state", "s")]
        grants = get_service(site.registry).server.grants
        assert [grant.subject for grant in grants.grants(client_id="prints").items] == ["bob"]

    def test_at_the_endpoint_of_a_feature(self, monkeypatch: pytest.MonkeyPatch) -> None:
        both = frozenset({"authorize", "authorizations"})
        monkeypatch.setattr(sign_out, "SHOW_REQUESTS", both)
        site = visitor()
        question = site.ask().click("Not you?")
        form = question.form
        fields = {name: form[name].value for name in form.fields if name}
        to = site.browser.post("/oauth2/sign_out", {**fields, "endpoint": "authorizations"})
        assert urlsplit(to.location).path == "/oauth2/authorizations"

    @pytest.mark.parametrize(
        "endpoint",
        [
            *("https://evil.example/", "nothing", "authorize.slash", "token", "metadata"),
            *("protected_resource", "authorizations", "sign_out"),
        ],
    )
    def test_an_endpoint_that_shows_no_requests(self, endpoint: str) -> None:
        form = visitor().ask().click("Not you?").form
        fields = {name: form[name].value for name in form.fields if name}
        site = visitor()
        fields["oauth2_browser_token"] = (
            site.browser.get("/oauth2/sign_out").form["oauth2_browser_token"].value
        )
        to = site.browser.post("/oauth2/sign_out", {**fields, "endpoint": endpoint})
        assert to.location == "http://localhost/oauth2/sign_out"
        assert self.is_signed_out(site)

    def test_a_page_that_was_answered_leads_nowhere_else(self) -> None:
        site = visitor()
        consent = site.ask()
        question = consent.click("Not you?")
        consent.form.submit("decision", value="allow")
        self.ends_with(site, question, "This page was used already")

    def test_a_page_that_has_expired(self) -> None:
        site = visitor()
        question = site.ask().click("Not you?")
        advance_clock(site.registry, 86400)
        self.ends_with(site, question, "This page has expired")

    @pytest.mark.parametrize("handle", ["garbage", "", "x" * 3000, "\u00e9"])
    def test_a_request_that_there_is_none_of(self, handle: str) -> None:
        site = visitor()
        question = site.browser.get("/oauth2/sign_out", {"interaction": handle})
        signed_out = question.form.submit()
        assert signed_out.status_int == 303
        assert signed_out.follow(status="*").status_int < 500
        assert self.is_signed_out(site)

    def test_another_browser_cannot_release_a_request(self) -> None:
        site = visitor()
        handle = site.ask().form["interaction"].value
        site.browser.reset()
        site.browser.post("/login", {"user": "alice"})
        question = site.browser.get("/oauth2/sign_out", {"interaction": handle})
        self.ends_with(site, question, "This page belongs to another browser", 403)

    def test_a_store_that_is_down(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*arguments: Any, **named: Any) -> None:
            raise StoreUnavailable("gone")

        site = visitor()
        question = site.ask().click("Not you?")
        monkeypatch.setattr(type(get_service(site.registry).server.grants), "find", fail)
        self.ends_with(site, question, "This site is not available at the moment", 503)

    def ends_with(
        self, site: Visitor, question: TestResponse, heading: str, status: int = 400
    ) -> None:
        """The user is signed out, and the page of the request says why it cannot be used."""
        page = question.form.submit(status=303).follow(status=status)
        assert page.html.h1.string == heading
        assert self.is_signed_out(site)

    def is_signed_out(self, site: Visitor) -> bool:
        return site.browser.get("/oauth2/sign_out").html.h1.string == "You are signed out"

    def test_the_first_user_has_lost_the_request(self) -> None:
        site = visitor()
        consent = site.ask()
        consent.click("Not you?").form.submit()
        site.browser.post("/login", {"user": "alice"})
        again = consent.form.submit("decision", value="allow").follow()
        assert again.html.h1.string == consent.html.h1.string, "the page is shown again"
        assert not get_service(site.registry).server.grants.grants("alice").items


class TestWhoRegisteredTheClient:
    """What the consent page says about a client, beside what the client says about itself."""

    def said(self, site: Visitor, client_id: str) -> str:
        block = site.ask(client_id).html.find(class_="client")
        return " ".join(block.get_text(" ").split())

    def test_an_operator(self) -> None:
        said = self.said(visitor(), "prints")
        assert said.startswith("Foto Print Registered by the people who run this site, ")
        assert said.endswith(" verified")

    def test_its_owner(self) -> None:
        site = visitor()
        site.register("poster", client_name="Poster", owner="eve")
        said = self.said(site, "poster")
        assert said.startswith("Poster Registered by a user of this site, ")
        assert "eve" not in said, "what identifies a user is not for others"
        assert " not verified The people who run this site have not checked" in said

    @pytest.mark.parametrize("name", ["the people who run this site", "<b>Eve", "\u05d0", None, ""])
    def test_its_owner_by_name(self, name: str | None) -> None:
        class Owners:
            def subject(self, request: Any) -> Any:
                return request.authenticated_userid

            def describe(self, subject: str) -> str:
                if name is None:
                    raise LookupError(subject)
                return name

        config = configurator(SITE, EveryoneIsAdmin())
        config.set_oauth2_resource_owners(Owners())
        site = Visitor(config)
        site.register("poster", client_name="Poster", owner="eve@mail.example")
        said = self.said(site, "poster")
        assert "eve@mail.example" not in said
        if name:
            assert said.startswith(f"Poster Registered by a user of this site: {name} , ")
            block = site.ask("poster").html.find(class_="client")
            assert [each.string for each in block.find_all("bdi")] == ["Poster", name]
        else:
            assert said.startswith("Poster Registered by a user of this site, ")

    def test_itself(self) -> None:
        site = visitor()
        server = get_service(site.registry).server
        client = Client("bot", redirect_uris=(CALLBACK,), scope=server.known_scopes)
        get_service(site.registry).clients.add(from_source(client, REGISTERED))
        said = self.said(site, "bot")
        assert said.startswith("bot Registered by itself, ")
        assert " not verified " in said

    def test_its_name_is_set_apart_in_a_sentence_of_ours(self) -> None:
        """``bdi``: a name from right to left reorders nothing of the sentence around it."""
        site = visitor()
        name = "\u05e9\u05dc\u05d5\u05dd <b>1"
        site.register("shop", client_name=name, client_uri="https://shop.example/")
        shown = [site.ask("shop", prompt="login").html.h1]
        error = site.ask("shop", 400, redirect_uri="https://evil.example/")
        shown.append(error.html.main.a)
        plug(site.registry)
        site.register("tv", client_name=name, grant_types=(GRANT_TYPE,))
        for decision in ("allow", "deny"):
            asked = site.browser.get(device_request(site.registry, "tv"))
            done = asked.form.submit("decision", value=decision)
            shown.append(done.html.h1.find_next_sibling("p"))
        asked = site.ask("shop", response_mode="form_post")
        advance_clock(site.registry, 86400)
        expired = asked.form.submit("decision", value="allow", status=400)
        shown.append(expired.html.main.button)
        for sentence in shown:
            assert sentence.bdi is not None, sentence
            assert sentence.bdi.string == name

    def test_its_name_is_in_no_sentence_of_ours(self) -> None:
        site = visitor()
        name = "Your bank \u202e <b>needs</b> this"
        site.register("bank")
        assert get_service(site.registry).server.clients.edit("bank", 0, {"client_name": name})
        page = site.ask("bank")
        assert page.html.find(class_="client").h2.bdi.string == name
        assert len(page.html.find_all(string=lambda text: "bank" in text.lower())) == 1

    @pytest.mark.parametrize(
        ("grant_types", "duration"),
        [
            (("authorization_code",), "1 hour"),
            (("authorization_code", "refresh_token"), "365 days"),
        ],
    )
    def test_how_long_the_access_lasts(self, grant_types: tuple[str, ...], duration: str) -> None:
        site = visitor()
        site.register("short", grant_types=grant_types)
        page = site.ask("short")
        assert f"The access lasts for {duration} at most." in page
        assert page.html.form.a["href"] == "http://localhost/oauth2/authorizations"
