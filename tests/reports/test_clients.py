"""Clients that exist, and what they send."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest

from pyramid_oauth2 import InvalidClientMetadata
from tests.functional.errors import assert_error
from tests.functional.flow import Flow
from tests.functional.server import Server


@pytest.fixture
def flow(start_flow: Callable[..., Flow]) -> Flow:
    return start_flow(client_id="app")


def test_a_public_client_without_any_secret(flow: Flow) -> None:
    """https://github.com/django-oauth/django-oauth-toolkit/issues/1387: it got invalid_client.

    Nor is an empty secret wrong: RFC 6749 section 2.3.1 lets one be left out.
    """
    assert flow.redeem(flow.code()).status_int == 200
    assert flow.redeem(flow.code(prompt="consent"), client_secret="").status_int == 200


def test_a_secret_with_a_plus_sign(server: Server) -> None:
    """https://github.com/panva/node-oidc-provider/issues/361: a plus sign became a space.

    RFC 6749 section 2.3.1: the id and the secret are form-encoded first.
    """
    server.register("plus", "a+secret that/is=long enough")
    encoded, raw = (
        {"Authorization": "Basic " + base64.b64encode(f"plus:{secret}".encode()).decode()}
        for secret in ("a%2Bsecret+that%2Fis%3Dlong+enough", "a+secret that/is=long enough")
    )
    form = {"grant_type": "client_credentials"}
    assert server.post(form, encoded).status_int == 200
    assert_error(server.post(form, raw), 401, "invalid_client")


@pytest.mark.parametrize("uri", ["com.example.app:/back", "com.example.app://back"])
def test_a_redirect_uri_of_an_app(flow: Flow, uri: str) -> None:
    """https://github.com/django-oauth/django-oauth-toolkit/issues/154: only web schemes worked."""
    flow.server.service.clients.edit("app", redirect_uris=(uri,))
    assert flow.redeem(flow.code(redirect_uri=uri), redirect_uri=uri).status_int == 200


def test_a_redirect_uri_of_a_script(flow: Flow) -> None:
    """The other side of it: a scheme of a private app, and no other."""
    for uri in ("javascript:alert(1)", "data:text/html,x", "http://app.example/back"):
        with pytest.raises(InvalidClientMetadata):
            flow.server.service.clients.edit("app", redirect_uris=(uri,))


def test_a_page_that_is_traced(flow: Flow) -> None:
    """https://github.com/whatwg/fetch/issues/911: a traced request needs a preflight.

    Then the token endpoint must allow the header, or the page gets no token.
    """
    headers = {
        "Origin": "https://spa.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type, traceparent, tracestate",
    }
    answer = flow.server.browser.options("/oauth2/token", headers=headers, status=204)
    allowed = answer.headers["Access-Control-Allow-Headers"].lower().split(", ")
    assert "*" in allowed or {"content-type", "traceparent", "tracestate"} <= set(allowed)
