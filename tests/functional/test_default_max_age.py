"""``default_max_age`` of a client (OpenID Connect Dynamic Client Registration section 2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from pyramid_oauth2 import InvalidClientMetadata

from .flow import Flow
from .openid_provider import PROVIDER, SCOPE, provider

OLD = {"scope": "openid"}


@pytest.fixture
def storage() -> dict[str, str]:
    """Nothing here depends on the store."""
    return {"oauth2.backend": "memory"}


@pytest.fixture
def flow(start_flow: Callable[..., Flow]) -> Flow:
    """Its user logged in years ago."""
    return start_flow(provider, **PROVIDER)


def register(flow: Flow, seconds: Any) -> None:
    clients = flow.server.service.clients
    version = clients.get(flow.client_id).version
    clients.edit(flow.client_id, version, scope=SCOPE, default_max_age=seconds)


def is_sent_to_login(answer: Any) -> bool:
    return answer.status_int == 303 and urlsplit(answer.location).path == "/login"


@pytest.mark.parametrize("seconds", [0, 3600])
def test_an_older_login_is_not_enough(flow: Flow, seconds: int):
    register(flow, seconds)
    assert is_sent_to_login(flow.ask(**OLD))


@pytest.mark.parametrize("seconds", [None, 999_999_999])
def test_a_newer_one_is(flow: Flow, seconds: int | None):
    register(flow, seconds)
    assert flow.ask(**OLD).status_int == 200


def test_a_request_that_says_it_comes_first(flow: Flow):
    register(flow, 3600)
    assert flow.ask(**OLD, max_age="999999999").status_int == 200


@pytest.mark.parametrize("seconds", [-1, 10**9, 1.5, "60", True])
def test_what_is_no_number_of_seconds(flow: Flow, seconds: Any):
    with pytest.raises(InvalidClientMetadata):
        register(flow, seconds)
