"""The application behind the ini, as a command starts it."""

from __future__ import annotations

import pytest
from pyramid.threadlocal import get_current_request

from pyramid_oauth2.scripts.ini import Ini

from . import guarded_root
from .test_client import WEB


@pytest.fixture
def guarded(with_tables):
    text = with_tables.path.read_text()
    with_tables.path.write_text(text.replace("scripts.application", "scripts.guarded_root"))
    return with_tables


def test_its_root_factory_is_not_called(guarded):
    """It may refuse a request without a user."""
    for words in (("client", "list"), ("views",), ("purge",), ("settings",)):
        status, _, err = guarded(*words)
        assert (status, err) == (0, "")


def test_its_code_finds_a_request_with_its_own_methods(guarded, monkeypatch):
    """And what a request method leaves to the end of the request is done."""
    monkeypatch.setattr(guarded_root, "FINISHED", [])
    status, _, err = guarded(*WEB, "--scope", "read")
    assert (status, err) == (0, "")
    assert guarded_root.FINISHED == ["the session"]


def test_the_request_is_current_for_as_long_as_the_command_runs(guarded):
    with Ini(str(guarded.path)).registry() as registry:
        request = get_current_request()
        assert request.registry is registry
        assert request.own_session == "the session"
        request.session_name = ""
    assert get_current_request() is None
