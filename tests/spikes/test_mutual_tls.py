"""The plug-in of mutual TLS, over HTTP."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError

from pyramid_oauth2 import InvalidClientMetadata, TokenIssued
from tests.functional import host
from tests.functional.client_pages import ClientPages, words
from tests.functional.errors import assert_error
from tests.functional.flow import BACK, VERIFIER, Flow, answer_in
from tests.functional.server import Server, bearer
from tests.functional.test_audit import Log
from tests.functional.test_transactions import FailsOnce

from . import mutual_tls
from .mutual_tls import BOUND, SAN_DNS, SUBJECT_DN, thumbprint

KEY = ec.generate_private_key(ec.SECP256R1())
DN = "CN=bank,O=Example"


def name(common_name: str) -> x509.Name:
    return x509.Name.from_rfc4514_string(f"CN={common_name},O=Example")


def certificate(
    common_name: str = "bank",
    issuer: str | None = None,
    days: int = 1,
    usage: ObjectIdentifier = ExtendedKeyUsageOID.CLIENT_AUTH,
    key: ec.EllipticCurvePrivateKey = KEY,
) -> x509.Certificate:
    """A new certificate, self-signed unless an issuer is named."""
    now = datetime.now(UTC)
    subject = x509.SubjectAlternativeName([x509.DNSName(f"{common_name}.example")])
    return (
        x509.CertificateBuilder()
        .subject_name(name(common_name))
        .issuer_name(name(issuer or common_name))
        .public_key(KEY.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=2))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(subject, critical=False)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .sign(key, hashes.SHA256())
    )


def der(shown: x509.Certificate) -> str:
    return base64.b64encode(shown.public_bytes(Encoding.DER)).decode()


def shows(shown: x509.Certificate | None) -> dict[str, str]:
    """The header that the proxy adds."""
    return {} if shown is None else {"Client-Cert": f":{der(shown)}:"}


ON_FOR_OPERATORS = {"admin": "true", "admin_principals": "bob", "login_route": "login"}
CHOSEN = "a-secret-of-its-own-that-is-long-enough"
BANK = certificate(issuer="authority")
OWN, OTHER = certificate("own"), certificate("other")
JWKS = {"keys": [{"kty": "EC", "x5c": [der(each)]} for each in (OWN, OTHER)]}


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> str:
    file: Path = tmp_path_factory.mktemp("tls") / "authority.pem"
    file.write_bytes(certificate("authority").public_bytes(Encoding.PEM))
    return str(file)


@pytest.fixture
def start(start_flow: Callable[..., Flow], authority: str) -> Callable[..., Flow]:
    def start(*configure: Any, client_id: str = "web", **changes: str) -> Flow:
        tls = {
            "mtls.header": "Client-Cert",
            "mtls.authorities": authority,
            "mtls.base_url": "https://mtls.example",
        }
        flow = start_flow(mutual_tls.includeme, *configure, client_id=client_id, **(tls | changes))
        register(flow.server)
        return flow

    return start


def register(server: Server) -> None:
    usual: dict[str, Any] = {"grant_types": ("client_credentials",)}
    for client_id, extra in (("bank", {SAN_DNS: "bank.example"}), ("named", {SUBJECT_DN: DN})):
        server.register(
            client_id, token_endpoint_auth_method="tls_client_auth", extra=extra, **usual
        )
    server.register(
        "own",
        token_endpoint_auth_method="self_signed_tls_client_auth",
        jwks=JWKS,
        extra={BOUND: True},
        redirect_uris=(BACK,),
        grant_types=("client_credentials", "authorization_code", "refresh_token"),
    )


@pytest.fixture
def server(start: Callable[..., Flow]) -> Server:
    return start().server


def ask(server: Server, client_id: str | None, shown: x509.Certificate | None, **form: str) -> Any:
    named = {} if client_id is None else {"client_id": client_id}
    return server.post({"grant_type": "client_credentials", **named, **form}, shows(shown))


class TestAuthentication:
    @pytest.mark.parametrize(
        ("client_id", "shown"), [("bank", BANK), ("named", BANK), ("own", OWN)]
    )
    def test_the_same_certificate_each_time(
        self, server: Server, client_id: str, shown: x509.Certificate
    ) -> None:
        """Both methods are registered, and present the same: a certificate and a client_id."""
        assert ask(server, client_id, shown).status_int == 200
        assert ask(server, client_id, shown).status_int == 200

    @pytest.mark.parametrize(
        "shown",
        [
            None,
            certificate("other", "authority"),
            certificate(),
            certificate(issuer="authority", key=ec.generate_private_key(ec.SECP256R1())),
            certificate(issuer="authority", days=-1),
            certificate(issuer="authority", usage=ExtendedKeyUsageOID.SERVER_AUTH),
        ],
        ids=["none", "subject", "self-signed", "signature", "expired", "for servers"],
    )
    @pytest.mark.parametrize("client_id", ["bank", "named"])
    def test_another_certificate(
        self, server: Server, client_id: str, shown: x509.Certificate | None
    ) -> None:
        refused = ask(server, client_id, shown)
        assert_error(refused, 401, "invalid_client")
        assert refused.body == ask(server, "unknown", shown).body

    def test_one_that_is_not_in_the_jwks(self, server: Server) -> None:
        assert_error(ask(server, "own", certificate("own")), 401, "invalid_client")

    @pytest.mark.parametrize("jwks", [None, {}, {"keys": 1}, {"keys": [1, {}, {"x5c": 1}]}])
    def test_no_certificate_is_registered(self, server: Server, jwks: Any) -> None:
        client = server.service.clients.get("own")
        server.service.clients.edit("own", client.version, jwks=jwks)
        assert_error(ask(server, "own", OWN), 401, "invalid_client")

    @pytest.mark.parametrize("extra", [{}, {SAN_DNS: "bank.example", SUBJECT_DN: DN}])
    def test_a_client_has_one_subject(self, server: Server, extra: dict[str, str]) -> None:
        """Section 2.1.2: "exactly one of the below metadata parameters"."""
        stored = server.service.clients.get("bank")
        assert server.service.server.clients.edit("bank", stored.version, {"extra": extra})
        assert_error(ask(server, "bank", BANK), 401, "invalid_client")

    def test_it_names_itself(self, server: Server) -> None:
        """Section 2: the client_id is required."""
        assert_error(ask(server, None, BANK), 401, "invalid_client")

    def test_a_disabled_client(self, server: Server) -> None:
        server.service.clients.disable("bank")
        assert_error(ask(server, "bank", BANK), 401, "invalid_client")

    def test_a_long_client_id(self, server: Server) -> None:
        assert_error(ask(server, "x" * 4000, BANK), 401, "invalid_client")

    @pytest.mark.parametrize("value", ["", ":", "::", "x", f"{der(BANK)}", ":%:"])
    def test_a_header_that_is_none(self, server: Server, value: str) -> None:
        form = {"grant_type": "client_credentials", "client_id": "bank"}
        assert_error(server.post(form, {"Client-Cert": value}), 400, "invalid_request")

    def test_a_secret_beside_it_is_not_its_method(self, server: Server) -> None:
        """A client that sends a secret has chosen that method; the certificate is ambient."""
        form = {"grant_type": "client_credentials", "client_id": "bank"}
        assert_error(server.post(form, server.login("bank") | shows(BANK)), 401, "invalid_client")
        assert_error(server.post(form, server.login("bank")), 401, "invalid_client")

    def test_a_client_with_a_secret_may_show_one(self, server: Server) -> None:
        form = {"grant_type": "client_credentials", "client_id": "robot"}
        assert server.post(form, server.login() | shows(OWN)).status_int == 200

    @pytest.mark.parametrize("path", ["/oauth2/introspect", "/oauth2/revoke"])
    def test_at_other_endpoints(self, server: Server, path: str) -> None:
        token = ask(server, "bank", BANK).json["access_token"]
        form = {"client_id": "bank", "token": token}
        assert_error(server.post(form, path=path), 401, "invalid_client")
        assert server.post(form, shows(BANK), path).status_int == 200


class TestAudit:
    @pytest.fixture
    def log(self, caplog: pytest.LogCaptureFixture) -> Log:
        return Log(caplog)

    def refused(self, log: Log) -> dict[str, str]:
        (line,) = log.read()
        names = ("event", "client_id", "method", "check")
        return {each: line[each] for each in names if each in line}

    def test_another_certificate(self, server: Server, log: Log) -> None:
        ask(server, "bank", OWN)
        assert self.refused(log) == {
            "event": "ClientAuthenticationFailed",
            "client_id": "bank",
            "method": "tls_client_auth",
            "check": "client_proof",
        }

    def test_no_certificate(self, server: Server, log: Log) -> None:
        ask(server, "bank", None)
        assert self.refused(log) == {
            "event": "ClientAuthenticationFailed",
            "client_id": "bank",
            "method": "none",
            "check": "client_authentication_method",
        }

    def test_another_certificate_for_a_refresh_token(
        self, start: Callable[..., Flow], log: Log
    ) -> None:
        app = Public(start(client_id="app"))
        tokens = app.tokens()
        log.read()
        app.refresh(tokens["refresh_token"], OTHER)
        line = {
            "event": "TokenRefused",
            "client_id": "app",
            "check": "client_certificate_needed",
        }
        assert self.refused(log) == line


class Public:
    """The flow of a public client, whose tokens are bound to its certificate (section 4)."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        flow.server.service.clients.edit("app", None, **{BOUND: True})

    def show(self, shown: x509.Certificate | None) -> None:
        environ = self.flow.server.browser.extra_environ
        environ.pop("HTTP_CLIENT_CERT", None)
        if shown is not None:
            environ["HTTP_CLIENT_CERT"] = shows(shown)["Client-Cert"]

    def tokens(self) -> dict[str, Any]:
        self.show(OWN)
        return self.flow.tokens()

    def refresh(self, token: str, shown: x509.Certificate | None) -> Any:
        self.show(shown)
        return self.flow.refresh(token)

    def read(self, token: str, shown: x509.Certificate | None) -> Any:
        self.show(shown)
        return self.flow.server.get("/read", bearer(token))


class TestBoundTokens:
    @pytest.fixture
    def app(self, start: Callable[..., Flow]) -> Public:
        return Public(start(client_id="app"))

    def test_with_its_certificate(self, app: Public) -> None:
        tokens = app.tokens()
        assert tokens["token_type"] == "Bearer"
        for _ in range(2):
            assert app.read(tokens["access_token"], OWN).text == "bob"

    @pytest.mark.parametrize("shown", [None, OTHER])
    def test_without_it(self, app: Public, shown: x509.Certificate | None) -> None:
        """Section 3: 401 invalid_token."""
        answer = app.read(app.tokens()["access_token"], shown)
        assert (answer.status_int, answer.json["error"]) == (401, "invalid_token")
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]

    def test_a_request_without_a_certificate(self, app: Public) -> None:
        code = app.flow.code()
        assert_error(app.flow.redeem(code), 400, "invalid_grant")
        app.show(OWN)
        assert app.flow.redeem(code).status_int == 200, "nothing was spent"

    def test_a_thief_spends_nothing(self, app: Public) -> None:
        token = app.tokens()["refresh_token"]
        assert_error(app.refresh(token, OTHER), 400, "invalid_grant")
        assert_error(app.refresh(token, None), 400, "invalid_grant")
        assert app.refresh(token, OWN).status_int == 200

    def test_a_refresh_used_twice(self, app: Public) -> None:
        """By a thief without the certificate: no reuse; by its holder: the end of the grant."""
        first = app.tokens()["refresh_token"]
        second = app.refresh(first, OWN).json
        assert app.refresh(first, OWN).json == second, "a repetition within the grace period"
        assert app.read(second["access_token"], OWN).status_int == 200
        third = app.refresh(second["refresh_token"], OWN).json
        assert_error(app.refresh(first, OTHER), 400, "invalid_grant")
        assert app.read(third["access_token"], OWN).status_int == 200
        assert_error(app.refresh(first, OWN), 400, "invalid_grant")
        assert app.read(third["access_token"], OWN).status_int == 401

    def test_a_new_certificate_of_a_confidential_client(self, server: Server) -> None:
        """Section 7.1: its refresh token is bound to the client, its access token is not."""
        app = Public(Flow(server, "own").log_in())
        code = app.flow.code()
        app.show(OWN)
        usual = {"client_id": "own", "redirect_uri": BACK, "grant_type": "authorization_code"}
        form = {**usual, "code": code, "code_verifier": VERIFIER}
        tokens = server.post(form).json
        app.show(OTHER)
        form = {"client_id": "own", "grant_type": "refresh_token"}
        renewed = server.post({**form, "refresh_token": tokens["refresh_token"]}).json
        assert app.read(renewed["access_token"], OTHER).text == "bob"
        assert app.read(renewed["access_token"], OWN).status_int == 401

    def test_a_client_that_does_not_want_it(self, server: Server) -> None:
        token = ask(server, "bank", BANK).json["access_token"]
        assert server.get("/read", bearer(token)).status_int == 200

    def test_introspection(self, server: Server) -> None:
        token = ask(server, "own", OWN).json["access_token"]
        form = {"client_id": "own", "token": token}
        said = server.post(form, shows(OWN), "/oauth2/introspect").json
        assert said["active"]
        assert said["token_type"] == "Bearer"
        assert said["cnf"] == {"x5t#S256": thumbprint(OWN)}

    def test_no_token_of_the_implicit_grant(self, start: Callable[..., Flow]) -> None:
        """It would be bound to nothing, although the client is registered for bound ones."""
        flow = start(client_id="spa", response_types="code token")
        flow.server.register(
            "spa",
            redirect_uris=(BACK,),
            grant_types=("implicit",),
            response_types=("token",),
            token_endpoint_auth_method="none",
            extra={BOUND: True},
        )
        pkce = {"code_challenge": None, "code_challenge_method": None}
        answer = flow.ask(response_type="token", **pkce)
        assert answer_in(answer.location, "fragment")["error"] == "unauthorized_client"


class TestRetry:
    """A code is used once, also if the application's transaction fails after that."""

    def test_the_tokens_of_the_first_attempt(self, start: Callable[..., Flow]) -> None:
        attempts: list[str] = []

        def join(event: Any) -> None:
            event.request.tm.get().join(FailsOnce(event.request.tm, attempts))

        def configure(config: Configurator) -> None:
            config.include("pyramid_tm")
            config.include("pyramid_retry")
            config.add_settings({"retry.attempts": "3"})
            config.add_subscriber(join, TokenIssued)

        app = Public(start(configure, client_id="app"))
        code = app.flow.code()
        app.show(OWN)
        tokens = app.flow.redeem(code).json
        assert attempts == ["vote", "vote", "committed"]
        assert app.read(tokens["access_token"], OWN).text == "bob"
        assert app.read(tokens["access_token"], OTHER).status_int == 401
        app.show(OWN)
        assert_error(app.flow.redeem(code), 400, "invalid_grant")
        assert app.read(tokens["access_token"], OWN).status_int == 401


class TestConfiguration:
    def test_metadata(self, server: Server) -> None:
        document = server.get("/.well-known/oauth-authorization-server").json
        assert document[BOUND] is True
        methods = {"tls_client_auth", "self_signed_tls_client_auth"}
        for endpoint in ("token", "revocation", "introspection"):
            assert methods < set(document[f"{endpoint}_endpoint_auth_methods_supported"])
        assert document["mtls_endpoint_aliases"] == {
            "token_endpoint": "https://mtls.example/oauth2/token",
            "revocation_endpoint": "https://mtls.example/oauth2/revoke",
            "introspection_endpoint": "https://mtls.example/oauth2/introspect",
        }

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({}, "oauth2.mtls.header"),
            ({"mtls.header": "x", "mtls.authorities": "/nowhere"}, "name a file"),
            ({"mtls.header": "x", "mtls.heade": "x"}, "oauth2.mtls.heade"),
        ],
    )
    def test_a_mistake(
        self, build: Callable[..., Server], changes: dict[str, str], message: str
    ) -> None:
        named = {f"oauth2.{each}": value for each, value in changes.items()}
        with pytest.raises(ConfigurationError, match=message):
            build(host.pages, mutual_tls.includeme, changes=named)

    def test_a_subject_that_is_none(self, server: Server) -> None:
        with pytest.raises(InvalidClientMetadata, match="distinguished name"):
            server.service.clients.edit("named", None, **{SUBJECT_DN: "bank"})

    def test_no_secret(self, server: Server) -> None:
        assert not server.service.clients.get("bank").client_secrets
        with pytest.raises(InvalidClientMetadata, match="tls_client_auth has no secret"):
            server.service.clients.rotate_secret("bank")
        with pytest.raises(InvalidClientMetadata, match="tls_client_auth has no secret"):
            server.service.clients.end_earlier_secret("bank")
        fields = {"token_endpoint_auth_method": "tls_client_auth", SAN_DNS: "bank.example"}
        with pytest.raises(InvalidClientMetadata, match="tls_client_auth has no secret"):
            server.service.clients.add(None, CHOSEN, resource_server=True, grant_types=(), **fields)

    def test_a_secret_ends_with_its_method(self, server: Server) -> None:
        """It may have leaked long ago; a change back does not make it valid again."""
        server.register("turned")
        login, clients = server.login("turned"), server.service.clients
        fields = {"token_endpoint_auth_method": "tls_client_auth", SAN_DNS: "bank.example"}
        assert clients.edit("turned", **fields).client_secrets == ()
        clients.edit("turned", token_endpoint_auth_method="client_secret_basic")
        answer = server.post({"grant_type": "client_credentials"}, login)
        assert_error(answer, 401, "invalid_client")

    def test_an_import_brings_no_secret(self, server: Server) -> None:
        secrets = server.register("turned").client_secrets
        bank = replace(server.service.clients.get("bank"), client_id="x", client_secrets=secrets)
        with pytest.raises(InvalidClientMetadata, match="tls_client_auth has no secret"):
            server.service.clients.restore(bank)

    def test_the_pages_show_no_secret(self, start: Callable[..., Flow]) -> None:
        pages = ClientPages(start(**ON_FOR_OPERATORS).server)
        page = pages.get("client", client_id="bank", done="registered")
        assert "It authenticates by its key, so it has no secret." in words(page)
        assert "Secrets" not in words(page)
        assert "This client has no secret" in words(pages.get("secret", 404, client_id="bank"))
        assert pages.post("secret", "bank", version="0", overlap="now").status_int == 404

    def test_a_client_without_a_subject_is_not_registered(self, server: Server) -> None:
        with pytest.raises(InvalidClientMetadata):
            server.register("nobody", token_endpoint_auth_method="tls_client_auth")
