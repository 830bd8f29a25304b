"""Software statements: what a trusted issuer says of a client (RFC 7591 section 3.1.1)."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from jwt.algorithms import ECAlgorithm
from pyramid.exceptions import ConfigurationError

from pyramid_oauth2.fetching import Fetcher, FetchError, Response

from .registering import BACK, Configuration, register
from .server import Server
from .test_client_registration import start

ISSUER, KEYS = "https://directory.example", "https://directory.example/jwks"
KEY, OTHER_KEY = (generate_private_key(SECP256R1()) for _ in range(2))
CLAIMS = {"iss": ISSUER, "software_id": "notes", "client_name": "Notes", "redirect_uris": [BACK]}


def statement(key: Any = KEY, algorithm: str = "ES256", **claims: Any) -> str:
    members = {name: value for name, value in {**CLAIMS, **claims}.items() if value is not None}
    return jwt.encode(members, key, algorithm, {"kid": "1"})


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The URLs that were fetched; all have the keys."""
    urls: list[str] = []
    jwk = {**ECAlgorithm.to_jwk(KEY.public_key(), as_dict=True), "kid": "1"}

    def get(self: Any, url: str, headers: Any) -> Response:
        urls.append(url)
        return Response(200, json.dumps({"keys": [jwk]}).encode())

    monkeypatch.setattr(Fetcher, "get", get)
    return urls


@pytest.fixture
def server(build: Callable[..., Server], fetched: list[str]) -> Server:
    return start(build, registration__software_issuers=f"{ISSUER} = {KEYS}")


def test_what_it_says_counts_more(server: Server, fetched: list[str]):
    sent = statement(aud="http://localhost", exp=4_000_000_000)
    evil = {"client_name": "Your bank", "redirect_uris": ["https://evil.example/"]}
    answer = register(server, software_statement=sent, contacts=["a@c.example"], **evil)
    assert answer.status_int == 201
    # RFC 7591 section 3.2.1: "its value MUST be returned unmodified".
    assert answer.json["software_statement"] == sent
    assert (answer.json["client_name"], answer.json["redirect_uris"]) == ("Notes", [BACK])
    assert answer.json["contacts"] == ["a@c.example"]
    client = server.service.clients.get(answer.json["client_id"])
    assert (client.client_name, client.redirect_uris) == ("Notes", (BACK,))
    assert fetched == [KEYS]


def test_it_is_read_and_replaced_with_the_registration(server: Server, fetched: list[str]):
    sent = statement()
    mine = Configuration(server, register(server, software_statement=sent).json)
    assert mine.get().json["software_statement"] == sent
    answer = mine.put(client_name="Others", software_statement=statement(software_version="2"))
    assert answer.json["client_name"] == "Notes"
    assert mine.get().json["software_statement"] == answer.json["software_statement"]
    assert "software_statement" not in mine.put(client_name="Others").json
    assert "software_statement" not in mine.get().json
    assert mine.put(software_statement="x").json["error"] == "invalid_software_statement"
    assert fetched == [KEYS, KEYS], "once by each of the two endpoints"


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(lambda: statement(OTHER_KEY), id="another key"),
        pytest.param(lambda: statement("s" * 64, "HS256"), id="a secret"),
        pytest.param(lambda: statement(None, "none"), id="no signature"),
        pytest.param(lambda: statement()[:-4] + "AAAA", id="another signature"),
        pytest.param(lambda: statement(exp=1), id="expired"),
        pytest.param(lambda: statement(aud="https://other.example"), id="for another server"),
        pytest.param(lambda: statement(software_id=None, sub="bob"), id="an ID token"),
        pytest.param(lambda: "x", id="no JWT"),
        pytest.param(lambda: 5, id="no text"),
    ],
)
def test_one_that_does_not_hold(server: Server, wrong: Callable[[], Any]):
    answer = register(server, software_statement=wrong())
    assert (answer.status_int, answer.json["error"]) == (400, "invalid_software_statement")
    assert list(server.service.entries.list("client_registration").items) == []


@pytest.mark.parametrize("issuer", ["https://other.example", ISSUER.upper(), f"{ISSUER}/", None])
def test_one_of_another_issuer(server: Server, fetched: list[str], issuer: str | None):
    """No key is fetched for it: anyone may name an issuer."""
    answer = register(server, software_statement=statement(iss=issuer))
    assert (answer.status_int, answer.json["error"]) == (400, "unapproved_software_statement")
    assert fetched == []


def test_the_rules_and_the_policy_count_as_ever(server: Server):
    """It says who wrote the client, and nothing of what a client may have here."""
    said = {"redirect_uris": ["http://evil.example/"]}
    answer = register(server, software_statement=statement(**said))
    assert answer.json["error"] == "invalid_redirect_uri"
    more = {"consent": "skip", "source": "operator", "approved": True, "scope": "read fly"}
    answer = register(server, software_statement=statement(**more))
    client = server.service.clients.get(answer.json["client_id"])
    assert (client.consent, client.scope) == ("remember", {"read"})
    assert client.extra == {"source": "registered"}


def test_keys_that_cannot_be_fetched(server: Server, monkeypatch: pytest.MonkeyPatch):
    def fail(self: Any, url: str, headers: Any) -> Response:
        raise FetchError("does not answer")

    monkeypatch.setattr(Fetcher, "get", fail)
    assert register(server, software_statement=statement()).status_int == 503


def test_a_flood_while_they_cannot_be_fetched(server: Server, monkeypatch: pytest.MonkeyPatch):
    """Anyone can send a statement, and each fetch may hold a thread for seconds."""
    sent: list[str] = []

    def fail(self: Any, url: str, headers: Any) -> Response:
        sent.append(url)
        raise FetchError("does not answer")

    monkeypatch.setattr(Fetcher, "get", fail)
    statements = server.service.server.plug_ins.endpoints["registration"]._statements
    now = [1000.0]
    statements._keys[ISSUER]._clock = lambda: now[0]
    for _ in range(6):
        assert register(server, software_statement=statement()).status_int == 503
        now[0] += 9
    assert sent == [KEYS]
    now[0] += 9
    assert register(server, software_statement=statement()).status_int == 503
    assert sent == [KEYS, KEYS]


@pytest.mark.parametrize("value", [ISSUER, f"{ISSUER} = http://directory.example/jwks", "a ="])
def test_a_setting_that_names_no_keys(build: Callable[..., Server], value: str):
    with pytest.raises(ConfigurationError, match="software_issuers"):
        start(build, registration__software_issuers=value)


@pytest.mark.usefixtures("anew")
def test_without_the_library(build: Callable[..., Server], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "urllib3", None)
    package = "pyramid_oauth2.extensions.client_registration"
    own = ("pyramid_oauth2.fetching", f"{package}.issuer_keys")
    for name in [each for each in sys.modules if each.startswith(own)]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr(sys.modules[package], "issuer_keys", raising=False)
    with pytest.raises(ConfigurationError, match="pip install urllib3"):
        start(build, registration__software_issuers=f"{ISSUER} = {KEYS}")
    assert start(build), "without the setting it is not needed"
