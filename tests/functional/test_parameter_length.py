"""How long a parameter may be, at each endpoint that reads it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .flow import AUTHORIZE, Flow, answer_in
from .test_revocation import REVOKE

SCOPES = [f"s{number:02d}{'y' * 48}" for number in range(85)]


@pytest.fixture
def storage() -> dict[str, str]:
    """Nothing here depends on the store."""
    return {"oauth2.backend": "memory"}


def test_a_request_may_name_all_scopes_of_the_server(start_flow: Callable[..., Flow]):
    """By default, at both endpoints; a parameter of another name may not be as long."""
    names = [*SCOPES, "read", "write"]
    flow = start_flow(scopes="\n".join(f"{name} = Do it" for name in names))
    flow.edit(scope=frozenset(SCOPES))
    scope = " ".join(SCOPES)
    assert len(scope) > 4096
    tokens = flow.tokens(scope=scope)
    assert tokens["scope"] == scope
    assert flow.refresh(tokens["refresh_token"], scope=scope).json["scope"] == scope
    assert flow.ask(scope=scope + " " + SCOPES[0] * 2).status_int == 400
    assert flow.ask(state="x" * 4097).status_int == 400


@pytest.mark.parametrize(
    ("changes", "most"), [({}, 4096), ({"max_parameter_length": "9000"}, 9000)]
)
class TestLimit:
    @pytest.fixture
    def flow(self, start_flow: Callable[..., Flow], changes: dict[str, str]) -> Flow:
        return start_flow(**changes)

    def test_at_the_authorization_endpoint(self, flow: Flow, most: int):
        state = "x" * most
        assert answer_in(flow.allow(state=state))["state"] == state
        assert flow.ask(state=state + "x").status_int == 400
        refused = flow.browser.post(AUTHORIZE, flow.parameters(state=state + "x"), status=400)
        assert f"A parameter is longer than {most} characters." in refused

    def test_at_the_token_endpoint(self, flow: Flow, most: int):
        for length, error in ((most, "invalid_scope"), (most + 1, "invalid_request")):
            answer = flow.exchange("robot", grant_type="client_credentials", scope="x" * length)
            assert answer.json["error"] == error
        assert f"longer than {most} characters" in answer.json["error_description"]

    def test_at_another_endpoint(self, flow: Flow, most: int):
        """One that reads a token, which another product may have made longer."""
        for length, status in ((most, 200), (most + 1, 400)):
            assert flow.exchange(path=REVOKE, token="x" * length).status_int == status
