"""The HTTP response for that of an endpoint: its own headers count, the others are added."""

from __future__ import annotations

import pytest

from pyramid_oauth2.protocol.endpoints import EndpointResponse
from pyramid_oauth2.responses import endpoint_response


def test_every_header_of_a_token_response():
    response = endpoint_response(EndpointResponse.json({"active": False}))
    assert response.headerlist == [
        ("Cache-Control", "no-store"),
        ("Pragma", "no-cache"),
        ("Content-Type", "application/json"),
        ("X-Content-Type-Options", "nosniff"),
        ("Content-Length", "16"),
    ]


@pytest.mark.parametrize("name", ["Content-Type", "content-type"])
def test_its_own_take_the_place_of_ours(name: str):
    own = {name: "application/jwt", "x-content-type-options": "x", "cache-control": "max-age=9"}
    response = endpoint_response(EndpointResponse(b"a.b.c", "text/plain", headers=own))
    assert response.headerlist == [*own.items(), ("Content-Length", "5")]


def test_without_a_body():
    response = endpoint_response(EndpointResponse(status=204))
    assert (response.status, response.body) == ("204 No Content", b"")
    assert response.headerlist == [("Cache-Control", "no-store"), ("Pragma", "no-cache")]
