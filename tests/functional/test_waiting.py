"""All operations of one request, of any view of the application, share one limit."""

from __future__ import annotations

from collections.abc import Callable
from time import sleep
from typing import Any

import pytest
from pyramid.response import Response

from pyramid_oauth2 import deadlines
from pyramid_oauth2.deadlines import Deadline

from .server import Server


def two_slow_operations(request: Any) -> Response:
    passed = []
    for _ in range(2):
        with Deadline() as deadline:
            sleep(0.3)
            passed.append(deadline.passed)
    return Response(str(passed))


def with_slow_view(config: Any) -> None:
    config.add_route("slow", "/slow")
    config.add_view(two_slow_operations, route_name="slow")


@pytest.mark.parametrize("storage", ["memory"], indirect=True)
def test_operations_of_a_view_share_the_limit_of_its_request(
    build: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
):
    server = build(with_slow_view)
    monkeypatch.setattr(deadlines, "REQUEST_SECONDS", 0.5)
    for _ in range(2):
        assert server.get("/slow").text == "[False, True]"
