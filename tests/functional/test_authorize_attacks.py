"""Attacks on the authorization endpoint, all of which fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from pyramid.interfaces import ILocalizer

from pyramid_oauth2 import TokenIssued
from pyramid_oauth2.protocol.purging import EVERY

from .flow import AUTHORIZE, LONG, Flow, answer_in
from .server import FORM


@pytest.mark.parametrize("locale", ["%00", "a%00b", "..%2F..", "%F0%9F%92%A9"])
def test_a_language_that_is_none(flow: Flow, locale: str):
    answer = flow.browser.get(f"{AUTHORIZE}?_LOCALE_={locale}", status=400)
    assert '<html lang="en">' in answer.text


@pytest.mark.parametrize("name", ["oauth2_browser", "auth_tkt", "somebody_elses"])
@pytest.mark.parametrize("value", ["\\\x80", '"\\377"'])
def test_a_cookie_that_is_no_text(flow: Flow, name: str, value: str):
    stranger = flow.server.fresh_browser(HTTP_COOKIE=f"{name}={value}")
    answer = Flow(flow.server, browser=stranger).ask()
    assert answer.status_int == 400
    assert "cookie" in answer.text
    stranger.post(AUTHORIZE, {"interaction": "x", "decision": "allow"}, status=400)
    assert flow.server.ask().status_int == 200


def test_made_up_languages_do_not_stay_in_memory(flow: Flow):
    for number in range(20):
        flow.browser.get(f"{AUTHORIZE}?_LOCALE_=x{number}", status=400)
    kept = list(flow.server.registry.getUtilitiesFor(ILocalizer))
    assert len(kept) <= 2


def test_a_decision_on_a_page_that_nobody_was_shown(flow: Flow):
    """The attacker began it, and knows the browser's secret (cookie tossing)."""
    long = flow.parameters(state=LONG)
    begun = Flow(flow.server).browser.post(AUTHORIZE, long, status=303)
    handle = begun.location.partition("interaction=")[2]
    own_page = flow.page()
    answer = flow.decide(own_page, interaction=handle)
    assert answer.status_int == 403
    assert not [record for record in flow.server.records() if hasattr(record, "subject")]


def test_a_form_from_another_site_leaves_the_browsers_tabs_alone(flow: Flow):
    """It arrives without our cookie (SameSite), and gets no new one."""
    page = flow.page()
    answer = Flow(flow.server).browser.post(AUTHORIZE, {"interaction": "x"}, status=403)
    assert "Set-Cookie" not in answer.headers
    assert "code" in answer_in(flow.decide(page).location)


@pytest.mark.parametrize(
    "media_type",
    [
        f'{FORM}; x=";charset=latin-1"',
        f"{FORM}; foo=bar; CHARSET=latin-1",
        f"{FORM} ;charset=utf-8",
    ],
)
def test_one_reader_of_the_form(flow: Flow, media_type: str):
    fields = dict(flow.page().form.submit_fields("decision", submit_value="allow"))
    answer = flow.browser.post(AUTHORIZE, fields, headers={"Content-Type": media_type}, status="*")
    assert answer.status_int in (303, 400)


@pytest.mark.parametrize(
    "uri",
    ["javascript:alert(1)", "data:text/html,x", "http://evil.example/", "https://a.example/#x"],
)
def test_a_record_that_is_older_than_the_rules(flow: Flow, uri: str):
    clients = flow.server.service.server.clients
    client = clients.get("web")
    clients.edit("web", client.version, {"redirect_uris": (uri,)})
    for request in (flow.parameters(redirect_uri=uri), flow.parameters(redirect_uri=None)):
        answer = flow.get(request)
        assert answer.status_int == 400
        assert "Location" not in answer.headers


def test_what_was_shown_as_optional_stays_optional(flow: Flow):
    """Even if the client's owner changes it while the page is open."""
    clients = flow.server.service.server.clients
    client = clients.get("web")
    clients.edit("web", client.version, {"optional_scope": frozenset({"write"})})
    page = flow.page(scope="read write")
    page.form["scope"] = False
    clients.edit("web", client.version + 1, {"optional_scope": frozenset()})
    form = dict(page.form.submit_fields("decision", submit_value="allow"))
    answer = flow.browser.post(AUTHORIZE, form, status=303)
    assert flow.redeem(answer_in(answer.location)["code"]).json["scope"] == "read"


@pytest.mark.parametrize("decision", ["allow", "deny"])
def test_a_scope_withdrawn_while_the_page_is_open(flow: Flow, decision: str):
    clients = flow.server.service.server.clients
    client = clients.get("web")
    page = flow.page(scope="write")
    clients.edit("web", client.version, {"scope": frozenset({"read"})})
    members = answer_in(flow.decide(page, decision).location)
    assert members["error"] == ("invalid_scope" if decision == "allow" else "access_denied")


def test_a_form_cannot_be_posted_to_an_app(start_flow: Callable[..., Flow]):
    flow = start_flow(client_id="app")
    """Nor can the refusal: it is sent to the app like a response without response_mode."""
    asked = flow.ask(redirect_uri="com.example.app:/back", response_mode="form_post")
    assert asked.status_int == 303
    assert asked.location.startswith("com.example.app:/back?")
    assert answer_in(asked.location)["error"] == "invalid_request"


@pytest.mark.parametrize("userid", ["", "x" * 300, "a\0b"])
def test_a_userid_that_cannot_be_kept_fails_before_the_page(flow: Flow, userid: str):
    owners = flow.server.service.owners
    request = type("Request", (), {"authenticated_userid": userid})()
    with pytest.raises(ValueError, match="authenticated_userid"):
        owners.subject(request)


def test_requests_of_strangers_are_swept(flow: Flow):
    server = flow.server.service.server
    flow.log_out().ask(state=LONG)
    before = server.clock()
    flow.server.set_clock(lambda: before + 10_000)
    purger = flow.server.service.purger
    later = type(purger)(server.grants, server.consents, lambda: before + 10_000)
    flow.server.registry.registerUtility(
        replace(flow.server.service, purger=later), provided=_service()
    )
    for _ in range(EVERY):
        flow.ask(state=LONG)
    ends = [record.expires_at for record in flow.server.records()]
    assert min(ends) > before + 10_000


def _service():
    from pyramid_oauth2.interfaces import IService

    return IService


def test_an_implicit_token_is_told_to_subscribers(start_flow: Callable[..., Flow]):
    heard: list[TokenIssued] = []
    flow = start_flow(
        lambda config: config.add_subscriber(heard.append, TokenIssued), response_types="code token"
    )
    client = flow.server.service.server.clients.get("web")
    flow.server.service.server.clients.edit(
        "web",
        client.version,
        {"response_types": ("code", "token"), "grant_types": ("implicit",)},
    )
    location = flow.allow(response_type="token", code_challenge=None, code_challenge_method=None)
    assert "access_token" in answer_in(location, "fragment")
    assert [(event.grant_type, event.subject) for event in heard] == [("implicit", "bob")]
