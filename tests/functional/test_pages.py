"""The pages of the authorization endpoint: their text, their language, and who sees them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po
from pyramid.i18n import TranslationStringFactory
from webtest import TestApp, TestResponse

import pyramid_oauth2
from pyramid_oauth2 import get_service
from pyramid_oauth2.interfaces import IService
from pyramid_oauth2.protocol.http import MAX_BODY
from pyramid_oauth2.protocol.records import StoreUnavailable
from tests.browser.application import advance_clock, authorize_query, configurator, register

PACKAGE = Path(pyramid_oauth2.__file__).parent
LANGUAGES = ("de", "fr")
CALLBACK = "https://app.example/callback"


class Visitor:
    """A user with a browser, signed in to an application."""

    def __init__(self, config: Any = None, user: str | None = "alice") -> None:
        self.config = config or configurator()
        self.browser = TestApp(self.config.make_wsgi_app())
        self.registry = self.config.registry
        if user:
            self.browser.post("/login", {"user": user})

    def register(self, client_id: str = "prints", redirect_uri: str = CALLBACK, **data: Any) -> str:
        return register(self.registry, client_id, redirect_uri, **data)

    def ask(self, client_id: str = "prints", status: int = 200, **parameters: str) -> TestResponse:
        """Follow a client's link."""
        query = authorize_query(client_id, **parameters)
        return self.browser.get(f"/oauth2/authorize?{query}", status=status)


@pytest.fixture
def visitor() -> Visitor:
    visitor = Visitor()
    visitor.register(client_name="Foto Print")
    return visitor


def in_language(name: str) -> Visitor:
    visitor = Visitor(configurator({"pyramid.default_locale_name": name}))
    visitor.register(client_name="Foto Print")
    return visitor


def words(page: TestResponse) -> str:
    return " ".join(page.html.main.get_text(" ").split())


def test_the_consent_page_says_who_wants_what_and_where_it_leads(visitor: Visitor) -> None:
    page = visitor.ask()
    assert page.html.title.string == "Allow this application to use your account?"
    created = get_service(visitor.registry).server.clients.get("prints").created_at
    day = datetime.fromtimestamp(created, UTC)
    assert words(page) == (
        "Allow this application to use your account? Foto Print "
        f"Registered by the people who run this site, {day:%B} {day.day}, {day.year} verified "
        "You are signed in as alice . Not you? "
        "It wants to See your photos and albums albums Order prints in your name orders "
        "Know your name and your email address profile "
        "The access lasts for 365 days at most. You can end it at any time, at "
        "the applications that may use your account . You will be sent to app.example . Allow Deny"
    )
    form = page.html.form
    assert [tag["name"] for tag in form.find_all("input")] == [
        "interaction",
        "oauth2_browser_token",
    ]
    assert [(tag["name"], tag["value"]) for tag in form.find_all("button")] == [
        ("decision", "allow"),
        ("decision", "deny"),
    ]


def test_a_client_without_a_name_is_called_by_its_id(visitor: Visitor) -> None:
    visitor.register("a-client-id")
    assert visitor.ask("a-client-id").html.h2.get_text() == "a-client-id"


def test_links_and_logo_of_the_client(visitor: Visitor) -> None:
    uris = {
        name: f"https://app.example/{name}?a&b"
        for name in ("client_uri", "logo_uri", "policy_uri", "tos_uri")
    }
    visitor.register("shop", **uris)
    main = visitor.ask("shop").html.main
    assert main.img["src"] == uris.pop("logo_uri")
    assert main.img["alt"] == ""
    links = main.find_all("a", rel=["noopener", "noreferrer"])
    assert [link["href"] for link in links] == list(uris.values())


APPROVED = {"approved": True}


def test_a_link_of_a_users_client_to_another_site(visitor: Visitor) -> None:
    """It would lend its name to a client that no operator has approved."""
    visitor.register("shop", owner="eve", client_uri="https://paypal.example/")
    assert "paypal.example" not in visitor.ask("shop").text
    visitor.register("approved", owner="eve", client_uri="https://a.example/", extra=APPROVED)
    assert "https://a.example/" in visitor.ask("approved").text


@pytest.mark.parametrize("uri", ["http://app.example/", "javascript:alert(1)", "//app.example/"])
def test_no_link_but_https(visitor: Visitor, uri: str) -> None:
    """The rules refuse it, but a record may come from elsewhere."""
    visitor.register("shop")
    links = dict.fromkeys(("client_uri", "logo_uri", "policy_uri", "tos_uri"), uri)
    assert get_service(visitor.registry).server.clients.edit("shop", 0, links)
    main = visitor.ask("shop").html.main
    links = [link.string for link in main.find_all(["a", "img"])]
    assert links == ["Not you?", "the applications that may use your account"]


@pytest.mark.parametrize(
    ("redirect_uri", "shown"),
    [
        ("https://app.example:8443/a/b", "You will be sent to app.example:8443 ."),
        ("http://localhost:7000/", "You will be sent to an address on this device: localhost:7000"),
        ("http://[::1]/", "You will be sent to an address on this device: [::1]"),
        (
            "com.example.app://bank.example/",
            "You will be sent to an app on this device: com.example.app",
        ),
    ],
)
def test_where_the_answer_goes(visitor: Visitor, redirect_uri: str, shown: str) -> None:
    visitor.register("shop", redirect_uri)
    assert shown in words(visitor.ask("shop"))


def test_the_browser_may_not_keep_frame_or_script_a_page(visitor: Visitor) -> None:
    for page in (visitor.ask(), visitor.ask("nobody", 400)):
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["X-Frame-Options"] == "DENY"
        assert page.headers["Referrer-Policy"] == "same-origin"
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        # Chromium applies it to the redirect after a POST: Allow would not work.
        assert "form-action" not in policy
        assert page.html.find_all(["script", "style"]) == []
        assert page.html.find_all(style=True) == []


def test_stylesheets_are_found(visitor: Visitor) -> None:
    links = [link["href"] for link in visitor.ask().html.find_all("link")]
    assert links == [f"/oauth2/static/{name}.css" for name in ("base", "pages", "forms")]
    for link in links:
        assert visitor.browser.get(link).content_type == "text/css"


@pytest.mark.parametrize("query", ["x=%ff", "client_id=%ff", "%ff", "client_id=a&_LOCALE_=%c3"])
def test_a_query_that_cannot_be_read_has_its_page(visitor: Visitor, query: str) -> None:
    """Pyramid's own locale negotiator reads request.params, and fails with it."""
    page = visitor.browser.get(f"/oauth2/authorize?{query}", status=400)
    assert "The application made a mistake" in page.text


# The text for users of each error that has a page, and the code for the developer.
ERRORS = {
    "unknown client": ("This application is not known here", "unauthorized_client"),
    "removed client": (
        "This application is not known here any more",
        "There is no such client any more.",
    ),
    "wrong redirect": ("The application made a mistake", "invalid_request"),
    "method": ("The application made a mistake", "This address is for a web browser."),
    "expired": ("This page has expired", "page_expired"),
    "used": ("This page was used already", "page_used"),
    "deactivated": ("Your account is deactivated", "user_deactivated"),
    "another browser": ("This page belongs to another browser", "another_browser"),
    "no cookies": ("Your browser keeps no cookies of this site", "cookies_needed"),
    "forged": ("This page belongs to another browser", "another_browser"),
    "another user": ("Somebody else is signed in now", "another_user"),
    "nothing left": ("Nothing is left to allow", "invalid_scope"),
    "store down": ("This site is not available at the moment", "temporarily_unavailable"),
}


def go_wrong(visitor: Visitor, how: str, monkeypatch: pytest.MonkeyPatch) -> TestResponse:
    server = get_service(visitor.registry).server
    visitor.register("diary", optional_scope=server.known_scopes)
    form = visitor.ask("diary").form
    match how:
        case "unknown client":
            return visitor.ask("nobody", 400)
        case "removed client":
            return visitor.ask("oci_removed", 400)
        case "wrong redirect":
            return visitor.ask(redirect_uri="https://evil.example/", status=400)
        case "method":
            return visitor.browser.put("/oauth2/authorize", status=405)
        case "expired":
            advance_clock(visitor.registry, 601)
        case "used":
            form.submit("decision", value="deny", status=303)
        case "deactivated":
            owners = replace(server, is_active=lambda subject: False)
            service = replace(get_service(visitor.registry), server=owners)
            visitor.registry.registerUtility(service, IService)
        case "another browser":
            link = f"/oauth2/authorize?interaction={form['interaction'].value}"
            return TestApp(visitor.browser.app).get(link, status=403)
        case "no cookies":
            link = f"/oauth2/authorize?{authorize_query('diary', prompt='login')}&oauth2_login=x"
            return TestApp(visitor.browser.app).get(link, status=400)
        case "forged":
            form["oauth2_browser_token"].force_value("x")
        case "another user":
            visitor.browser.post("/login", {"user": "bob"})
        case "nothing left":
            for box in form.fields["scope"]:
                box.checked = False
        case "store down":

            def refuse(*arguments: Any) -> None:
                raise StoreUnavailable("no store today")

            monkeypatch.setattr(server.grants, "find", refuse)
    return form.submit("decision", value="allow", status="*")


@pytest.mark.parametrize("how", ERRORS)
def test_an_error_says_what_happened(
    visitor: Visitor, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem, small_print = ERRORS[how]
    page = go_wrong(visitor, how, monkeypatch)
    assert 400 <= page.status_int <= 503
    assert page.html.h1.string == page.html.title.string == problem
    assert small_print in page.html.find(class_="about").get_text()


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("application/json", "application/json"),
        ("application/json, text/html;q=0.5", "application/json"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("*/*", "text/html"),
        ("application/json, */*", "text/html"),
        ("no media type", "text/html"),
        ("", "text/html"),
    ],
)
def test_a_program_that_asks_for_json_reads_the_error(
    visitor: Visitor, accept: str, media_type: str
) -> None:
    """Some clients ask, before they open the browser, whether their registration is still there."""
    url = f"/oauth2/authorize?{authorize_query('oci_removed')}"
    answer = visitor.browser.get(url, headers={"Accept": accept}, status=400)
    assert answer.content_type == media_type
    assert answer.headers["Cache-Control"] == "no-store"
    if media_type == "application/json":
        assert answer.json == {
            "error": "unauthorized_client",
            "error_description": "There is no such client any more.",
        }


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("how", ERRORS)
def test_an_error_is_told_in_the_language_of_the_page(
    language: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = go_wrong(in_language(language), how, monkeypatch)
    assert page.html.html["lang"] == language
    english = ERRORS[how][0]
    assert page.html.h1.string == catalogue(language).get(english).string
    # Text that is in English on purpose is marked as English.
    assert page.html.find("span", lang="en")


@pytest.mark.parametrize(
    ("negotiated", "lang", "title"),
    [
        ("en", "en", "Allow this application to use your account?"),
        ("de", "de", "Dieser Anwendung erlauben, Ihr Konto zu nutzen?"),
        ("de_CH", "de", "Dieser Anwendung erlauben, Ihr Konto zu nutzen?"),
        ("fr", "fr", "Autoriser cette application à utiliser votre compte ?"),
        # There is no catalogue: the texts are in English, and so is the page.
        ("it", "en", "Allow this application to use your account?"),
    ],
)
def test_the_page_is_in_the_negotiated_language(negotiated: str, lang: str, title: str) -> None:
    page = in_language(negotiated).ask()
    assert page.html.html["lang"] == lang
    assert page.html.title.string == title


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_for_a_new_login_is_in_it_too(language: str) -> None:
    page = in_language(language).ask(prompt="login")
    assert page.html.html["lang"] == language
    for tag, english in (
        ("h1", "%(client)s asks you to sign in again"),
        ("button", "Sign in again"),
    ):
        expected = catalogue(language).get(english).string
        assert page.html.find(tag).get_text() == expected.replace("%(client)s", "Foto Print")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_list_of_what_is_allowed_is_in_it_too(language: str) -> None:
    page = in_language(language).browser.get("/oauth2/authorizations")
    assert page.html.html["lang"] == language
    english = "Applications that may use your account"
    assert page.html.h1.string == catalogue(language).get(english).string


def test_an_unknown_language_is_the_default_one_on_every_page() -> None:
    config = configurator({"pyramid.default_locale_name": "de"})
    config.set_locale_negotiator(lambda request: "tlh")
    description = TranslationStringFactory("pyramid_oauth2")("Privacy policy")
    config.add_oauth2_scope("privacy", description)
    visitor = Visitor(config)
    visitor.register()
    pages = (visitor.ask(), visitor.ask("nobody", 400))
    assert [page.html.html["lang"] for page in pages] == ["de", "de"]
    assert "Datenschutzerklärung" in words(pages[0])
    assert "Dieser Anwendung erlauben, Ihr Konto zu nutzen?" in words(pages[0])
    assert "Diese Anwendung" in words(pages[1])


def test_the_application_negotiates() -> None:
    config = configurator()
    config.set_locale_negotiator(lambda request: request.headers.get("Accept-Language"))
    visitor = Visitor(config)
    visitor.register()
    query = authorize_query("prints")
    page = visitor.browser.get(f"/oauth2/authorize?{query}", headers={"Accept-Language": "fr"})
    assert page.html.html["lang"] == "fr"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("de-AT, de;q=0.9, en;q=0.5", "de"),
        ("fr", "fr"),
        ("en-GB, de;q=0.9", "en"),
        ("es, fr;q=0.5", "fr"),
        ("es", "en"),
        ("*", "en"),
        ("de;q=0, fr;q=0.1", "fr"),
        (";;", "en"),
        (None, "en"),
    ],
)
def test_without_a_negotiator_the_browser_says_it(header: str | None, language: str) -> None:
    """RFC 9110 section 12.5.4."""
    visitor = Visitor(configurator())
    visitor.register()
    headers = {} if header is None else {"Accept-Language": header}
    page = visitor.browser.get(f"/oauth2/authorize?{authorize_query('prints')}", headers=headers)
    assert page.html.html["lang"] == language
    page = visitor.browser.get("/oauth2/authorize?x=%ff", headers=headers, status=400)
    assert page.html.html["lang"] in (language, "en")


def test_what_the_application_chose_counts_more() -> None:
    visitor = Visitor(configurator())
    visitor.register()
    headers = {"Accept-Language": "de"}
    query = authorize_query("prints", _LOCALE_="fr")
    assert (
        visitor.browser.get(f"/oauth2/authorize?{query}", headers=headers).html.html["lang"] == "fr"
    )
    config = configurator()
    config.set_locale_negotiator(lambda request: None)
    visitor = Visitor(config)
    visitor.register()
    query = authorize_query("prints")
    assert (
        visitor.browser.get(f"/oauth2/authorize?{query}", headers=headers).html.html["lang"] == "en"
    )


@pytest.mark.parametrize(
    ("chosen", "language"),
    [("en", "en"), ("en_GB", "en"), ("fr_CA", "fr"), ("it", "de"), ("_", "de"), ("", "de")],
)
def test_another_language_than_that_of_the_application(chosen: str, language: str) -> None:
    """English is a language as any other, although it has no catalogue."""
    german = {"pyramid.default_locale_name": "de"}
    visitor = Visitor(configurator(german))
    visitor.register()
    page = visitor.ask(_LOCALE_=chosen)
    assert page.html.html["lang"] == language
    config = configurator(german)
    config.set_locale_negotiator(lambda request: chosen)
    page = Visitor(config).ask("unknown", status=400)
    assert page.html.html["lang"] == language


@pytest.mark.parametrize(
    ("header", "language"),
    [("en-US, en;q=0.9", "en"), ("es, en;q=0.5", "en"), ("en;q=0.3, de", "de"), ("es", "de")],
)
def test_a_browser_asks_a_german_application(header: str, language: str) -> None:
    """RFC 9110 section 12.5.4."""
    visitor = Visitor(configurator({"pyramid.default_locale_name": "de"}))
    visitor.register()
    query = authorize_query("prints")
    page = visitor.browser.get(f"/oauth2/authorize?{query}", headers={"Accept-Language": header})
    assert page.html.html["lang"] == language


def test_a_scope_may_be_described_by_a_translation_string() -> None:
    # The domain of the add-on contains the word already.
    _ = TranslationStringFactory("pyramid_oauth2")
    config = configurator({"pyramid.default_locale_name": "de"})
    config.add_oauth2_scope("go", _("Continue"))
    visitor = Visitor(config)
    visitor.register()
    assert "Weiter" in words(visitor.ask(scope="go"))


def test_form_post_names_the_destination_and_runs_one_script(visitor: Visitor) -> None:
    form = visitor.ask(response_mode="form_post", state='"><script>').form
    page = form.submit("decision", value="deny")
    assert "You will be sent to app.example ." in words(page)
    assert page.form.action == CALLBACK
    assert page.form["state"].value == '"><script>'
    (script,) = page.html.find_all("script")
    assert script.string == "document.forms[0].submit()"


@cache
def template_words() -> set[str]:
    """Every text of the pages, as ``make translations`` extracts them."""
    methods = [("**.oauth2", "jinja2"), ("**.py", "python")]
    found = extract_from_dir(PACKAGE, method_map=methods)
    return {message for _, _, message, _, _ in found}


def catalogue(language: str | None) -> Catalog:
    locale = PACKAGE / "locale"
    file = "pyramid_oauth2.pot" if language is None else f"{language}/LC_MESSAGES/pyramid_oauth2.po"
    with (locale / file).open("rb") as source:
        return read_po(source, locale=language, charset="utf-8")


def texts(catalog: Catalog) -> dict[str, str]:
    return {message.id: message.string for message in catalog if message.id}


def test_the_template_of_the_catalogues_has_every_text() -> None:
    assert len(template_words()) > 30
    assert set(texts(catalogue(None))) == template_words()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language: str) -> None:
    messages = [message for message in catalogue(language) if message.id]
    assert {message.id for message in messages} == template_words()
    for message in messages:
        assert message.string, f"not translated: {message.id}"
        assert not message.fuzzy
        assert not list(message.check())
        tags = re.compile(r"%\(\w+\)s|</?\w+>")
        assert sorted(tags.findall(message.id)) == sorted(tags.findall(message.string))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_up_to_date(language: str) -> None:
    path = PACKAGE / "locale" / language / "LC_MESSAGES" / "pyramid_oauth2.mo"
    with path.open("rb") as compiled:
        assert texts(read_mo(compiled)) == texts(catalogue(language)), "run make translations"


def test_every_catalogue_is_tested() -> None:
    assert {path.name for path in (PACKAGE / "locale").iterdir() if path.is_dir()} == set(LANGUAGES)


def test_an_application_adds_a_language_and_changes_words(tmp_path: Path) -> None:
    italian = Catalog(locale="it", domain="pyramid_oauth2")
    italian.add("en", "it")
    italian.add("Allow", "Consenti")
    german = Catalog(locale="de", domain="pyramid_oauth2")
    german.add("Allow", "Gerne")
    for catalog in (italian, german):
        folder = tmp_path / str(catalog.locale) / "LC_MESSAGES"
        folder.mkdir(parents=True)
        with (folder / "pyramid_oauth2.mo").open("wb") as compiled:
            write_mo(compiled, catalog)
    for language, button in (("it", "Consenti"), ("de", "Gerne")):
        config = configurator({"pyramid.default_locale_name": language})
        config.add_translation_dirs(str(tmp_path), override=True)
        visitor = Visitor(config)
        visitor.register()
        page = visitor.ask()
        assert page.html.html["lang"] == language
        assert page.html.find("button", value="allow").string == button


def test_the_language_is_found_without_the_body() -> None:
    """It may be too large: the page that says so has a language as well."""
    visitor = Visitor(configurator())
    headers = {"Accept-Language": "de", "Content-Type": "application/x-www-form-urlencoded"}
    body = f"x={'x' * MAX_BODY}&_LOCALE_=fr"
    page = visitor.browser.post("/oauth2/authorize", body, headers=headers, status=400)
    assert page.html.html["lang"] == "de"
