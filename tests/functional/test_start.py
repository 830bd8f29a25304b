"""A mistake in the configuration prevents the start; the message names it and its cure."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError
from pyramid.response import Response

from pyramid_oauth2 import get_service, migrations
from tests.ports import HOST, free_port

from . import host
from .conftest import BASE
from .server import Server


def start(**changes: Any) -> Any:
    return start_with(lambda config: None, **changes)


def start_with(configure: Callable[[Any], None], **changes: Any) -> Any:
    settings = {**BASE, "oauth2.backend": "memory", "oauth2.grant_types": ""}
    settings |= {key.replace("__", "."): value for key, value in changes.items()}
    config = Configurator(settings=settings)
    config.include("pyramid_oauth2")
    config.add_route("login", "/login")
    configure(config)
    return config.make_wsgi_app()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"oauth2__issuer": ""}, ["oauth2.issuer is missing"], id="no issuer"),
        pytest.param({"oauth2__backend": ""}, ["oauth2.backend is missing"], id="no backend"),
        pytest.param(
            {"oauth2__isuer": "x"}, ["oauth2.isuer", "Did you mean oauth2.issuer"], id="typo"
        ),
        pytest.param(
            {"oauth2__sqlachemy.url": "x"},
            ["oauth2.sqlachemy.url", "Did you mean oauth2.sqlalchemy.url"],
            id="typo in a prefix",
        ),
        pytest.param(
            {"oauth2__issuer": "http://auth.example.com"},
            ["loopback", "https://auth.example.com"],
            id="http issuer on a public host",
        ),
        pytest.param(
            {"oauth2__issuer": "https://auth.example.com/"}, ["slash"], id="issuer with a slash"
        ),
        pytest.param(
            {"oauth2__backend": "mongo"},
            ["'mongo'", "memory", "add_oauth2_backend"],
            id="unknown backend",
        ),
        pytest.param(
            {"oauth2__grant_types": "client_credentials magic"},
            ["magic", "client_credentials, password"],
            id="unknown grant type",
        ),
        pytest.param(
            {"oauth2__grant_types": "password"},
            ["set_oauth2_resource_owners", "authenticate"],
            id="password grant without users",
        ),
        pytest.param(
            {"oauth2__default_scopes": "read admin"},
            ["oauth2.default_scopes", "admin", "read write"],
            id="unknown default scope",
        ),
        pytest.param(
            {"oauth2__issuer": "https://a.example", "oauth2__enforce_https": "false"},
            ["oauth2.enforce_https", "proxy"],
            id="https not enforced",
        ),
        pytest.param(
            {"oauth2__enforce_https": "true"},
            ["oauth2.enforce_https", "http issuer"],
            id="https enforced for an http issuer",
        ),
        pytest.param(
            {"oauth2__login_route": "logn"},
            ["oauth2.login_route = logn", "no such route", "Did you mean login?"],
            id="typo in the login route",
        ),
        pytest.param(
            {"oauth2__renderer.error": "pyramid_oauth2:templates/eror.oauth2"},
            ["oauth2.renderer.error = pyramid_oauth2:templates/eror.oauth2", "TemplateNotFound"],
            id="typo in a template",
        ),
        pytest.param(
            {"oauth2__renderer.consent": "shop:consent.mako"},
            ["oauth2.renderer.consent", "No such renderer factory .mako"],
            id="template of an unknown kind",
        ),
    ],
)
def test_a_mistake_in_the_settings(changes: dict[str, str], words: list[str]):
    with pytest.raises(ConfigurationError) as caught:
        start(**changes)
    for word in words:
        assert word in str(caught.value)


def test_all_mistakes_are_told_at_once():
    with pytest.raises(ConfigurationError) as caught:
        start(oauth2__isuer="x", oauth2__client_cache="soon", oauth2__scopes="read")
    for word in ("oauth2.isuer", "oauth2.client_cache", "oauth2.scopes"):
        assert word in str(caught.value)


def test_a_backend_by_dotted_name_that_is_not_there():
    with pytest.raises((ConfigurationError, ImportError), match="nowhere"):
        start(oauth2__backend="nowhere.at.all")


# Without the code flow, for which the start asks for a login.
NO_PAGES = {"oauth2.grant_types": "client_credentials"}


class TestAStoreThatCannotBeUsed:
    """It is said at the start, which it does not prevent: the store may come later."""

    def test_without_tables(self, tmp_path: Path, caplog: pytest.LogCaptureFixture):
        url = f"sqlite:///{tmp_path}/oauth2.sqlite"
        app = start(**NO_PAGES, oauth2__backend="sqlalchemy", **{"oauth2.sqlalchemy.url": url})
        assert warnings_in(caplog) == [
            "The store sqlalchemy cannot be used; requests that need it get 503 until it can. "
            "The tables of pyramid_oauth2 are missing or out of date: run poauth2 INI db upgrade"
        ]
        migrations.upgrade(url)
        assert Server(app).ask().status_int == 200

    def test_a_server_that_is_down(self, caplog: pytest.LogCaptureFixture):
        url = f"redis://{HOST}:{free_port()}/0"
        assert start(**NO_PAGES, oauth2__backend="redis", **{"oauth2.redis.url": url})
        (warning,) = warnings_in(caplog)
        assert "The store redis cannot be used" in warning

    def test_with_tables_nothing_is_said(self, tmp_path: Path, caplog: pytest.LogCaptureFixture):
        url = f"sqlite:///{tmp_path}/oauth2.sqlite"
        migrations.upgrade(url)
        app = start(**NO_PAGES, oauth2__backend="sqlalchemy", **{"oauth2.sqlalchemy.url": url})
        assert warnings_in(caplog) == []
        service = get_service(app.registry)
        # What is open when a server forks its workers, they have too.
        assert service.backends["sqlalchemy"]._database.engine.pool.checkedin() == 0


def warnings_in(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]


def test_no_include_no_service():
    with pytest.raises(ConfigurationError, match=r"config\.include"):
        get_service(Configurator().registry)


def test_the_service_is_there_without_a_request(server: Server):
    assert get_service(server.registry) is get_service(server.registry)


def test_a_role_that_a_backend_does_not_fill(settings: dict[str, Any]):
    class Halves:
        clients = grants = consents = None

        def close(self) -> None:
            pass

    config = Configurator(
        settings={**settings, "oauth2.grant_types": "", "oauth2.backend.consents": "halves"}
    )
    config.include("pyramid_oauth2")
    config.add_oauth2_backend("halves", lambda settings: Halves())
    with pytest.raises(ConfigurationError, match=r"oauth2\.backend\.consents"):
        config.make_wsgi_app()


def test_roles_in_different_backends(build: Callable[..., Server], storage: dict[str, str]):
    server = build(changes={"oauth2.backend.clients": "memory"})
    assert server.ask().status_int == 200
    names = {type(backend).__name__ for backend in server.service.backends.values()}
    other = storage["oauth2.backend"] != "memory"
    assert names == {"MemoryBackend", "SQLAlchemyBackend"} if other else {"MemoryBackend"}


@pytest.mark.parametrize("pattern", ["/{lang}/login", "/login/*rest", "/login/{when:[0-9]+}"])
def test_a_login_route_with_a_variable(pattern: str):
    """Each login would be a KeyError."""

    def route(config: Any) -> None:
        config.add_route("sign_in", pattern)

    with pytest.raises(
        ConfigurationError, match=r"has the variable (lang|rest|when).*pregenerator"
    ):
        start_with(route, oauth2__login_route="sign_in")


def test_a_login_route_that_fills_in_its_variable():
    def english(request: Any, elements: Any, kw: Any) -> Any:
        return elements, {"lang": "en", **kw}

    def route(config: Any) -> None:
        config.add_route("sign_in", "/{lang}/login", pregenerator=english)
        config.add_route("elsewhere", "https://login.example/sign-in")

    for name in ("sign_in", "elsewhere", "login"):
        start_with(route, oauth2__login_route=name)


BARE = "is not sent to a login at"


def forbidden(config: Any) -> None:
    config.add_forbidden_view(lambda request: Response("sign in"))


def for_every_error(config: Any) -> None:
    config.add_exception_view(lambda request: Response("sorry"))


def of_our_route(config: Any) -> None:
    config.add_forbidden_view(lambda request: Response("x"), route_name="oauth2.authorize")


def of_another_route(config: Any) -> None:
    config.add_forbidden_view(lambda request: Response("x"), route_name="login")


def in_cases(config: Any) -> None:
    for method in ("GET", "POST"):
        config.add_forbidden_view(lambda request: Response("sign in"), request_method=method)


@pytest.mark.parametrize(
    ("configure", "changes", "warned"),
    [
        (None, {}, True),
        (of_another_route, {}, True),
        (None, {"oauth2__login_route": "login"}, False),
        (None, {"oauth2__grant_types": "client_credentials"}, False),
        (forbidden, {}, False),
        # Pyramid's own view for HTTP exceptions is more specific than one for every exception.
        (for_every_error, {}, True),
        (of_our_route, {}, False),
        (in_cases, {}, False),
    ],
)
def test_no_way_to_sign_in_is_said(
    caplog: pytest.LogCaptureFixture, configure: Any, changes: dict[str, str], warned: bool
):
    with caplog.at_level(logging.WARNING):
        start_with(configure or (lambda config: None), **changes)
    assert (BARE in caplog.text) is warned


CLIENTS_ONLY = {"oauth2__grant_types": "client_credentials"}
SELF_SERVICE = {"oauth2__self_service": "true"}
ADMIN = {"oauth2__admin": "true", "oauth2__admin_principals": "admin"}
LOGIN = {"oauth2__login_route": "login"}
AUTHORIZATION_PAGE = "the authorization endpoint"
OWN_PAGES = "/oauth2/applications (oauth2.self_service)"
ADMIN_PAGES = "/oauth2/admin/clients (oauth2.admin)"


def of_self_service(config: Any) -> None:
    for page in ("applications", "authorize"):
        config.add_forbidden_view(lambda request: Response("x"), route_name=f"oauth2.{page}")


@pytest.mark.parametrize(
    ("configure", "changes", "named"),
    [
        (None, {**CLIENTS_ONLY, **SELF_SERVICE}, {OWN_PAGES}),
        (None, SELF_SERVICE, {AUTHORIZATION_PAGE, OWN_PAGES}),
        (of_our_route, SELF_SERVICE, {OWN_PAGES}),
        (None, {**SELF_SERVICE, **LOGIN}, set()),
        (None, {**CLIENTS_ONLY, **ADMIN}, {ADMIN_PAGES}),
        (None, {**SELF_SERVICE, **ADMIN}, {AUTHORIZATION_PAGE, OWN_PAGES, ADMIN_PAGES}),
        (None, {**ADMIN, **LOGIN}, set()),
        (of_self_service, {**SELF_SERVICE, **ADMIN}, {ADMIN_PAGES}),
        (forbidden, {**SELF_SERVICE, **ADMIN}, set()),
    ],
)
def test_pages_for_managing_clients_where_no_user_can_sign_in(
    caplog: pytest.LogCaptureFixture, configure: Any, changes: dict[str, str], named: set[str]
):
    def configured(config: Any) -> None:
        host.policy(config)
        if configure is not None:
            configure(config)

    with caplog.at_level(logging.WARNING):
        start_with(configured, **changes)
    warnings = [r.getMessage() for r in caplog.records if BARE in r.getMessage()]
    pages = (AUTHORIZATION_PAGE, OWN_PAGES, ADMIN_PAGES)
    assert {page for page in pages if any(page in each for each in warnings)} == named


LOOP = "is not recognised at"


class Subjects:
    def subject(self, request: Any) -> str | None:
        return None


def owners(config: Any) -> None:
    config.set_oauth2_resource_owners(Subjects())


@pytest.mark.parametrize(
    ("configure", "changes", "named"),
    [
        ((), LOGIN, {AUTHORIZATION_PAGE}),
        ((), {**LOGIN, "oauth2__security_policy": "false"}, {AUTHORIZATION_PAGE}),
        # Their method authenticate(), for the password grant, is not about who is signed in.
        ((host.users,), LOGIN, {AUTHORIZATION_PAGE}),
        ((forbidden,), {}, {AUTHORIZATION_PAGE}),
        ((), {**LOGIN, **SELF_SERVICE}, {AUTHORIZATION_PAGE, OWN_PAGES}),
        ((), {**LOGIN, **SELF_SERVICE, **CLIENTS_ONLY}, {OWN_PAGES}),
        ((), {**LOGIN, **CLIENTS_ONLY}, set()),
        ((owners,), LOGIN, set()),
        ((host.policy,), LOGIN, set()),
        ((host.policy,), {**LOGIN, "oauth2__security_policy": "false"}, set()),
        # There the first warning is that nothing leads to a login.
        ((), {}, set()),
    ],
)
def test_a_login_that_no_page_can_recognise(
    caplog: pytest.LogCaptureFixture, configure: Any, changes: dict[str, str], named: set[str]
):
    def configured(config: Any) -> None:
        for each in configure:
            each(config)

    start_with(configured, **changes)
    # At most once, for all pages.
    warning = "".join(each for each in warnings_in(caplog) if LOOP in each)
    assert warning.count(LOOP) == bool(named)
    assert {page for page in (AUTHORIZATION_PAGE, OWN_PAGES) if page in warning} == named
    for cure in ("config.set_security_policy(...)", "config.set_oauth2_resource_owners(...)"):
        assert (cure in warning) is bool(named)
