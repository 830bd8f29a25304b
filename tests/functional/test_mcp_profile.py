"""``oauth2.profile = mcp``: what it sets is in force, and nothing weaker starts."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError

from pyramid_oauth2.interfaces import ISettings
from pyramid_oauth2.known_clients import known_clients
from pyramid_oauth2.settings.profiles.mcp import mcp

from . import host
from .flow import Flow, answer_in
from .registering import CURSOR, register, registered
from .server import Server, bearer
from .test_metadata import METADATA

Build = Callable[..., Server]
MCP = {"oauth2.profile": "mcp", "oauth2.grant_types": "", "oauth2.login_route": "login"}
CLAUDE_CODE = "claude-code"
RANDOM_PORT = "http://localhost:51789/callback"
BROWSER = {"Origin": "http://localhost:6274"}


@pytest.fixture
def start(build: Build) -> Callable[..., Server]:
    def start(*configure: Any, **changes: str) -> Server:
        named = {f"oauth2.{key.replace('__', '.')}": text for key, text in changes.items()}
        return build(host.pages, *configure, changes={**MCP, **named})

    return start


@pytest.fixture
def pinned(tmp_path: Path) -> str:
    """A folder with the documents of known clients."""
    for name, each in known_clients().items():
        if each.document:
            (tmp_path / f"{name}.json").write_text(json.dumps(dict(each.document)))
    return str(tmp_path)


class TestWhatItSets:
    def test_the_metadata(self, start: Callable[..., Server]):
        document = start().get(METADATA).json
        assert "client_id_metadata_document_supported" not in document, "none is pinned"
        assert document["registration_endpoint"] == "http://localhost/oauth2/registration"
        assert document["code_challenge_methods_supported"] == ["S256"]
        assert document["authorization_response_iss_parameter_supported"] is True
        assert {"none", "client_secret_basic", "private_key_jwt"} <= {
            *document["token_endpoint_auth_methods_supported"]
        }
        assert document["scopes_supported"] == ["offline_access", "read", "write"]
        assert document["grant_types_supported"] == [
            "authorization_code",
            "client_credentials",
            "refresh_token",
        ]

    def test_cursor_registers_itself(self, start: Callable[..., Server]):
        found = registered(start(), redirect_uris=CURSOR, token_endpoint_auth_method="none")
        assert (found["redirect_uris"], found["scope"]) == (CURSOR, "read write")

    @pytest.mark.parametrize("scheme", ["cursor", "jetbrains", "vscode", "vscode-insiders"])
    def test_a_client_with_a_scheme_of_a_known_one(self, start: Callable[..., Server], scheme: str):
        uri = f"{scheme}://some.plugin/oauth/callback"
        assert registered(start(), redirect_uris=[uri])["redirect_uris"] == [uri]

    def test_no_other_scheme_is_registered(self, start: Callable[..., Server]):
        answer = register(start(), redirect_uris=["acme://callback"])
        assert answer.json["error"] == "invalid_redirect_uri"

    def test_a_pinned_client_with_a_random_port(self, start: Callable[..., Server], pinned: str):
        """By the scopes of the metadata, with offline_access and a page, for a resource."""
        server = start(client_id_metadata__pinned=pinned)
        client_id = known_clients()[CLAUDE_CODE].client_id
        assert client_id is not None
        server.secrets[client_id] = ""
        flow = Flow(server, client_id).log_in()
        request = {"redirect_uri": RANDOM_PORT, "resource": "http://localhost/read"}
        scope = "read write offline_access"
        answer = answer_in(flow.allow(scope=scope, prompt="consent", **request))
        assert answer["iss"] == "http://localhost"
        tokens = flow.redeem(answer["code"], **request).json
        assert tokens["scope"] == "offline_access read write"
        assert server.get("/read", bearer(tokens["access_token"])).text == "bob"
        refreshed = flow.refresh(tokens["refresh_token"]).json
        assert refreshed["refresh_token"] != tokens["refresh_token"]

    def test_one_that_is_not_pinned_is_refused(self, start: Callable[..., Server]):
        client_id = known_clients()["claude"].client_id
        assert client_id is not None
        page = Flow(start(), client_id).log_in().ask()
        assert (page.status_int, "is not allowed here by the operator" in page.text) == (400, True)

    def test_scopes_that_features_add(self, start: Callable[..., Server]):
        """A client requests those of the metadata, and one it cannot have is an error."""

        def add(config: Any) -> None:
            config.add_oauth2_scope("pay", "Pay your bills")
            config.add_oauth2_scope("client_registration", "Register clients")

        resolver = start(add).service.server.plug_ins.client_resolvers["client_id_metadata"]
        assert resolver.reader.scopes == {"read", "write", "pay"}

    @pytest.mark.parametrize(
        ("path", "method"),
        [(METADATA, "GET"), ("/oauth2/token", "POST"), ("/oauth2/registration", "POST")],
    )
    def test_pages_of_other_origins_may_ask(
        self, start: Callable[..., Server], path: str, method: str
    ):
        answer = start().browser.options(path, headers=BROWSER)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert method in answer.headers["Access-Control-Allow-Methods"].split(", ")

    def test_pages_of_other_origins_read_the_challenge(self, start: Callable[..., Server]):
        answer = start(cors_paths="/read").browser.get("/read", headers=BROWSER, status=401)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "WWW-Authenticate" in answer.headers["Access-Control-Expose-Headers"]
        challenge = answer.headers["WWW-Authenticate"]
        assert 'scope="read"' in challenge
        assert "resource_metadata=" in challenge


@pytest.mark.usefixtures("anew")
class TestTheLog:
    @pytest.fixture
    def said(self, start: Callable[..., Server], caplog: pytest.LogCaptureFixture) -> Any:
        def said(**changes: str) -> list[str]:
            caplog.set_level(logging.INFO, "pyramid_oauth2")
            start(**changes)
            lines = [each.getMessage() for each in caplog.records]
            return [line for line in lines if line.startswith("oauth2.profile")]

        return said

    def test_what_is_set_and_why(self, said: Any):
        first, _ = said()
        schemes = " ".join(sorted(mcp().completed({})["private_schemes"]))
        assert first == (
            "oauth2.profile = mcp sets "
            "oauth2.client_id_metadata = pinned (clients with a document that you have pinned), "
            "oauth2.client_id_metadata.scopes = * (users are asked about each scope), "
            "oauth2.registration = open (other clients register themselves), "
            f"oauth2.private_schemes = {schemes} (of the known clients, and no others)."
        )

    def test_not_what_the_ini_has(self, said: Any):
        first, _ = said(registration="off", private_schemes="")
        assert "oauth2.registration" not in first
        assert "oauth2.private_schemes" not in first

    def test_no_client_is_pinned(self, said: Any):
        _, second = said()
        assert second == (
            "oauth2.profile = mcp: no document is pinned, so every client registers itself. To "
            "know those that have one by it: poauth2 INI client pin NAME, or --known for all."
        )

    @pytest.mark.parametrize("mode", ["off", "token"])
    def test_no_client_comes(self, said: Any, mode: str):
        *_, second = said(registration=mode)
        assert second == (
            "oauth2.profile = mcp: no document is pinned, and oauth2.registration is not open, so "
            "no client comes by itself: poauth2 INI client pin NAME, or --known for all."
        )

    def test_which_clients_are_not_pinned(self, said: Any, pinned: str):
        for name in ("claude", "zed"):
            (Path(pinned) / f"{name}.json").unlink()
        _, second = said(client_id_metadata__pinned=pinned)
        assert second == (
            "oauth2.profile = mcp: documents are pinned, so every client that has one uses it. "
            "Refused until they are pinned too are claude, zed: poauth2 INI client pin NAME, or "
            "--known for all."
        )

    def test_all_are_pinned(self, said: Any, pinned: str):
        assert len(said(client_id_metadata__pinned=pinned)) == 1

    def test_none_can_be_pinned(self, said: Any):
        assert len(said(client_id_metadata="off")) == 1

    def test_a_resource_server(self, caplog: pytest.LogCaptureFixture):
        """It sets nothing there, and the start says so."""
        api = {"oauth2.mode": "resource_server", "oauth2.base_url": "https://api.example"}
        config = Configurator(
            settings={
                **api,
                "oauth2.issuer": "https://auth.example",
                "oauth2.validation": "local",
                "oauth2.profile": "mcp",
            }
        )
        config.include("pyramid_oauth2")
        registry = config.make_wsgi_app().registry
        assert registry.getUtility(ISettings).private_schemes == frozenset()
        effect = "oauth2.profile has no effect: it is for oauth2.mode = authorization_server."
        assert effect in caplog.messages


WEAKER = [
    ({"client_id_metadata": "open"}, "client_id_metadata = open", "trust policies"),
    (
        {"client_id_metadata": "allowed", "client_id_metadata.hosts": "claude.ai"},
        "client_id_metadata = allowed",
        "poauth2 INI client pin NAME",
    ),
    ({"private_schemes": "cursor acme"}, "private_schemes = acme cursor", "--private-scheme"),
    (
        {"registration.grant_types": "authorization_code client_credentials"},
        "registration.grant_types = authorization_code client_credentials",
        "OAuth 2.1 section 4.2",
    ),
    (
        {"registration": "user", "registration.grant_types": "client_credentials"},
        "registration.grant_types = client_credentials",
        "oauth2.registration = token",
    ),
    (
        {"grant_types": "authorization_code password"},
        "grant_types = authorization_code password",
        "RFC 9700 section 2.4",
    ),
    ({"grant_types": "client_credentials"}, "grant_types = client_credentials", "code flow"),
    ({"response_types": "code token"}, "response_types = code token", "RFC 9700 section 2.1.2"),
    ({"require_pkce": "false"}, "require_pkce = false", "authorization code protection"),
    (
        {"authorization_code_grace": "30"},
        "authorization_code_grace = 30",
        "OAuth 2.1 section 4.1.3",
    ),
    ({"issuer": "http://auth.example.com"}, "issuer = 'http://auth.example.com'", "loopback"),
    ({"issuer": "https://auth.example.com/"}, "issuer", "leave out the slash"),
    ({"enforce_https": "false", "issuer": "https://a.example"}, "enforce_https = false", "TLS"),
    ({"profile": "mpc"}, "profile = 'mpc'", "there are: mcp"),
]
STRICTER: list[tuple[dict[str, str], dict[str, Any]]] = [
    ({"client_id_metadata": "off"}, {"client_id_metadata": "off"}),
    ({"client_id_metadata.scopes": "read"}, {"client_id_metadata.scopes": {"read"}}),
    ({"registration": "off"}, {"registration": None}),
    ({"registration": "token"}, {"registration": "token"}),
    ({"registration": "user"}, {"registration": "user"}),
    (
        {"registration": "token", "registration.grant_types": "client_credentials"},
        {"registration.grant_types": {"client_credentials"}},
    ),
    (
        {"registration": "off", "registration.grant_types": "client_credentials"},
        {"registration": None},
    ),
    ({"registration.redirect_hosts": "a.example"}, {"registration.redirect_hosts": {"a.example"}}),
    ({"private_schemes": "cursor"}, {"private_schemes": {"cursor"}}),
    ({"private_schemes": ""}, {"private_schemes": set()}),
    ({"grant_types": "authorization_code"}, {"grant_types": {"authorization_code"}}),
    ({"refresh_token_grace": "0"}, {"refresh_token_grace": 0}),
    ({"authorization_code_grace": "0"}, {"authorization_code_grace": 0}),
    ({"require_pkce": "true", "response_types": "code"}, {"require_pkce": True}),
]


@pytest.mark.parametrize(("changes", "setting", "words"), WEAKER)
def test_nothing_weaker_starts(build: Build, changes: dict[str, str], setting: str, words: str):
    named = {f"oauth2.{key}": text for key, text in changes.items()}
    with pytest.raises(ConfigurationError) as refused:
        build(host.pages, changes={**MCP, **named})
    assert f"oauth2.{setting}" in str(refused.value)
    assert words in str(refused.value)


@pytest.mark.parametrize(("changes", "expected"), STRICTER)
def test_what_is_stricter_stands(build: Build, changes: dict[str, str], expected: dict[str, Any]):
    named = {f"oauth2.{key}": text for key, text in changes.items()}
    values = build(host.pages, changes={**MCP, **named}).service.settings.values()
    assert {key: values[key] for key in expected} == expected


def test_every_rule_refuses_something():
    weaker = {setting.partition(" ")[0] for _, setting, _ in WEAKER}
    assert {rule.key for rule in mcp().rules} <= weaker
