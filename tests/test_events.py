"""Events reach their subscribers, and no subscriber changes a response."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError
from pyramid.registry import Registry
from zope.interface.verify import verifyObject

from pyramid_oauth2.events import (
    ClientAuthenticationFailed,
    ClientIdPredicate,
    OAuth2Event,
    TokenIssued,
    notify,
)
from pyramid_oauth2.interfaces import IOAuth2Event
from pyramid_oauth2.testing import memory_backend


class Manager:
    def __init__(self):
        self.doomed = 0

    def doom(self):
        self.doomed += 1


class Request:
    def __init__(self, *subscribers, transaction=False):
        self.registry = Registry()
        self.environ = {"tm.active": True} if transaction else {}
        self.tm = Manager()
        for interface, subscriber in subscribers:
            self.registry.registerHandler(subscriber, [interface])


def issued(request):
    return TokenIssued(
        request=request,
        client_id="robot",
        grant_type="client_credentials",
        subject=None,
        scope=frozenset({"read"}),
        expires_in=3600,
    )


def failing(event):
    raise RuntimeError("boom")


def test_an_event_is_what_its_interface_says():
    assert verifyObject(IOAuth2Event, issued(Request()))


@pytest.mark.parametrize("interface", [IOAuth2Event, TokenIssued])
def test_by_class_or_interface(interface):
    heard = []
    if interface is TokenIssued:
        from zope.interface import implementedBy

        interface = implementedBy(interface)
    request = Request((interface, heard.append))
    event = issued(request)
    notify(request.registry, event, request)
    assert heard == [event]


def test_one_that_fails_is_logged_and_the_others_are_told(caplog):
    heard = []
    request = Request((IOAuth2Event, failing), (IOAuth2Event, heard.append))
    notify(request.registry, issued(request), request)
    assert len(heard) == 1
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert "TokenIssued" in record.getMessage()


def test_what_it_had_begun_is_rolled_back():
    request = Request((IOAuth2Event, failing), transaction=True)
    notify(request.registry, issued(request), request)
    assert request.tm.doomed == 1


def test_without_a_transaction_there_is_none_to_roll_back():
    request = Request((IOAuth2Event, failing))
    notify(request.registry, issued(request), request)
    assert request.tm.doomed == 0


def test_one_that_works_dooms_nothing():
    request = Request((IOAuth2Event, lambda event: None), transaction=True)
    notify(request.registry, issued(request), request)
    assert request.tm.doomed == 0


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_the_end_of_the_process_is_no_failure_of_a_subscriber(error):
    def stop(event):
        raise error

    request = Request((IOAuth2Event, stop))
    with pytest.raises(error):
        notify(request.registry, issued(request), request)


def test_the_request_is_not_shown():
    assert "Request" not in repr(issued(Request()))


class TestPredicates:
    @staticmethod
    def listening(heard, interface=IOAuth2Event, **predicates):
        """The registry of an application with a subscriber."""
        config = Configurator(settings={"oauth2.issuer": "http://localhost", **memory_backend()})
        config.include("pyramid_oauth2")
        config.add_subscriber(heard.append, interface, **predicates)
        config.commit()
        return config.registry

    @pytest.mark.parametrize(
        ("predicates", "matches"),
        [
            ({"client_id": "robot"}, True),
            ({"client_id": "web"}, False),
            ({"client_id": ("web", "robot")}, True),
            ({"client_id": ["web", "app"]}, False),
            ({"client_id": {"robot"}}, True),
            ({"grant_type": "client_credentials"}, True),
            ({"grant_type": "refresh_token"}, False),
            ({"grant_type": ("refresh_token", "client_credentials")}, True),
            ({"client_id": "robot", "grant_type": "client_credentials"}, True),
            ({"client_id": "web", "grant_type": "client_credentials"}, False),
        ],
        ids=str,
    )
    @pytest.mark.parametrize("interface", [IOAuth2Event, OAuth2Event, TokenIssued])
    def test_they_choose(self, interface, predicates, matches):
        heard = []
        notify(self.listening(heard, interface, **predicates), issued(None))
        assert len(heard) == matches

    @pytest.mark.parametrize("attribute", ["client_id", "grant_type"])
    def test_an_event_that_lacks_the_field_does_not_match(self, attribute):
        heard = []
        registry = self.listening(heard, **{attribute: "password"})
        notify(registry, OAuth2Event())
        notify(registry, ClientAuthenticationFailed(client_id=None, method="m", remote_addr=None))
        assert heard == []

    def test_the_implicit_grant_needs_no_grant_type_of_the_token_endpoint(self):
        heard = []
        registry = self.listening(heard, grant_type="implicit")
        notify(registry, replace(issued(None), grant_type="implicit"))
        assert len(heard) == 1

    @pytest.mark.parametrize(
        ("predicates", "hint"),
        [
            (
                {"grant_type": "refersh_token"},
                "there is no grant type refersh_token. Registered are: ",
            ),
            ({"grant_type": ["password", "pasword"]}, "there is no grant type pasword."),
            ({"client_id": 5}, "write a text, or a list of texts"),
            ({"client_id": ["web", None]}, "write a text, or a list of texts"),
            ({"client_id": []}, "client_id=\\[\\] matches no event"),
        ],
    )
    def test_what_can_never_match_stops_the_start(self, predicates, hint):
        with pytest.raises(ConfigurationError, match=hint):
            self.listening([], **predicates)

    def test_introspection_shows_them(self):
        values = {"web", "app"}
        assert ClientIdPredicate(values, None).text() == "client_id = app, web"
        assert ClientIdPredicate(values, None).phash() == "client_id = app, web"
