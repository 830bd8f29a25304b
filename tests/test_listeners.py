"""An application without subscribers of its own pays for no event of Pyramid."""

from __future__ import annotations

from typing import Any

import pytest
from pyramid.config import Configurator
from pyramid.events import ApplicationCreated, BeforeRender, ContextFound, NewRequest
from pyramid.response import Response
from webob import Request
from zope.interface import Interface

from pyramid_oauth2.events import TokenIssued
from pyramid_oauth2.interfaces import IOAuth2Event
from pyramid_oauth2.testing import memory_backend


def start(*interfaces: Any, seen: list[Any] | None = None) -> Any:
    config = Configurator(settings={"oauth2.issuer": "http://localhost"} | memory_backend())
    config.include("pyramid_oauth2")
    config.add_route("page", "/page")
    config.add_view(lambda request: Response("page"), route_name="page")
    for interface in interfaces:
        config.add_subscriber(lambda event: (seen or []).append(event), interface)
    return config.make_wsgi_app()


@pytest.mark.parametrize("interfaces", [(), (IOAuth2Event,), (TokenIssued, IOAuth2Event)])
def test_subscribers_of_our_events_cost_other_views_nothing(interfaces: tuple[Any, ...]):
    assert not start(*interfaces).registry.has_listeners


@pytest.mark.parametrize("interface", [NewRequest, ContextFound, BeforeRender, Interface, None])
def test_one_of_the_application_is_notified(interface: Any):
    assert start(interface).registry.has_listeners


def test_the_second_application_of_a_registry_is_announced_too():
    assert start(ApplicationCreated).registry.has_listeners


@pytest.mark.parametrize("interface", [NewRequest, ApplicationCreated])
def test_one_that_is_a_built_in_method(interface: Any):
    config = Configurator(settings={"oauth2.issuer": "http://localhost"} | memory_backend())
    config.include("pyramid_oauth2")
    config.add_subscriber([].append, interface)
    assert config.make_wsgi_app().registry.has_listeners


def test_an_adapter_of_the_application_is_called():
    config = Configurator(settings={"oauth2.issuer": "http://localhost"} | memory_backend())
    config.include("pyramid_oauth2")
    config.registry.registerSubscriptionAdapter(lambda event: None, (Interface,), Interface)
    assert config.make_wsgi_app().registry.has_listeners


def test_a_later_subscriber_is_notified():
    app, seen = start(), []
    app.registry.registerHandler(seen.append, (NewRequest,))
    Request.blank("/page").get_response(app)
    assert [type(event) for event in seen] == [NewRequest]
