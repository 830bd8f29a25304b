"""The helpers for an application's own tests."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import pytest
from pyramid.config import Configurator
from pyramid.request import apply_request_extensions
from pyramid.response import Response
from webtest import TestApp

from pyramid_oauth2 import get_service
from pyramid_oauth2.testing import CLIENT_ID, bearer, memory_backend

SETTINGS = {"oauth2.issuer": "https://auth.example", "oauth2.scopes": "read = Read\nwrite = Write"}

RESOURCE_SERVER = {
    **SETTINGS,
    "oauth2.mode": "resource_server",
    "oauth2.base_url": "https://api.example",
    "oauth2.introspection.url": "https://id.example/introspect",
    "oauth2.introspection.client_id": "api",
    "oauth2.introspection.client_secret": "a secret",
}


def make_app(**settings: str) -> Any:
    config = Configurator(settings={**SETTINGS, **settings, **memory_backend()})
    config.include("pyramid_oauth2")
    return config.make_wsgi_app()


def test_in_memory_whatever_the_ini_chooses_for_a_role():
    split = {
        "oauth2.backend": "sqlalchemy",
        "oauth2.backend.grants": "redis",
        "oauth2.redis.url": "redis://nowhere.example/0",
    }
    assert set(get_service(make_app(**split).registry).backends) == {"memory"}


@pytest.mark.parametrize("of", ["application", "registry"])
@pytest.mark.parametrize("subject", ["bob", None])
def test_a_token_as_any_other(subject: str | None, of: str):
    app = make_app()
    headers = bearer(app if of == "application" else app.registry, subject, "write read")
    assert list(headers) == ["Authorization"]
    request = app.request_factory.blank("/", headers=headers)
    request.registry = app.registry
    apply_request_extensions(request)
    assert request.oauth2.subject == subject
    assert request.oauth2.scope == {"read", "write"}
    assert request.oauth2.client.client_id == CLIENT_ID


def test_each_is_another_of_one_client():
    app = make_app()
    assert bearer(app, "bob", "read") != bearer(app, "bob", "read")


@pytest.mark.parametrize("subject", ["bob", None])
@pytest.mark.parametrize(("age", "counts"), [(0, True), (3590, True), (3600, False)])
def test_an_old_one_ends_at_its_end(subject: str | None, age: int, counts: bool):
    app = make_app(**{"oauth2.access_token_lifetime": "3600"})
    headers = bearer(app, subject, "read", age=age)
    request = app.request_factory.blank("/", headers=headers)
    request.registry = app.registry
    apply_request_extensions(request)
    assert (request.oauth2.token is not None) is counts


def test_an_unknown_scope_is_a_mistake_of_the_test():
    with pytest.raises(ValueError, match=r"unknown scopes: raed; known: read write"):
        bearer(make_app(), "bob", "raed read")


def test_nobody_can_ask_for_tokens_as_its_client():
    app = make_app()
    bearer(app, "bob", "read")
    client = get_service(app.registry).server.clients.get(CLIENT_ID)
    assert client is not None
    assert (client.client_secrets, client.grant_types, client.public) == ((), (), False)


@pytest.mark.parametrize("settings", [SETTINGS, MappingProxyType(SETTINGS), {}])
def test_the_settings_of_the_application_with_the_change(settings: Any):
    assert memory_backend(settings) == {**settings, **memory_backend()}


@pytest.mark.parametrize(
    "changes",
    [
        {"oauth2.issuer": "https://id.example/"},
        {"oauth2.base_url": "http://localhost:6544"},
        {"oauth2.base_url": "https://api.example/v1"},
        {"oauth2.issuer": "http://localhost:4444", "oauth2.enforce_https": "true"},
        {"oauth2.base_url": "http://localhost:6544", "oauth2.enforce_https": "true"},
        {"oauth2.cors_paths": "/oauth2/token /oauth2"},
        {"oauth2.grant_types": "left behind", "oauth2.refresh_token_grace": "999d"},
    ],
    ids=str,
)
def test_a_resource_server_of_another_issuer(
    changes: dict[str, str], caplog: pytest.LogCaptureFixture
):
    """The tests start with what is right for the issuer of the other server, and no warning."""
    config = Configurator(settings=memory_backend({**RESOURCE_SERVER, **changes}))
    config.include("pyramid_oauth2")
    assert bearer(config.make_wsgi_app(), "bob", "read")
    assert caplog.messages == []


def test_a_resource_server_has_its_own_paths():
    """Where a server of tokens has its endpoints, a resource server has none."""

    def view(request: Any) -> Response:
        return Response(request.oauth2.subject)

    config = Configurator(settings=memory_backend(RESOURCE_SERVER))
    config.include("pyramid_oauth2")
    config.add_route("token", "/oauth2/token")
    config.add_view(view, route_name="token", oauth2_scope="read")
    app = config.make_wsgi_app()
    assert TestApp(app).get("/oauth2/token", headers=bearer(app, "bob", "read")).text == "bob"


def test_a_subject_that_is_no_text():
    with pytest.raises(TypeError, match=r"write bearer\(app, '1', \.\.\.\)"):
        bearer(make_app(), 1, "read")  # type: ignore[arg-type]


def test_an_application_that_is_wrapped():
    app = make_app()
    with pytest.raises(TypeError, match="A function is neither: keep the application from before"):
        bearer(lambda environ, start: app(environ, start), "bob", "read")


def test_a_token_for_one_of_several_apis():
    app = make_app(**{"oauth2.resources": "https://api.example = read"})
    assert bearer(app, "bob", "read", resource="https://api.example/")
    with pytest.raises(ValueError, match=r"unknown API: https://x\.example; known: https://api"):
        bearer(app, "bob", "read", resource="https://x.example")
