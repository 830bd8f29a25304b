"""Pages of another origin that send headers which the server does not know."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Site

REFRESH = """async ([url, clientId, names]) => {
  const headers = Object.fromEntries(names.map(name => [name, "x"]));
  const body = new URLSearchParams({
    grant_type: "refresh_token", client_id: clientId, refresh_token: "x" });
  try {
    const answer = await fetch(url, { method: "POST", headers, body });
    return (await answer.json()).error;
  } catch (error) {
    return String(error);
  }
}"""


@pytest.mark.parametrize(
    ("names", "answer"),
    [
        ((), "invalid_grant"),
        # W3C Trace Context, and what other tools add to each request of a page.
        (("traceparent", "tracestate", "baggage"), "invalid_grant"),
        (("X-Request-Id", "sentry-trace"), "invalid_grant"),
        (("DPoP", "traceparent"), "invalid_grant"),
        # A wildcard alone does not cover this one.
        (("Authorization", "traceparent"), "invalid_client"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else value,
)
def test_a_page_reaches_the_token_endpoint(
    page: Any, site: Site, names: tuple[str, ...], answer: str
):
    site.register("spa", token_endpoint_auth_method="none", allowed_origins=(site.client_url,))
    page.goto(site.client_url)
    token = f"{site.url}/oauth2/token"
    assert page.evaluate(REFRESH, [token, "spa", names]) == answer
