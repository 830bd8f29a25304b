"""The token endpoint over HTTP (RFC 6749 sections 3.2, 4.4 and 5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from . import host
from .errors import assert_error
from .server import FORM, Server, basic

CLIENT_CREDENTIALS = {"grant_type": "client_credentials"}
PATHS = ("/oauth2/token", "/oauth2/token/", "/oauth2/access_token", "/oauth2/access_token/")


@pytest.mark.parametrize("path", PATHS)
def test_a_token_from_every_path(server: Server, path: str):
    answer = server.post(CLIENT_CREDENTIALS, server.login(), path)
    assert answer.status_int == 200
    assert answer.json.keys() == {"access_token", "token_type", "expires_in", "scope"}


def test_the_answer_is_what_every_client_reads(server: Server):
    answer = server.ask()
    assert answer.json["token_type"] == "Bearer"
    assert answer.json["expires_in"] == 3600
    assert answer.json["scope"] == "read write"
    assert type(answer.json["expires_in"]) is int


def test_the_answer_is_json_that_nobody_keeps_or_sniffs(server: Server):
    """RFC 6749 section 5.1."""
    headers = server.ask().headers
    assert headers["Content-Type"] == "application/json"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Pragma"] == "no-cache"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_charset_at_the_request_type_is_welcome(server: Server):
    headers = {**server.login(), "Content-Type": f"{FORM};charset=UTF-8"}
    assert server.post(b"grant_type=client_credentials", headers).status_int == 200


def test_tokens_are_all_different(server: Server):
    """RFC 6749 section 10.10."""
    tokens = {server.token() for _ in range(20)}
    assert len(tokens) == 20
    # They only share the prefix: the first random character differs somewhere.
    assert len({token[4] for token in tokens}) > 1


def test_no_refresh_token_for_a_client_that_acts_for_itself(server: Server):
    """RFC 6749 section 4.4.3."""
    assert "refresh_token" not in server.ask().json


@pytest.mark.parametrize(
    ("asked", "granted"),
    [
        pytest.param(None, "read write", id="none: all that the client has"),
        pytest.param("", "read write", id="empty: as none"),
        pytest.param("write", "write", id="one"),
        pytest.param("write read", "read write", id="order means nothing"),
        pytest.param("read  read", "read", id="said twice"),
    ],
)
def test_the_granted_scope_is_stated(server: Server, asked: str | None, granted: str):
    """RFC 6749 section 3.3."""
    form = {} if asked is None else {"scope": asked}
    assert server.ask(**form).json["scope"] == granted


@pytest.mark.parametrize("scope", ["admin", "read admin", 'read "', "read\twrite", "réad"])
def test_a_scope_that_cannot_be_granted(server: Server, scope: str):
    assert_error(server.ask(scope=scope), 400, "invalid_scope")


def test_a_scope_that_is_not_the_clients(server: Server):
    server.register("reader", scope=frozenset({"read"}))
    answer = server.post({**CLIENT_CREDENTIALS, "scope": "write"}, server.login("reader"))
    assert_error(answer, 400, "invalid_scope")


def test_default_scopes_are_cut_to_the_clients_own(build: Callable[..., Server]):
    server = build(changes={"oauth2.default_scopes": "read"})
    assert server.ask().json["scope"] == "read"
    server.register("modest", scope=frozenset())
    assert server.post(CLIENT_CREDENTIALS, server.login("modest")).json["scope"] == "read"
    over = server.post({**CLIENT_CREDENTIALS, "scope": "write"}, server.login("modest"))
    assert_error(over, 400, "invalid_scope")


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "TRACE"])
@pytest.mark.parametrize("path", PATHS)
def test_another_method_is_told_which_one_to_use(server: Server, path: str, method: str):
    """RFC 6749 section 3.2, RFC 9110 section 15.5.6."""
    answer = server.browser.request(
        f"{path}?grant_type=client_credentials", method=method, headers=server.login(), status=405
    )
    assert answer.headers["Allow"] == "POST"
    assert server.records() == []


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        pytest.param({}, 400, "invalid_request", id="grant_type missing"),
        pytest.param({"grant_type": ""}, 400, "invalid_request", id="grant_type empty"),
        pytest.param({"grant_type": "magic"}, 400, "unsupported_grant_type", id="unknown"),
        pytest.param(
            {"grant_type": "Client_Credentials"}, 400, "unsupported_grant_type", id="other case"
        ),
        pytest.param(
            {"grant_type": "authorization_code", "code": "x"},
            400,
            "unsupported_grant_type",
            id="not enabled",
        ),
        pytest.param({"grant_type": "password"}, 400, "invalid_request", id="username missing"),
        pytest.param(
            {"grant_type": "password", "username": "bob", "password": ""},
            400,
            "invalid_request",
            id="password empty",
        ),
    ],
)
def test_what_the_form_lacks(server: Server, form: dict[str, str], status: int, code: str):
    """RFC 6749 section 5.2."""
    assert_error(server.post(form, server.login()), status, code)
    assert server.records() == []


@pytest.mark.parametrize(
    "name", ["grant_type", "client_id", "client_secret", "scope", "redirect_uri", "unheard_of"]
)
@pytest.mark.parametrize("values", [("same", "same"), ("one", "two"), ("one", ""), ("", "one")])
def test_a_repeated_parameter(server: Server, name: str, values: tuple[str, str]):
    """RFC 6749 section 3.2."""
    body = "&".join([f"{name}={value}" for value in values] + ["grant_type=client_credentials"])
    assert_error(server.post(body.encode(), server.login()), 400, "invalid_request")
    assert server.records() == []


def test_a_good_parameter_twice_is_refused_too(server: Server):
    body = b"grant_type=client_credentials&scope=read&scope=read"
    assert_error(server.post(body, server.login()), 400, "invalid_request")


def test_unknown_parameters_are_ignored(server: Server):
    """RFC 6749 section 3.2."""
    assert server.ask(audience="x", nonce="y").status_int == 200


def test_resource_may_repeat(server: Server):
    """RFC 8707 section 2."""
    body = b"grant_type=client_credentials&resource=http://localhost&resource=http://localhost/read"
    assert server.post(body, server.login()).status_int == 200


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "multipart/form-data; boundary=x",
        "text/plain",
        f"{FORM}; charset=utf-16",
        f"{FORM}-not",
        "",
    ],
)
def test_only_a_form_is_read(server: Server, content_type: str):
    """RFC 6749 appendix B."""
    headers = {**server.login(), "Content-Type": content_type}
    answer = server.post(b"grant_type=client_credentials", headers)
    assert_error(answer, 400, "invalid_request")
    assert server.records() == []


def test_parameters_in_the_query_are_not_read(server: Server):
    """RFC 6749 section 2.3.1."""
    answer = server.post(b"", server.login(), "/oauth2/token?grant_type=client_credentials")
    assert_error(answer, 400, "invalid_request")


@pytest.mark.parametrize("name", ["client_secret", "password", "code", "refresh_token", "token"])
def test_a_secret_in_the_query_is_refused_even_beside_a_good_request(server: Server, name: str):
    """RFC 6749 section 2.3.1: MUST NOT be included in the request URI."""
    path = f"/oauth2/token?{name}={server.secrets['robot']}"
    assert_error(server.post(CLIENT_CREDENTIALS, server.login(), path), 400, "invalid_request")
    assert server.records() == []


def test_a_client_that_is_not_registered_for_the_grant_type(server: Server):
    """RFC 6749 section 5.2."""
    uris = ("https://client.example/back",)
    server.register("web", grant_types=("authorization_code",), redirect_uris=uris)
    answer = server.post(CLIENT_CREDENTIALS, server.login("web"))
    assert_error(answer, 400, "unauthorized_client")


def test_a_public_client_cannot_act_for_itself(server: Server):
    """RFC 6749 section 4.4: confidential clients only, even if a record says otherwise."""
    server.register("app", grant_types=("password",), token_endpoint_auth_method="none")
    client = server.service.server.clients.get("app")
    changes = {"grant_types": ("client_credentials",)}
    assert server.service.server.clients.edit("app", client.version, changes)
    answer = server.post({**CLIENT_CREDENTIALS, "client_id": "app"})
    assert_error(answer, 400, "unauthorized_client")
    assert server.records() == []


@pytest.mark.parametrize("good", [True, False], ids=["good request", "bad request"])
def test_no_cookie_is_set_or_read(server: Server, good: bool):
    server.browser.get("/login?user=bob", status=200)
    answer = server.ask() if good else server.post(CLIENT_CREDENTIALS)
    assert answer.status_int == (200 if good else 401)
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("good", [True, False], ids=["good request", "bad request"])
def test_no_cors_with_credentials(server: Server, good: bool):
    headers = {"Origin": "https://evil.example", **(server.login() if good else {})}
    answer = server.post(CLIENT_CREDENTIALS, headers)
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("path", ["/oauth2/token/x", "/oauth2/tokens", "/oauth2/Token", "/oauth2"])
def test_other_paths_are_not_ours(server: Server, path: str):
    assert server.post(CLIENT_CREDENTIALS, server.login(), path).status_int == 404


def test_a_lifetime_of_the_clients_own(server: Server):
    server.register("brief", lifetimes={"access_token": 60})
    assert server.post(CLIENT_CREDENTIALS, server.login("brief")).json["expires_in"] == 60


def test_the_lifetime_of_the_settings(build: Callable[..., Server]):
    server = build(changes={"oauth2.access_token_lifetime": "1d"})
    assert server.ask().json["expires_in"] == 86400


def test_a_token_is_stored_by_its_digest_only(server: Server):
    token = server.token()
    (record,) = server.records()
    kept = repr([getattr(record, name) for name in record.__slots__])
    assert token not in kept
    assert token[-49:] not in kept


def test_an_https_issuer_refuses_plain_http_and_names_the_cure(build: Callable[..., Server]):
    """RFC 6749 section 3.2."""
    server = build(host.pages, changes={"oauth2.issuer": "https://auth.example.com"})
    answer = server.ask()
    assert_error(answer, 400, "invalid_request")
    assert "trusted_proxy" in answer.json["error_description"]
    assert server.records() == []


def test_a_header_does_not_make_a_request_secure(build: Callable[..., Server]):
    server = build(changes={"oauth2.issuer": "https://auth.example.com"})
    headers = {**server.login(), "X-Forwarded-Proto": "https", "Forwarded": "proto=https"}
    assert_error(server.post(CLIENT_CREDENTIALS, headers), 400, "invalid_request")


def test_an_https_issuer_answers_https(build: Callable[..., Server]):
    server = build(changes={"oauth2.issuer": "https://auth.example.com"})
    secure = server.fresh_browser(**{"wsgi.url_scheme": "https"})
    secure.post("/oauth2/token", CLIENT_CREDENTIALS, headers=server.login(), status=200)


class TestPasswordGrant:
    """RFC 6749 section 4.3."""

    def test_the_users_right_password(self, server: Server):
        answer = server.ask("password", username="bob", password="bob's password", scope="read")
        assert answer.status_int == 200
        assert answer.json.keys() == {"access_token", "token_type", "expires_in", "scope"}

    @pytest.mark.parametrize("user", ["bob", "nobody"])
    def test_a_wrong_password_and_an_unknown_user_look_the_same(self, server: Server, user: str):
        answer = server.ask("password", username=user, password="wrong")
        assert_error(answer, 400, "invalid_grant")
        other = server.ask("password", username="alice", password="wrong")
        assert answer.body == other.body
        assert server.records() == []

    def test_a_public_client_needs_no_secret(self, server: Server):
        server.register("app", grant_types=("password",), token_endpoint_auth_method="none")
        form = {"username": "bob", "password": "bob's password", "client_id": "app"}
        assert server.post({"grant_type": "password", **form}).status_int == 200

    def test_a_public_clients_tokens_may_live_otherwise(self, build: Callable[..., Server]):
        server = build(changes={"oauth2.public_access_token_lifetime": "30d"})
        server.register("app", grant_types=("password",), token_endpoint_auth_method="none")
        form = {"username": "bob", "password": "bob's password", "client_id": "app"}
        answer = server.post({"grant_type": "password", **form})
        assert answer.json["expires_in"] == 30 * 86400
        assert server.ask().json["expires_in"] == 3600

    def test_a_public_clients_wrong_password_is_no_client_error(self, server: Server):
        server.register("app", grant_types=("password",), token_endpoint_auth_method="none")
        form = {"username": "bob", "password": "wrong", "client_id": "app"}
        assert_error(server.post({"grant_type": "password", **form}), 400, "invalid_grant")

    def test_a_confidential_client_without_its_secret(self, server: Server):
        form = {"username": "bob", "password": "bob's password", "client_id": "robot"}
        assert_error(server.post({"grant_type": "password", **form}), 401, "invalid_client")

    def test_no_password_is_asked_for_before_the_client_is_known(
        self, build: Callable[..., Server]
    ):
        asked: list[str] = []

        class Users(host.Users):
            def authenticate(self, request: Any, username: str, password: str) -> str | None:
                asked.append(username)
                return super().authenticate(request, username, password)

        server = build(lambda config: config.set_oauth2_resource_owners(Users()))
        form = {"grant_type": "password", "username": "bob", "password": "bob's password"}
        assert server.post(form, basic("robot", "wrong")).status_int == 401
        assert asked == []

    def test_off_unless_it_is_named(self, build: Callable[..., Server]):
        """RFC 9700 section 2.4."""
        server = build(changes={"oauth2.grant_types": ""})
        answer = server.ask("password", username="bob", password="bob's password")
        assert_error(answer, 400, "unsupported_grant_type")

    def test_the_curl_line_of_the_getting_started_page(self, server: Server):
        server.register("curl", token_endpoint_auth_method="client_secret_post")
        secret = server.secrets["curl"]
        body = (
            f"client_id=curl&client_secret={secret}&grant_type=password"
            "&username=bob&password=bob's password"
        )
        answer = server.post(body.encode(), path="/oauth2/access_token/")
        assert answer.status_int == 200
        assert answer.json["scope"] == "read write"
