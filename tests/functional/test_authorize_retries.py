"""The flow under pyramid_tm and pyramid_retry: the application's transaction fails at each step.

What our store committed stays, so a step that is run again must have the same
result as the first time: one grant, one code, one response.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pyramid.config import Configurator

from pyramid_oauth2.events import ConsentWithdrawn, GrantRevoked
from pyramid_oauth2.protocol.authorization.interaction import WINDOW
from pyramid_oauth2.protocol.records import Grant

from . import host
from .allowing import Allowing, articles, form_of
from .flow import LONG, SETTINGS, Flow, answer_in, register_clients
from .server import Clock, Server, bearer
from .test_login import way_back
from .test_new_login import Known
from .test_transactions import FailsOnce


class Failures:
    """Makes the next request's transaction fail once, after the view has responded."""

    def __init__(self) -> None:
        self.next = False
        self.seen: list[Any] = []

    def tween(self, handler: Any, registry: Any) -> Any:
        def tween(request: Any) -> Any:
            response = handler(request)
            if self.next:
                self.seen.append(response)
                votes = request.environ.setdefault("tests.votes", [])
                request.tm.get().join(FailsOnce(request.tm, votes))
            return response

        return tween


def failing_tween(handler: Any, registry: Any) -> Any:
    return registry["failures"].tween(handler, registry)


@pytest.fixture
def failures() -> Failures:
    return Failures()


@pytest.fixture
def start(
    settings: dict[str, Any], serve: Callable[..., Server], failures: Failures
) -> Callable[[Any], Flow]:
    """Start the application with resource owners."""

    def start(owners: Any) -> Flow:
        config = Configurator(settings={**settings, **SETTINGS})
        for name in ("pyramid_oauth2", "pyramid_tm", "pyramid_retry"):
            config.include(name)
        config.set_oauth2_resource_owners(owners)
        host.pages(config)
        config.registry["failures"] = failures
        config.add_tween(f"{__name__}.failing_tween", under="pyramid_tm.tm_tween_factory")
        server = serve(config.make_wsgi_app())
        register_clients(server)
        return Flow(server)

    return start


@pytest.fixture
def flow(start: Callable[[Any], Flow]) -> Flow:
    return start(host.Users())


def grants(flow: Flow) -> list[Grant]:
    return [record for record in flow.server.records() if isinstance(record, Grant)]


def test_at_every_step(flow: Flow, failures: Failures):
    """From a new browser to a refreshed token."""
    failures.next = True
    at_login = flow.ask()
    assert at_login.location.startswith("http://localhost/login?")
    flow.log_in()
    page = flow.browser.get(way_back(at_login), status=200)
    answer = flow.decide(page)
    tokens = flow.redeem(answer_in(answer.location)["code"])
    newer = flow.refresh(tokens.json["refresh_token"])
    assert flow.server.get("/read", bearer(newer.json["access_token"])).text == "bob"
    assert len(grants(flow)) == 1
    assert len(failures.seen) == 2 * 6 + 2, "each step was run twice"


def test_allow(flow: Flow, failures: Failures):
    page = flow.log_in().page()
    failures.next = True
    answer = flow.decide(page)
    first, second = failures.seen
    assert first.location == second.location == answer.location
    assert len(grants(flow)) == 1
    assert flow.redeem(answer_in(answer.location)["code"]).status_int == 200


def test_deny(flow: Flow, failures: Failures):
    page = flow.log_in().page()
    failures.next = True
    answer = flow.decide(page, "deny")
    assert answer_in(answer.location)["error"] == "access_denied"
    assert grants(flow) == []


def test_silently(flow: Flow, failures: Failures):
    flow.log_in().allow()
    failures.next = True
    code = answer_in(flow.ask().location)["code"]
    assert len(grants(flow)) == 2
    assert flow.redeem(code).status_int == 200


def test_by_form_post(flow: Flow, failures: Failures):
    page = flow.log_in().page(response_mode="form_post")
    failures.next = True
    answer = flow.decide(page)
    first, second = failures.seen
    assert first.body == second.body == answer.body
    assert sorted(first.headerlist) == sorted(second.headerlist)
    assert flow.redeem(answer.form["code"].value).status_int == 200


def test_a_browser_that_was_never_here(flow: Flow, failures: Failures):
    """The browser gets the cookie that its interaction is bound to nevertheless."""
    flow.log_in()
    failures.next = True
    page = flow.page()
    assert "code" in answer_in(flow.decide(page).location)


def test_a_page_that_a_stranger_opens(flow: Flow, failures: Failures):
    """Begun by a form of another site, so that it is not bound to a browser yet."""
    begun = flow.browser.post("/oauth2/authorize", flow.parameters(state=LONG), status=303)
    assert "?interaction=" in begun.location
    assert "Set-Cookie" not in begun.headers
    flow.log_in()
    failures.next = True
    page = flow.browser.get(begun.location, status=200)
    assert "code" in answer_in(flow.decide(page).location)


def test_withdrawing(flow: Flow, failures: Failures):
    bob = Allowing(flow.server)
    form = form_of(bob.show())
    failures.next = True
    answer = bob.post(form)
    assert answer.status_int == 303
    assert [(type(event), event.redelivered) for event in bob.heard] == [
        (GrantRevoked, False),
        (ConsentWithdrawn, False),
        (GrantRevoked, True),
        (ConsentWithdrawn, True),
    ]
    failures.next = False
    assert articles(answer.follow()) == []


def test_another_user_in_mid_flow(flow: Flow, failures: Failures):
    page = flow.log_in().page()
    flow.log_in("alice")
    failures.next = True
    answer = flow.decide(page)
    assert answer.status_int == 403
    assert "oauth2_browser=" in answer.headers["Set-Cookie"]
    first, second = failures.seen
    assert first.body == second.body
    failures.next = False
    assert flow.log_in("bob").decide(page).status_int == 403, "the page was closed"


@pytest.mark.parametrize("state", ["xyz", LONG])
@pytest.mark.parametrize("known", [False, True])
def test_prompt_login(
    start: Callable[[Any], Flow], failures: Failures, state: str, known: bool
) -> None:
    """The user signed in at the second attempt has not logged in since the first."""
    users = Known() if known else host.Users()
    flow = start(users).log_in()
    failures.next = True
    answer = flow.ask(prompt="login", state=state)
    while not (location := answer.headers.get("Location", "")).startswith("http://localhost/login"):
        if location:
            answer = flow.browser.get(location, status="*")
        else:
            answer = flow.browser.post(answer.form.action, answer.form.submit_fields(), status=303)
    assert answer.status_int == 303
    assert answer.location.startswith("http://localhost/login?")
    back = way_back(answer)
    if known:
        # The login page sends them back.
        back = way_back(flow.press(flow.browser.get(back, status=200)))
    failures.next = False
    assert flow.browser.get("/whoami").text == "anonymous"
    if isinstance(users, Known):
        users.at = flow.server.service.server.clock()
    failures.next = True
    page = flow.log_in().browser.get(back, status=200)
    code = answer_in(flow.decide(page).location)["code"]
    assert len(grants(flow)) == 1
    assert flow.redeem(code).status_int == 200


def test_prompt_login_of_a_user_who_has_allowed_it(flow: Flow, failures: Failures):
    """The mark is used once, by both attempts; a moment later it is as good as none."""
    clock = Clock(flow.server)
    flow.log_in().allow()
    back = way_back(flow.press(flow.ask(prompt="login")))
    flow.log_in()
    failures.next = True
    first = flow.browser.get(back, status=303)
    failures.next = False
    assert flow.redeem(answer_in(first.location)["code"]).status_int == 200
    assert len(grants(flow)) == 2
    clock.now += WINDOW
    flow.browser.get(back, status=200).mustcontain("asks you to sign in again")


@pytest.mark.parametrize("wrong", [0, 4])
def test_a_code(flow: Flow, failures: Failures, wrong: int):
    code = flow.log_in().code()
    for _ in range(wrong):
        flow.redeem(code, code_verifier="x" * 43)
    failures.next = True
    answer = flow.redeem(code)
    assert answer.status_int == 200
    first, second = failures.seen
    assert first.body == second.body == answer.body
    assert flow.server.get("/read", bearer(answer.json["access_token"])).text == "bob"


def test_a_wrong_verifier_counts_once(flow: Flow, failures: Failures):
    code = flow.log_in().code()
    failures.next = True
    for _ in range(4):
        assert flow.redeem(code, code_verifier="x" * 43).json["error"] == "invalid_grant"
    assert flow.redeem(code).status_int == 200


def test_a_replay_is_committed_although_the_answer_is_an_error(flow: Flow):
    """pyramid_tm rolls back what belongs to a request that failed, but not this."""
    code = flow.log_in().code()
    tokens = flow.redeem(code).json
    assert flow.redeem(code).status_int == 400
    assert flow.server.get("/read", bearer(tokens["access_token"])).status_int == 401
    assert flow.refresh(tokens["refresh_token"]).status_int == 400


def test_an_aborted_transaction_takes_nothing_back(build: Callable[..., Server]):
    def configure(config: Any) -> None:
        config.include("pyramid_tm")

    changes = {**SETTINGS, "tm.commit_veto": lambda request, response: True}
    server = build(host.pages, configure, changes=changes)
    register_clients(server)
    flow = Flow(server).log_in()
    assert flow.redeem(flow.code()).status_int == 200
    assert "code" in answer_in(flow.ask().location), "consent is remembered"
