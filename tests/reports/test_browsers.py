"""Browsers that send a request again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pyramid_oauth2.protocol.records import Grant
from tests.functional.flow import Flow, answer_in
from tests.functional.server import bearer


@pytest.fixture
def flow(start_flow: Callable[..., Flow]) -> Flow:
    return start_flow()


def test_a_consent_page_that_is_loaded_twice(flow: Flow) -> None:
    """https://github.com/PrefectHQ/fastmcp/issues/4817: the second load made the first useless.

    A preload, or an extension of the browser, fetches the page again, half a second later.
    """
    first, second = flow.page(), flow.page()
    for page in (first, second):
        answer = flow.decide(page)
        assert flow.redeem(answer_in(answer.location)["code"]).status_int == 200


def test_a_button_that_is_clicked_twice(flow: Flow) -> None:
    """https://github.com/ccpgames/sso-issues/issues/19: one user in twenty double-clicks.

    https://github.com/openemr/openemr/issues/8043: the second click lost the sign-in. The
    browser follows the response to the last click; both must work, for one grant.
    """
    page = flow.page()
    codes = [answer_in(flow.decide(page).location)["code"] for _ in range(2)]
    issued = flow.redeem(codes[1]).json
    assert flow.server.get("/read", bearer(issued["access_token"])).text == "bob"
    assert flow.redeem(codes[0]).status_int == 200
    assert len([each for each in flow.server.records() if isinstance(each, Grant)]) == 1


def test_a_form_that_is_sent_a_hundred_times(flow: Flow) -> None:
    """https://github.com/wintermeyer/vutuv/issues/1561: each of 115 posts made another code."""
    page = flow.page()
    answers = [flow.decide(page) for _ in range(115)]
    codes = {answer_in(each.location)["code"] for each in answers if each.status_int == 303}
    assert 1 < len(codes) <= 6
    assert len([each for each in flow.server.records() if isinstance(each, Grant)]) == 1


def test_two_tabs_that_refresh_at_once(flow: Flow) -> None:
    """https://github.com/HQBase/hqbase/issues/41: two processes of one client were signed out.

    https://github.com/node-oauth/node-oauth2-server/issues/80: every tab of a page refreshes.
    """
    value = flow.tokens()["refresh_token"]
    first, second = flow.refresh(value), flow.refresh(value)
    assert first.json == second.json
    assert flow.refresh(first.json["refresh_token"]).status_int == 200
