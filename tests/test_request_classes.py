"""Requests of an application share a class; what an application adds to them works as before."""

from __future__ import annotations

from typing import Any

import pytest
from pyramid.config import Configurator
from pyramid.interfaces import IRequestExtensions
from pyramid.request import Request
from pyramid.response import Response
from pyramid.scripting import prepare

from pyramid_oauth2.request_classes import MOST, KeptClasses
from pyramid_oauth2.testing import memory_backend


class OwnRequest(Request):  # type: ignore[misc]
    """A request of the application."""


def page(request: Any) -> Response:
    request.registry["seen"].append(request)
    if inner := request.GET.get("inner"):
        return request.invoke_subrequest(Request.blank(inner))
    return Response(f"{request.counted} {request.counted} {request.doubled(4)}")


@pytest.fixture(params=[Request, OwnRequest])
def app(request: pytest.FixtureRequest) -> Any:
    config = Configurator(settings={"oauth2.issuer": "http://localhost"} | memory_backend())
    config.set_request_factory(request.param)
    config.include("pyramid_oauth2")
    config.registry["seen"], numbers = [], iter(range(100))
    config.add_request_method(lambda request: next(numbers), "counted", reify=True)
    config.add_request_method(lambda request: request.path, "own_path", property=True)
    config.add_request_method(lambda request, number: 2 * number, "doubled")
    config.add_route("page", "/page")
    config.add_view(page, route_name="page")
    return config.make_wsgi_app()


def ask(app: Any, path: str = "/page") -> tuple[str, Any]:
    response = Request.blank(path).get_response(app)
    return response.text, app.registry["seen"][-1]


def test_they_have_one_class(app: Any):
    (_, first), (_, second) = ask(app), ask(app)
    assert type(first) is type(second)
    assert type(first).__mro__[1] is app.request_factory
    assert type(first).__name__ == app.request_factory.__name__


def test_a_value_is_computed_once_for_each(app: Any):
    assert [ask(app)[0] for _ in range(3)] == ["0 0 8", "1 1 8", "2 2 8"]


def test_a_value_that_is_set_stays_in_its_request(app: Any):
    (_, first), (_, second) = ask(app), ask(app)
    first.own_path = "/another"
    assert (first.own_path, second.own_path) == ("/another", "/page")
    del first.counted
    assert second.counted == 1


def test_a_subrequest_of_any_class(app: Any):
    assert ask(app, "/page?inner=/page")[0] == "0 0 8"


def test_a_property_that_is_added_later(app: Any):
    ask(app)
    config = Configurator(registry=app.registry, autocommit=True)
    config.add_request_method(lambda request: "late", "late", property=True)
    assert ask(app)[1].late == "late"


def test_a_request_of_a_script(app: Any):
    with prepare(registry=app.registry) as environment:
        assert environment["request"].own_path == "/"
        assert environment["request"].oauth2 is not None


def test_what_the_registry_has_is_not_replaced(app: Any):
    assert isinstance(app.request_extensions, KeptClasses)
    kept = app.registry.getUtility(IRequestExtensions)
    assert not isinstance(kept, KeptClasses)


def test_a_factory_that_makes_a_class_each_time_leaves_none_behind():
    def factory(environ: Any) -> Any:
        made = Request(environ)
        made.set_property(lambda request: "own", "own")
        return made

    factory.blank = Request.blank  # type: ignore[attr-defined]
    config = Configurator(settings={"oauth2.issuer": "http://localhost"} | memory_backend())
    config.set_request_factory(factory)
    config.include("pyramid_oauth2")
    config.add_route("page", "/page")
    config.add_view(lambda request: Response(request.own), route_name="page")
    app = config.make_wsgi_app()
    for _ in range(3 * MOST):
        assert Request.blank("/page").get_response(app).text == "own"
    assert len(app.request_extensions._classes) == MOST


def test_a_version_of_pyramid_that_does_it_in_another_way(monkeypatch: pytest.MonkeyPatch):
    def otherwise(request: Any, extensions: Any) -> None:
        """Set nothing."""

    monkeypatch.setattr("pyramid_oauth2.request_classes.apply_request_extensions", otherwise)
    config = Configurator(settings={"oauth2.issuer": "http://localhost"} | memory_backend())
    config.include("pyramid_oauth2")
    assert not isinstance(config.make_wsgi_app().request_extensions, KeptClasses)
