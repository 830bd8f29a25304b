"""An application without subscribers of its own pays for no event of Pyramid."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from pyramid.config import Configurator
from pyramid.events import ApplicationCreated, BeforeRender, ContextFound, NewRequest
from pyramid.response import Response
from webob import Request
from zope.interface import Interface

from pyramid_oauth2.events import OAuth2Event, TokenIssued
from pyramid_oauth2.interfaces import IOAuth2Event
from pyramid_oauth2.testing import memory_backend


def start(*interfaces: Any, seen: list[Any] | None = None) -> Any:
    config = Configurator(settings={"oauth2.issuer": "http://localhost"} | memory_backend())
    config.include("pyramid_oauth2")
    config.add_route("page", "/page")
    config.add_view(lambda request: Response("page"), route_name="page")
    events = [] if seen is None else seen
    for interface in interfaces:
        config.add_subscriber(lambda event: events.append(event), interface)
    return config.make_wsgi_app()


def test_our_own_subscribers_cost_other_views_nothing():
    assert not start().registry.has_listeners


@pytest.mark.parametrize(
    "interface",
    [NewRequest, ContextFound, BeforeRender, Interface, None, TokenIssued, IOAuth2Event],
)
def test_one_of_the_application_is_notified(interface: Any):
    assert start(interface).registry.has_listeners


class DeviceApproved(OAuth2Event):
    """An event of the application."""


def test_an_event_of_the_application_is_in_the_audit_log(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.INFO, "pyramid_oauth2.audit"):
        start().registry.notify(DeviceApproved())
    assert "event=DeviceApproved" in caplog.text


def test_an_event_of_the_application_reaches_its_subscriber():
    seen: list[Any] = []
    registry = start(DeviceApproved, seen=seen).registry
    registry.notify(DeviceApproved())
    assert [type(event) for event in seen] == [DeviceApproved]


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
