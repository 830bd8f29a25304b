"""Applications whose set-up would break the pages, or make them unsafe, if they relied on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from pyramid.csrf import CookieCSRFStoragePolicy
from pyramid.response import Response
from webtest import TestApp, TestResponse

from tests.browser.application import authorize_query, configurator, register

PAYLOAD = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>{{ 1111*1111 }}"


def with_jinja2(config: Any) -> None:
    config.include("pyramid_jinja2")


def csrf_field_of_another_name(config: Any) -> None:
    config.set_csrf_storage_policy(CookieCSRFStoragePolicy())
    config.set_default_csrf_options(require_csrf=True, token="authenticity_token")


def csrf_by_header_only(config: Any) -> None:
    config.set_csrf_storage_policy(CookieCSRFStoragePolicy())
    config.set_default_csrf_options(require_csrf=True, token=None, header="X-CSRF")


def csrf_without_a_session_factory(config: Any) -> None:
    config.set_default_csrf_options(require_csrf=True)


def default_permission(config: Any) -> None:
    config.set_default_permission("be somebody")


def page_variables_of_its_own(config: Any) -> None:
    def add(event: Any) -> None:
        event.update(client_name=PAYLOAD, scopes=PAYLOAD, action="https://evil.example/", code=1)

    config.add_subscriber(add, "pyramid.events.BeforeRender")


def pages_for_every_error(config: Any) -> None:
    def failed(error: Exception, request: Any) -> Response:
        return Response("the application's own page", status=500)

    config.add_exception_view(failed)
    config.add_notfound_view(failed)


Setup = tuple[dict[str, str], Callable[[Any], None]]


def nothing(config: Any) -> None:
    """Configure nothing: the settings are enough."""


HOSTS: dict[str, Setup] = {
    "no autoescape": ({"jinja2.autoescape": "false"}, with_jinja2),
    "other delimiters": (
        {
            "jinja2.block_start_string": "<%",
            "jinja2.block_end_string": "%>",
            "jinja2.variable_start_string": "<<",
            "jinja2.variable_end_string": ">>",
        },
        with_jinja2,
    ),
    "strict undefined": ({"jinja2.undefined": "strict"}, with_jinja2),
    "another translation domain": (
        {"jinja2.i18n.domain": "shop", "pyramid.default_locale_name": "de"},
        with_jinja2,
    ),
    "a renamed CSRF field": ({}, csrf_field_of_another_name),
    "header-only CSRF": ({}, csrf_by_header_only),
    "CSRF without a session factory": ({}, csrf_without_a_session_factory),
    "a default permission": ({}, default_permission),
    "page variables of its own": ({}, page_variables_of_its_own),
    "pages for every error": ({}, pages_for_every_error),
    "templates that are reloaded": ({"pyramid.reload_templates": "true"}, nothing),
}


class Client:
    """A client of a host, and a browser in which alice is signed in."""

    def __init__(
        self,
        settings: dict[str, str] | None = None,
        setup: Callable[[Any], None] = nothing,
        mount: Callable[[Any], Any] = lambda application: application,
        prefix: str = "",
        **environ: str,
    ) -> None:
        config = configurator(settings)
        setup(config)
        config.add_oauth2_scope("attack", PAYLOAD)
        self.browser = TestApp(mount(config.make_wsgi_app()), extra_environ=environ)
        self.registry, self.prefix = config.registry, prefix
        self.browser.post(f"{prefix}/login", {"user": "alice"})

    def register(self, **metadata: Any) -> None:
        register(self.registry, "shop", "https://app.example/callback", **metadata)

    def ask(self, client_id: str = "shop", **parameters: str) -> TestResponse:
        query = authorize_query(client_id, **parameters)
        return self.browser.get(f"{self.prefix}/oauth2/authorize?{query}", status="*")


@pytest.fixture(params=HOSTS)
def client(request: pytest.FixtureRequest) -> Client:
    return Client(*HOSTS[request.param])


def check_harmless(page: TestResponse) -> None:
    """The attack appears as text, if at all."""
    assert page.content_type == "text/html"
    scripts = [tag for tag in page.html.find_all("script") if "alert" in (tag.string or "")]
    assert scripts == []
    assert page.html.find_all("img") == []
    assert "<script>alert" not in page.text
    assert "evil" not in page.text
    assert "1234321" not in page.html.body.get_text()


def allow(page: TestResponse) -> dict[str, list[str]]:
    """Press Allow; return the parameters that the client gets."""
    answer = page.form.submit("decision", value="allow")
    assert answer.status_int == 303
    location = urlsplit(answer.headers["Location"])
    assert (location.scheme, location.netloc) == ("https", "app.example")
    return parse_qs(location.query)


def test_the_whole_way(client: Client) -> None:
    client.register(client_name="Shop", optional_scope=frozenset({"orders"}))
    page = client.ask(scope="albums orders", state="s")
    assert page.status_int == 200
    assert page.html.find(id="client").get_text() == "Shop"
    assert page.form["scope"].checked
    answer = allow(page)
    assert answer["state"] == ["s"]
    assert answer["code"][0].startswith("oac_")


def test_deny(client: Client) -> None:
    client.register()
    answer = client.ask().form.submit("decision", value="deny")
    assert "error=access_denied" in answer.headers["Location"]


def test_a_form_from_elsewhere(client: Client) -> None:
    client.register()
    form = client.ask().form
    form["oauth2_browser_token"].force_value("0" * 32)
    refused = form.submit("decision", value="allow", status=403)
    assert "another_browser" in refused.text


def test_attacks_by_name_and_scope_are_text(client: Client) -> None:
    client.register(client_name=PAYLOAD, client_uri=f"https://app.example/{quote(PAYLOAD)}")
    page = client.ask(scope="attack", state=PAYLOAD)
    check_harmless(page)
    assert page.html.find(id="client").get_text() == PAYLOAD
    assert PAYLOAD in page.html.form.li.get_text()
    assert allow(page)["state"] == [PAYLOAD]


def test_attacks_by_the_request_are_not_repeated(client: Client) -> None:
    client.register()
    for page in (
        client.ask(PAYLOAD, state=PAYLOAD),
        client.ask(redirect_uri=PAYLOAD, state=PAYLOAD),
        client.browser.get(f"{client.prefix}/oauth2/authorize?interaction=<b>evil", status="*"),
    ):
        assert page.status_int == 400
        check_harmless(page)
        assert "alert" not in page.text


def test_attacks_by_form_post(client: Client) -> None:
    client.register(optional_scope=frozenset({"orders"}))
    page = client.ask(response_mode="form_post", state=PAYLOAD)
    check_harmless(page)
    posted = page.form.submit("decision", value="allow")
    check_harmless(posted)
    assert posted.form.action == "https://app.example/callback"
    assert posted.form["state"].value == PAYLOAD


def below(prefix: str) -> Callable[[Any], Any]:
    """Mount an application like a composite: its prefix goes to SCRIPT_NAME."""

    def mount(application: Any) -> Any:
        def mounted(environ: dict[str, Any], start_response: Any) -> Any:
            assert environ["PATH_INFO"].startswith(prefix)
            environ["SCRIPT_NAME"] = prefix
            environ["PATH_INFO"] = environ["PATH_INFO"].removeprefix(prefix)
            return application(environ, start_response)

        return mounted

    return mount


def links(page: TestResponse) -> list[str]:
    return [page.form.action, *(link["href"] for link in page.html.find_all("link"))]


def test_mounted_below_a_path() -> None:
    settings = {"oauth2.issuer": "http://localhost/auth"}
    client = Client(settings, mount=below("/auth"), prefix="/auth")
    client.register()
    page = client.ask()
    assert links(page) == [
        "http://localhost/auth/oauth2/authorize",
        "/auth/oauth2/static/base.css",
        "/auth/oauth2/static/pages.css",
        "/auth/oauth2/static/forms.css",
    ]
    for link in links(page)[1:]:
        assert client.browser.get(link).content_type == "text/css"
    assert "code" in allow(page)


def test_behind_a_proxy_that_cuts_the_path_off() -> None:
    """The public path is in the settings; the application does not see it."""
    client = Client({"oauth2.issuer": "http://localhost/auth"})
    client.register()
    assert links(client.ask()) == [
        "http://localhost/auth/oauth2/authorize",
        "/auth/oauth2/static/base.css",
        "/auth/oauth2/static/pages.css",
        "/auth/oauth2/static/forms.css",
    ]


def test_behind_a_proxy_that_ends_tls_and_rewrites_host() -> None:
    client = Client(
        {"oauth2.issuer": "https://auth.example"},
        **{"HTTP_HOST": "internal.example:8080", "wsgi.url_scheme": "https"},
    )
    client.register()
    page = client.ask()
    assert "internal" not in page.text
    assert page.form.action == "https://auth.example/oauth2/authorize"
    cookies = [value for name, value in page.headerlist if name == "Set-Cookie"]
    (cookie,) = (value for value in cookies if "oauth2_browser" in value)
    assert cookie.startswith("__Host-oauth2_browser=")
    assert {"secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "domain" not in cookie.lower()
    answer = allow(page)
    assert answer["iss"] == ["https://auth.example"]
