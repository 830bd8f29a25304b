"""Client authentication by a signed JWT at every endpoint (RFC 7521 section 4.2, RFC 7523)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from joserfc.jwk import ECKey
from pyramid_retry import RetryableException

from pyramid_oauth2 import InvalidClientMetadata
from pyramid_oauth2.attempt_storage import AttemptCounter
from pyramid_oauth2.events import ClientAuthenticationFailed, DocumentFetched, TokenRefused
from pyramid_oauth2.fetching.responses import FetchError
from pyramid_oauth2.protocol.token_strings import is_client_secret

from . import host
from .documents import Documents
from .errors import assert_error
from .server import Server, basic
from .signing import JWKS, KEY, METHOD, TYPE, ask, assertion, register, signed

METADATA = "/.well-known/oauth-authorization-server"
PATHS = {
    "token": "/oauth2/token",
    "revocation": "/oauth2/revoke",
    "introspection": "/oauth2/introspect",
}


@pytest.fixture
def signer(server: Server) -> Server:
    register(server)
    return server


class TestAtEveryEndpoint:
    @pytest.mark.parametrize("path", PATHS.values())
    def test_it_authenticates(self, signer: Server, path: str) -> None:
        assert ask(signer, path=path).status_int == 200
        assert ask(signer, path=path, client_id="signer").status_int == 200

    @pytest.mark.parametrize("path", PATHS.values())
    def test_once(self, signer: Server, path: str) -> None:
        """RFC 7523 section 3, item 7; also at another endpoint."""
        value = assertion()
        assert ask(signer, value, path).status_int == 200
        for other in PATHS.values():
            assert_error(ask(signer, value, other), 401, "invalid_client")
        assert ask(signer, path=path).status_int == 200

    @pytest.mark.parametrize("path", PATHS.values())
    def test_alone(self, signer: Server, path: str) -> None:
        """RFC 7521 section 4.2; RFC 6749 section 2.3."""
        form = signed(grant_type="client_credentials", token="x")
        for headers in (signer.login(), {"Authorization": "Bearer x"}):
            assert_error(signer.post(form, headers, path), 400, "invalid_request")
        for more in ({"client_secret": "x"}, {"client_secret": "x", "client_id": "signer"}):
            assert_error(signer.post({**form, **more}, path=path), 400, "invalid_request")

    @pytest.mark.parametrize("path", PATHS.values())
    def test_each_parameter_once(self, signer: Server, path: str) -> None:
        """RFC 6749 section 3.2."""
        for name, value in (("client_assertion", assertion()), ("client_assertion_type", TYPE)):
            form = [*signed(grant_type="client_credentials", token="x").items(), (name, value)]
            answer = signer.browser.post(path, form, status="*")
            assert_error(answer, 400, "invalid_request")

    def test_the_metadata(self, signer: Server) -> None:
        """RFC 8414 section 2: the algorithms "MUST be present" where the method is."""
        metadata = signer.get(METADATA).json
        for name in PATHS:
            assert METHOD in metadata[f"{name}_endpoint_auth_methods_supported"]
            algorithms = metadata[f"{name}_endpoint_auth_signing_alg_values_supported"]
            assert {"ES256", "PS256", "RS256", "EdDSA", "Ed25519"} == set(algorithms)

    def test_it_is_not_in_a_url(self, signer: Server) -> None:
        answer = signer.post({"grant_type": "x"}, path=f"/oauth2/token?client_assertion={'a' * 9}")
        assert_error(answer, 400, "invalid_request")


class TestRefused:
    def test_all_failures_look_alike(self, signer: Server) -> None:
        """Outside; the events have the reason (RFC 7521 section 4.2.1: "invalid_client")."""
        heard: list[ClientAuthenticationFailed] = []
        signer.hear(heard.append, ClientAuthenticationFailed)
        signer.register("other")
        used = assertion()
        assert ask(signer, used).status_int == 200
        answers = [
            ask(signer, value)
            for value in (
                "x.y.z",
                assertion(key=ECKey.generate_key("P-256")),
                assertion(header={"kid": "two"}),
                assertion("nobody"),
                assertion("other"),
                assertion(aud="http://localhost/oauth2/token"),
                assertion(exp=int(time.time()) - 60),
                assertion(iss="other"),
                used,
            )
        ]
        assert len({(each.status, each.body) for each in answers}) == 1
        assert_error(answers[0], 401, "invalid_client")
        # The last one proves the client: what refuses it is the reservation.
        assert [event.refusal.check for event in heard] == [
            *("client_known", "jwt_signature", "jwt_key", "client_known"),
            *("client_authentication_method", "client_assertion_audience"),
            *("jwt_exp", "client_assertion_parties"),
        ]

    def test_a_second_use_is_in_the_audit_log(self, signer: Server) -> None:
        heard: list[TokenRefused] = []
        signer.hear(heard.append, TokenRefused)
        value = assertion()
        ask(signer, value)
        ask(signer, value)
        (event,) = heard
        assert (event.client_id, event.error) == ("signer", "invalid_client")
        assert event.refusal.check == "client_assertion_once"

    def test_nothing_is_reserved_before_everything_is_right(self, signer: Server) -> None:
        """A stranger cannot use up the identifiers of a client, nor a request that fails."""
        value = assertion(jti="mine")
        forged = assertion(key=ECKey.generate_key("P-256"), jti="mine")
        assert_error(ask(signer, forged), 401, "invalid_client")
        assert_error(ask(signer, value, scope="admin"), 400, "invalid_scope")
        assert ask(signer, value).status_int == 200

    def test_failures_are_counted_for_client_and_address(self, signer: Server) -> None:
        """Never for the client alone: anyone can send garbage in its name."""
        counter = AttemptCounter(None, monotonic=lambda: 1_800_000_000.0)
        throttle = replace(signer.service.server.throttle, counter=counter)
        signer.change(throttle=throttle)
        evil = signer.fresh_browser(REMOTE_ADDR="192.0.2.66")
        form = signed("a.b.c", client_id="signer", grant_type="client_credentials")
        statuses = [evil.post("/oauth2/token", form, status="*").status_int for _ in range(12)]
        assert statuses == [401] * 10 + [429] * 2
        clean = signer.fresh_browser(REMOTE_ADDR="198.51.100.1")
        right = signed(grant_type="client_credentials")
        assert clean.post("/oauth2/token", right).status_int == 200
        # Nor is the client kept out from there: a signature cannot be guessed.
        again = signed(grant_type="client_credentials")
        assert evil.post("/oauth2/token", again).status_int == 200

    def test_a_long_one(self, signer: Server) -> None:
        """16 KiB, also if oauth2.max_parameter_length is less."""
        assert ask(signer, assertion(more="x" * 9000)).status_int == 200
        assert_error(ask(signer, assertion(more="x" * 13_000)), 400, "invalid_request")


class TestAnAttemptThatIsRunAgain:
    def test_is_no_second_use(self, build: Callable[..., Server]) -> None:
        """pyramid_retry runs the request again after the application's transaction failed."""
        runs: list[str] = []

        class Fails:
            names = ("number",)

            def __init__(self, server: Any, settings: Any) -> None:
                pass

            def members(self, issuing: Any) -> dict[str, Any]:
                runs.append(issuing.client.client_id)
                if len(runs) == 1:
                    raise RetryableException
                return {"number": len(runs)}

        def configure(config: Any) -> None:
            config.include("pyramid_retry")
            config.add_oauth2_token_response("numbers", Fails)

        server = build(host.pages, configure, changes={"retry.attempts": "3"})
        register(server)
        value = assertion()
        answer = ask(server, value)
        assert (answer.status_int, answer.json["number"]) == (200, 2)
        assert_error(ask(server, value), 401, "invalid_client")


class TestKeysOfAUrl:
    URL = "https://app.example/keys"

    @pytest.fixture
    def documents(self) -> Documents:
        return Documents(**{self.URL: JWKS})

    @pytest.fixture
    def server(self, build: Callable[..., Server], documents: Documents) -> Server:
        server = build(host.pages, documents.configure())
        register(server, jwks=None, jwks_uri=self.URL, owner="bob")
        return server

    def test_they_are_fetched_once(self, server: Server, documents: Documents) -> None:
        heard: list[DocumentFetched] = []
        server.hear(heard.append, DocumentFetched)
        for _ in range(3):
            assert ask(server).status_int == 200
        assert documents.fetched == [self.URL]
        (event,) = heard
        assert (event.url, event.purpose, event.error) == (self.URL, "jwks_uri", None)

    def test_they_cannot_be_fetched(self, server: Server, documents: Documents) -> None:
        """No error of the client: for invalid_client, some give up their registration."""
        documents.found[self.URL] = FetchError("does not answer")
        for path in PATHS.values():
            answer = ask(server, path=path)
            assert_error(answer, 503, "temporarily_unavailable")
            assert answer.headers["Retry-After"] == "60"
        assert documents.fetched == [self.URL]


class TestRegistering:
    def test_no_secret_is_made(self, signer: Server) -> None:
        assert signer.secrets["signer"] == ""
        client = signer.service.clients.get("signer")
        assert (client.client_secrets, client.public) == ((), False)

    @pytest.mark.parametrize(
        ("metadata", "field", "says"),
        [
            ({"jwks": None}, "jwks", "needs the public keys"),
            ({"jwks_uri": "https://a.example/k"}, "jwks", "leave out jwks_uri"),
            ({"jwks": {}}, "jwks", "the member keys"),
            ({"jwks": {"keys": []}}, "jwks", "a list of 1 to 32"),
            ({"jwks": {"keys": [JWKS["keys"][0]] * 2}}, "jwks", "the kid of several keys"),
            ({"jwks": {"keys": [KEY.as_dict(private=True)]}}, "jwks", "a key in it is secret"),
            ({"jwks": {"keys": [{"kty": "oct", "k": "AAAA"}]}}, "jwks", "a key in it is secret"),
            (
                {"jwks": {"keys": [{"kty": "RSA", "n": "AAAA", "e": "AQAB"}]}},
                "jwks",
                "key 1 is not of 2048 to 8192 bits",
            ),
            (
                {"jwks": {"keys": [{**JWKS["keys"][0], "x": "AAAA"}]}},
                "jwks",
                "key 1 has members that do not make a key",
            ),
            (
                {"jwks": {"keys": [{**JWKS["keys"][0], "use": "enc"}]}},
                "jwks",
                "no key in it is for signatures",
            ),
            (
                {"extra": {"token_endpoint_auth_signing_alg": "RS256"}},
                "token_endpoint_auth_signing_alg",
                "no key of the client is for it",
            ),
            (
                {"extra": {"token_endpoint_auth_signing_alg": "HS256"}},
                "token_endpoint_auth_signing_alg",
                "choose one of",
            ),
            ({"jwks": None, "jwks_uri": "http://a.example/k"}, "jwks_uri", "a whole https URL"),
            ({"jwks": None, "jwks_uri": "keys"}, "jwks_uri", "a whole https URL"),
            (
                {"jwks": None, "jwks_uri": "https://127.0.0.1/k", "owner": "bob"},
                "jwks_uri",
                "a public host",
            ),
            (
                {"jwks": None, "jwks_uri": "https://a.example:8443/k", "owner": "bob"},
                "jwks_uri",
                "a public host",
            ),
        ],
    )
    def test_the_keys(
        self, server: Server, metadata: dict[str, Any], field: str, says: str
    ) -> None:
        """RFC 7591 section 2, RFC 7517 sections 4 and 9.3, RFC 7518 section 3.3."""
        with pytest.raises(InvalidClientMetadata) as error:
            register(server, "wrong", **metadata)
        assert error.value.problems.keys() == {field}
        assert says in error.value.problems[field]

    @pytest.mark.parametrize(
        "metadata",
        [
            {
                "jwks": {
                    "keys": [*JWKS["keys"], {"kty": "unknown"}, {**JWKS["keys"][0], "use": "enc"}]
                }
            },
            {"jwks": None, "jwks_uri": "https://internal:8443/keys"},
            {"jwks": None, "jwks_uri": "http://localhost:5000/keys"},
            {"extra": {"token_endpoint_auth_signing_alg": "ES256"}},
        ],
    )
    def test_what_is_right(self, server: Server, metadata: dict[str, Any]) -> None:
        """RFC 7517 section 5: a key that is not understood is ignored."""
        register(server, "right", **metadata)

    def test_a_client_changes_from_a_secret_to_a_key(self, server: Server) -> None:
        client = server.register("turns")
        clients = server.service.clients
        with pytest.raises(InvalidClientMetadata, match="needs the public keys"):
            clients.edit("turns", token_endpoint_auth_method=METHOD)
        changed = clients.edit("turns", token_endpoint_auth_method=METHOD, jwks=JWKS)
        assert (client.client_secrets != (), changed.client_secrets) == (True, ())
        form = {"grant_type": "client_credentials"}
        assert_error(server.post(form, server.login("turns")), 401, "invalid_client")
        assert ask(server, assertion("turns")).status_int == 200
        clients.edit("turns", token_endpoint_auth_method="client_secret_basic")
        assert_error(ask(server, assertion("turns")), 401, "invalid_client")
        # The secret that it had is not valid again.
        assert_error(server.post(form, server.login("turns")), 401, "invalid_client")
        secret = clients.rotate_secret("turns").secret
        assert is_client_secret(secret)
        assert server.post(form, basic("turns", secret)).status_int == 200

    def test_a_key_is_replaced(self, signer: Server) -> None:
        new = ECKey.generate_key("P-256")
        jwks = {"keys": [{**new.as_dict(private=False), "kid": "one"}]}
        signer.service.clients.edit("signer", jwks=jwks)
        assert_error(ask(signer), 401, "invalid_client")
        assert ask(signer, assertion(key=new)).status_int == 200
