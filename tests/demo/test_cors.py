"""Which pages may read the responses of the demo's API."""

from __future__ import annotations

import pytest

from pyramid_oauth2 import StoreUnavailable, get_service

ELSEWHERE = "http://localhost:8000"


def readable_by(answer):
    return answer.headers.get("Access-Control-Allow-Origin")


@pytest.fixture
def headers(demo, secret):
    """The headers of a page of some origin, with a token of the client ``demo``."""
    form = {
        "client_id": "demo",
        "client_secret": secret,
        "grant_type": "password",
        "username": "alice",
        "password": "wonderland",
    }
    token = demo.post("/oauth2/token", form).json["access_token"]
    return {"Origin": ELSEWHERE, "Authorization": f"Bearer {token}"}


def allow(demo, *origins):
    clients = get_service(demo.app.registry).server.clients
    client = clients.get("demo")
    assert clients.edit("demo", client.version, {"allowed_origins": origins})


@pytest.mark.parametrize("path", ["/api/me", "/api/notes", "/api/nothing"])
def test_a_preflight_needs_no_token(demo, path):
    asked = {"Origin": ELSEWHERE, "Access-Control-Request-Method": "POST"}
    answer = demo.options(path, headers=asked, status=204)
    assert readable_by(answer) == "*"
    assert {"*", "authorization"} <= {*answer.headers["Access-Control-Allow-Headers"].split(", ")}
    methods = answer.headers["Access-Control-Allow-Methods"].split(", ")
    assert methods == ["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"]


def test_pages_of_the_clients_origins_may_read(demo, headers):
    allow(demo, ELSEWHERE)
    answer = demo.get("/api/me", headers=headers)
    assert readable_by(answer) == ELSEWHERE
    assert "Origin" in answer.headers["Vary"]
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_other_pages_may_not(demo, headers):
    allow(demo, "https://other.example")
    answer = demo.get("/api/me", headers=headers)
    assert readable_by(answer) is None
    assert "Origin" in answer.headers["Vary"]


def test_refusals_are_readable(demo, headers):
    """Also those of an exception view, and of a request without a known client."""
    allow(demo, ELSEWHERE)
    assert readable_by(demo.get("/api/me", status=401)) == "*"
    assert readable_by(demo.get("/api/nothing", headers=headers, status=404)) == ELSEWHERE
    assert readable_by(demo.post("/api/notes", "", headers=headers, status=403)) == ELSEWHERE


def test_a_store_that_is_away_is_told(demo, headers, monkeypatch):
    def find(*arguments):
        raise StoreUnavailable("away")

    monkeypatch.setattr(get_service(demo.app.registry).server.grants, "find", find)
    assert readable_by(demo.get("/api/me", headers=headers, status=503)) == "*"


def test_pages_for_people_are_no_matter_of_cors(demo):
    assert readable_by(demo.get("/", headers={"Origin": ELSEWHERE})) is None
