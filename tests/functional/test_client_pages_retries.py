"""The pages for clients under pyramid_tm and pyramid_retry: a form has its effect once.

A generated secret is not in any store, so the response that contains it must be the
one that is sent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pyramid.config import Configurator

from pyramid_oauth2.events import ClientChanged

from . import host
from .client_pages import SWITCHED_ON, ClientPages, names
from .server import Server, basic
from .test_authorize_retries import Failures


@pytest.fixture
def failures() -> Failures:
    return Failures()


@pytest.fixture
def heard() -> list[tuple[str, bool]]:
    return []


@pytest.fixture
def pages(
    settings: dict[str, Any],
    serve: Callable[..., Server],
    failures: Failures,
    heard: list[tuple[str, bool]],
) -> ClientPages:
    config = Configurator(settings={**settings, **SWITCHED_ON})
    for name in ("pyramid_oauth2", host.users, "pyramid_tm", "pyramid_retry"):
        config.include(name)
    host.pages(config)
    config.registry["failures"] = failures
    config.add_tween(
        "tests.functional.test_authorize_retries.failing_tween",
        under="pyramid_tm.tm_tween_factory",
    )
    config.add_subscriber(
        lambda event: heard.append((event.change, event.redelivered)), ClientChanged
    )
    pages = ClientPages(serve(config.make_wsgi_app()))
    heard.clear()
    return pages


def test_registering(pages: ClientPages, failures: Failures, heard: list[tuple[str, bool]]):
    form = pages.get("register", kind="machine").form
    form["client_name"] = "Nightly"
    form.fields["scope"][0].checked = True
    failures.next = True
    page = form.submit(status=200)
    first, second = failures.seen
    assert first.body == second.body == page.body
    client_id = page.html.find("code", class_="copy").string
    login = basic(client_id, page.html.find(id="secret").string)
    failures.next = False
    assert pages.server.post({"grant_type": "client_credentials"}, login).status_int == 200
    assert sorted(names(pages.get())) == ["Nightly", "robot"]
    assert heard == [("registered", False), ("registered", True)]


def test_rotating(pages: ClientPages, failures: Failures, heard: list[tuple[str, bool]]):
    form = pages.get("secret", client_id="robot").form
    form["overlap"] = "now"
    failures.next = True
    secret = form.submit(status=200).html.find(id="secret").string
    failures.next = False
    login = basic("robot", secret)
    assert pages.server.post({"grant_type": "client_credentials"}, login).status_int == 200
    assert pages.client("robot").version == 1
    assert heard == [("secret rotated", False), ("secret rotated", True)]


def test_deleting(pages: ClientPages, failures: Failures):
    page = pages.get("delete", client_id="robot")
    page.form["name"] = "robot"
    failures.next = True
    answer = page.form.submit(status=303)
    assert answer.location.endswith("?done=deleted&client_id=robot")
    assert len(failures.seen) == 2


def test_a_browser_that_was_never_here_gets_the_cookie_that_its_form_has(
    pages: ClientPages, failures: Failures
):
    failures.next = True
    page = pages.get("delete", client_id="robot")
    assert page.form["oauth2_browser_token"].value.endswith(f".{pages.token}")
    page.form["name"] = "robot"
    page.form.submit(status=303)


def test_a_subscriber_that_fails_changes_no_answer(
    start_pages: Callable[..., ClientPages], caplog: pytest.LogCaptureFixture
):
    def fails(config: Any) -> None:
        config.include("pyramid_tm")
        config.add_subscriber(lambda event: 1 / 0, ClientChanged)

    pages = start_pages(fails)
    page = pages.register("machine")
    assert page.html.find(id="secret").string
    assert "A subscriber of ClientChanged failed" in caplog.text
    assert page.html.find(id="secret").string not in caplog.text
