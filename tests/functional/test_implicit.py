"""The implicit grant, for those who need it (RFC 6749 section 4.2); off by default."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from .flow import Flow, answer_in
from .server import bearer

ON = "code token"
ASKED = {"response_type": "token", "code_challenge": None, "code_challenge_method": None}


@pytest.fixture
def flow(start_flow: Callable[..., Flow]) -> Flow:
    flow = start_flow(client_id="app", response_types=ON)
    flow.edit(grant_types=("implicit", "refresh_token"), response_types=("token",))
    return flow


def test_a_token_in_the_fragment(flow: Flow):
    """RFC 6749 section 4.2.2; a refresh token MUST NOT be issued."""
    location = flow.allow(**ASKED)
    assert urlsplit(location).query == ""
    members = answer_in(location, "fragment")
    token = members.pop("access_token")
    assert members == {
        "token_type": "Bearer",
        "expires_in": "3600",
        "scope": "read",
        "state": "xyz",
        "iss": "http://localhost",
    }
    assert flow.server.get("/read", bearer(token)).text == "bob"
    kinds = {getattr(record, "kind", "grant") for record in flow.server.records()}
    assert kinds == {"interaction", "access_token", "grant"}


def test_silently_where_it_was_allowed_before(flow: Flow):
    flow.allow(**ASKED)
    token = answer_in(flow.ask(**ASKED).location, "fragment")["access_token"]
    assert flow.server.get("/read", bearer(token)).status_int == 200


def test_its_life(start_flow: Callable[..., Flow]):
    flow = start_flow(client_id="app", response_types=ON, grant_lifetime="1h")
    flow.edit(
        grant_types=("implicit",), response_types=("token",), lifetimes={"access_token": 7200}
    )
    assert answer_in(flow.allow(**ASKED), "fragment")["expires_in"] == "3600"


def test_a_refusal_is_in_the_fragment_too(flow: Flow):
    location = flow.decide(flow.page(**ASKED), "deny").location
    members = answer_in(location, "fragment")
    assert (members["error"], members["state"]) == ("access_denied", "xyz")
    assert {getattr(record, "kind", "grant") for record in flow.server.records()} == {"interaction"}


def test_by_form_post(flow: Flow):
    page = flow.decide(flow.page(**ASKED, response_mode="form_post"))
    token = page.form["access_token"].value
    assert flow.server.get("/read", bearer(token)).status_int == 200


def test_never_in_a_query(flow: Flow):
    """Logs and histories would store it."""
    location = flow.ask(**ASKED, response_mode="query").location
    assert answer_in(location)["error"] == "invalid_request"


@pytest.mark.parametrize(
    "record",
    [
        {"grant_types": ("authorization_code",), "response_types": ("token",)},
        {"grant_types": ("implicit",), "response_types": ("code",)},
    ],
    ids=["grant type", "response type"],
)
def test_only_for_clients_that_are_registered_for_it(flow: Flow, record: dict):
    flow.edit(**record)
    location = flow.ask(**ASKED).location
    assert answer_in(location, "fragment")["error"] == "unauthorized_client"


def test_it_is_no_grant_type_of_the_token_endpoint(flow: Flow):
    answer = flow.exchange(grant_type="implicit")
    assert answer.json["error"] == "unsupported_grant_type"


@pytest.mark.usefixtures("anew")
def test_the_start_says_nothing_where_it_is_off(
    start_flow: Callable[..., Flow], caplog: pytest.LogCaptureFixture
):
    start_flow()
    assert "implicit" not in caplog.text


@pytest.mark.usefixtures("anew")
def test_the_start_warns(start_flow: Callable[..., Flow], caplog: pytest.LogCaptureFixture):
    start_flow(response_types=ON)
    (record,) = [record for record in caplog.records if "implicit" in record.getMessage()]
    assert record.levelname == "WARNING"
    assert "RFC 9700" in record.getMessage()
