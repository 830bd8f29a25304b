"""Subscribers are told, and none of them changes an answer."""

from __future__ import annotations

import logging

import pytest
from pyramid.registry import Registry
from zope.interface.verify import verifyObject

from pyramid_oauth2.events import TokenIssued, notify
from pyramid_oauth2.interfaces import IOAuth2Event


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
