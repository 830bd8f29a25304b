"""An ini that lists ``pyramid.tweens`` drops those that are not in it: the start names ours."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from pyramid.config import Configurator
from pyramid.tweens import EXCVIEW
from webob import Request

from pyramid_oauth2.testing import memory_backend

WAITING = "pyramid_oauth2.views.waiting.waiting_tween"
UNDECODABLE = "pyramid_oauth2.views.undecodable.undecodable_tween"
SECONDS = "pyramid_oauth2.monitoring.metrics.request_seconds_tween"
BOTH = f"{WAITING} {UNDECODABLE}"
SERVER = {
    "oauth2.issuer": "http://localhost",
    "oauth2.grant_types": "client_credentials",
    "oauth2.scopes": "read = Read",
} | memory_backend()
METRICS = {"oauth2.metrics": "true"}
RESOURCE_SERVER = {
    "oauth2.mode": "resource_server",
    "oauth2.issuer": "http://localhost",
    "oauth2.base_url": "http://localhost:6544",
    "oauth2.introspection.url": "http://localhost/oauth2/introspect",
    "oauth2.introspection.client_id": "api",
    "oauth2.introspection.client_secret": "a secret",
}


def start(settings: dict[str, str], tweens: str | None) -> Any:
    listed = {} if tweens is None else {"pyramid.tweens": tweens}
    config = Configurator(settings=settings | listed)
    config.include("pyramid_oauth2")
    return config.make_wsgi_app()


def warnings_in(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]


@pytest.mark.parametrize(
    ("settings", "tweens", "missing"),
    [
        (SERVER, EXCVIEW, BOTH),
        (SERVER, f"{WAITING} {EXCVIEW}", UNDECODABLE),
        (SERVER | METRICS, f"{BOTH} {EXCVIEW}", SECONDS),
        (SERVER | METRICS, EXCVIEW, f"{BOTH} {SECONDS}"),
        (RESOURCE_SERVER, EXCVIEW, BOTH),
    ],
)
def test_what_the_list_lacks_is_said_once(
    settings: dict[str, str], tweens: str, missing: str, caplog: pytest.LogCaptureFixture
):
    start(settings, tweens)
    (warning,) = warnings_in(caplog)
    assert "pyramid.tweens" in warning
    assert warning.endswith(f": {missing}")


@pytest.mark.parametrize(
    "tweens",
    [
        pytest.param(None, id="no list"),
        pytest.param("", id="empty list"),
        pytest.param(f"{BOTH} {EXCVIEW}", id="complete"),
        pytest.param(f"{BOTH} {EXCVIEW}".replace(".undecodable_", ":undecodable_"), id="a colon"),
    ],
)
def test_nothing_is_said_if_all_are_called(tweens: str | None, caplog: pytest.LogCaptureFixture):
    start(SERVER, tweens)
    assert warnings_in(caplog) == []


def test_the_line_that_is_named_is_the_cure(caplog: pytest.LogCaptureFixture):
    app = start(SERVER, EXCVIEW)
    with pytest.raises(UnicodeDecodeError):
        Request.blank("/%ff").get_response(app)
    line = warnings_in(caplog)[0].rpartition(": ")[2]
    cured = start(SERVER, f"{line}\n{EXCVIEW}")
    assert Request.blank("/%ff").get_response(cured).status_int == 400
