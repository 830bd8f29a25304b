"""The known clients in an application's own tests."""

from __future__ import annotations

import pytest

from pyramid_oauth2.testing.clients import play
from tests.simulation.applications import API, ISSUER, make


@pytest.mark.parametrize("of", ["application", "registry"])
def test_a_client_gets_through(of: str):
    app = make()
    steps = play("cursor", app if of == "application" else app.registry, user="7")
    assert all(step.is_green for step in steps)


def test_what_stops_it():
    steps = play("cursor", make(registration=None), user="7")
    (step,) = [each for each in steps if each.cures]
    assert step.cures[:2] == ("oauth2.profile = mcp", "oauth2.registration = open")


def test_a_user_whom_the_application_refuses():
    steps = play("claude", make(), user="8")
    assert not all(step.is_green for step in steps)


def test_one_of_several_apis():
    app = make(resources=f"{API} = read\n{ISSUER}/b = write")
    with pytest.raises(ValueError, match="several APIs"):
        play("claude", app, user="7")
    assert all(step.is_green for step in play("claude", app, user="7", resource=API))


def test_what_is_wrong():
    with pytest.raises(ValueError, match=r"unknown client: netscape; known: .*claude"):
        play("netscape", make(), user="7")
    with pytest.raises(TypeError, match="make_wsgi_app"):
        play("claude", object(), user="7")
