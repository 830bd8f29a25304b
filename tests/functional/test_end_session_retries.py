"""Signing out under pyramid_retry: the application's transaction fails once after the response."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from pyramid.config import Configurator

from pyramid_oauth2.events import SessionEnded

from . import host
from .flow import SETTINGS, Flow, register_clients
from .openid_provider import PROVIDER, Users
from .server import Server
from .signing_out import BYE, END_SESSION, Party, browser_cookie
from .test_authorize_retries import Failures
from .test_own_sign_out import own_sign_out


@pytest.fixture
def storage() -> dict[str, str]:
    """Nothing here depends on the store."""
    return {"oauth2.backend": "memory"}


@pytest.fixture
def failures() -> Failures:
    return Failures()


@pytest.fixture
def party(settings: dict[str, Any], serve: Callable[..., Server], failures: Failures) -> Party:
    named = {f"oauth2.{name}": value for name, value in PROVIDER.items()}
    config = Configurator(settings={**settings, **SETTINGS, **named})
    for name in ("pyramid_oauth2", "pyramid_tm", "pyramid_retry"):
        config.include(name)
    config.set_oauth2_resource_owners(Users())
    host.pages(config)
    own_sign_out(config)
    config.registry["failures"] = failures
    config.add_tween(
        "tests.functional.test_authorize_retries.failing_tween",
        under="pyramid_tm.tm_tween_factory",
    )
    server = serve(config.make_wsgi_app())
    register_clients(server)
    return Party(Flow(server).log_in())


def test_by_a_client(party: Party, failures: Failures):
    """The second attempt has the same response: the session that it would look for has ended."""
    before, failures.next = browser_cookie(party), True
    query = {"id_token_hint": party.id_token, "post_logout_redirect_uri": BYE}
    answer = party.flow.browser.get(f"{END_SESSION}?{urlencode(query)}", status=303)
    first, second = failures.seen
    assert first.location == second.location == answer.location
    assert browser_cookie(party) != before
    failures.next = False
    assert party.followed(answer).location == BYE
    assert party.is_over()
    assert [event.redelivered for event in party.events] == [False, True]


def test_by_the_application(party: Party, failures: Failures):
    """The second attempt finds no session, and returns what the first one has returned."""
    failures.next = True
    party.flow.browser.post("/own_sign_out", status=303)
    assert [response.location for response in failures.seen] == ["/?True"] * 2
    assert party.flow.server.service.sessions.list("bob") == []
    assert [event.redelivered for event in party.events] == [False, True]


@pytest.mark.parametrize("path", [END_SESSION, "/oauth2/sign_out", "/oauth2/authorizations"])
def test_on_a_page(party: Party, failures: Failures, path: str):
    page = party.flow.browser.get(path)
    (form,) = (form for form in page.forms.values() if "client_id" not in form.fields)
    failures.next = True
    answer = party.flow.browser.post(path, form.submit_fields(), status=303)
    first, second = failures.seen
    assert first.location == second.location == answer.location
    assert party.flow.server.service.sessions.list("bob") == []
    assert [event.redelivered for event in party.events] == [False, True]
    assert {type(event) for event in party.events} == {SessionEnded}
