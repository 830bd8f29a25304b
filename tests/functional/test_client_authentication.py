"""Client authentication over HTTP (RFC 6749 section 2.3)."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from typing import Any

import pytest

from pyramid_oauth2.protocol.clients import secrets as client_secrets

from .errors import assert_error
from .server import Server, basic

FORM = {"grant_type": "client_credentials"}


def raw_basic(pair: bytes, scheme: str = "Basic") -> dict[str, str]:
    return {"Authorization": f"{scheme} {base64.b64encode(pair).decode()}"}


def post_form(client_id: str, secret: str) -> dict[str, str]:
    return {**FORM, "client_id": client_id, "client_secret": secret}


@pytest.fixture
def poster(server: Server) -> Server:
    """A server with a client that is registered for client_secret_post."""
    server.register("poster", token_endpoint_auth_method="client_secret_post")
    return server


def test_by_basic(server: Server):
    assert server.post(FORM, server.login()).status_int == 200


def test_by_basic_and_the_same_client_id_in_the_body(server: Server):
    assert server.post({**FORM, "client_id": "robot"}, server.login()).status_int == 200


def test_by_post(poster: Server):
    assert poster.post(post_form("poster", poster.secrets["poster"])).status_int == 200


@pytest.mark.parametrize("scheme", ["basic", "BASIC", "bAsIc"])
def test_the_scheme_in_any_case(server: Server, scheme: str):
    """RFC 9110 section 11.1."""
    headers = {"Authorization": server.login()["Authorization"].replace("Basic", scheme)}
    assert server.post(FORM, headers).status_int == 200


@pytest.mark.parametrize("secret", ["a:b%c+d &e=f", "pässwörd", "100%", "%zz", "+", "秘密"])
def test_a_secret_with_every_kind_of_character(server: Server, secret: str):
    """RFC 6749 section 2.3.1: both halves are form-encoded."""
    server.register("chosen", secret)
    assert server.post(FORM, server.login("chosen")).status_int == 200


@pytest.mark.parametrize("client_id", ["my-app", "a b", "a%2Fb", "https://x.example/?a=b&c"])
def test_a_client_id_with_every_kind_of_character(server: Server, client_id: str):
    server.register(client_id)
    assert server.post(FORM, server.login(client_id)).status_int == 200


def test_a_client_that_does_not_encode(server: Server):
    """Some libraries do not encode the halves; what cannot be decoded is taken literally."""
    server.register("raw", "100% sure")
    assert server.post(FORM, raw_basic(b"raw:100% sure")).status_int == 200


def near_misses(secret: str) -> dict[str, str]:
    return {
        "empty": "",
        "truncated": secret[:-1],
        "extended": secret + "x",
        "other case": secret.swapcase(),
        "NUL at the end": secret + "\0",
        "blank at the end": secret + " ",
        "non-ASCII": "pässwörd",
        "long": "x" * 2000,
        "huge": "x" * 2**20,
    }


@pytest.mark.parametrize("name", near_misses(""))
def test_a_secret_that_is_nearly_right(server: Server, name: str):
    secret = near_misses(server.secrets["robot"])[name]
    assert_error(server.post(FORM, basic("robot", secret)), 401, "invalid_client")
    assert server.records() == []


@pytest.mark.parametrize("name", sorted(set(near_misses("")) - {"NUL at the end", "huge"}))
def test_a_secret_in_the_body_that_is_nearly_right(poster: Server, name: str):
    secret = near_misses(poster.secrets["poster"])[name]
    assert_error(poster.post(post_form("poster", secret)), 401, "invalid_client")
    assert poster.records() == []


def test_unknown_client_and_wrong_secret_look_the_same(server: Server):
    unknown = server.post(FORM, basic("nobody", "wrong"))
    wrong = server.post(FORM, basic("robot", "wrong"))
    assert_error(unknown, 401, "invalid_client")
    assert (unknown.status, unknown.body, unknown.headerlist) == (
        wrong.status,
        wrong.body,
        wrong.headerlist,
    )


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", "none"])
@pytest.mark.parametrize("secret", ["a secret that a person chose", None], ids=["chosen", "drawn"])
def test_unknown_client_and_wrong_secret_cost_the_same(
    patient: Server, secret: str | None, method: str
):
    """RFC 6819 section 5.1.4.2: the response time must not reveal which clients exist."""
    chosen = "another secret that a person chose" if secret and method != "none" else None
    grant_types = ("password",) if method == "none" else ("client_credentials",)
    patient.register("there", chosen, token_endpoint_auth_method=method, grant_types=grant_types)
    presented = secret or patient.secrets["robot"]
    patient.post(FORM, basic("there", presented))

    times: dict[str, list[float]] = {"there": [], "nobody": []}
    for client_id in ["there", "nobody"] * 15:
        # Of the processor: a busy machine makes one of them late, and not the other.
        begin = time.process_time()
        assert patient.post(FORM, basic(client_id, presented)).status_int == 401
        times[client_id].append(time.process_time() - begin)
    # The fastest of each: other work of the machine only makes some of them slower.
    known, unknown = (min(measured) for measured in times.values())
    assert abs(known - unknown) < max(0.4 * max(known, unknown), 0.003)


@pytest.mark.parametrize(
    "form", [FORM, {**FORM, "client_id": "robot"}, {**FORM, "client_id": "nobody"}]
)
def test_no_credentials_at_all(server: Server, form: dict[str, str]):
    """401 also if no header was sent (RFC 6749 section 5.2 leaves it open)."""
    assert_error(server.post(form), 401, "invalid_client")


def test_a_secret_without_a_client_id(poster: Server):
    form = {**FORM, "client_secret": poster.secrets["poster"]}
    assert_error(poster.post(form), 401, "invalid_client")


def test_two_methods_at_once(server: Server):
    """RFC 6749 section 2.3: MUST NOT use more than one."""
    form = post_form("robot", server.secrets["robot"])
    assert_error(server.post(form, server.login()), 400, "invalid_request")
    assert server.records() == []


def test_an_assertion_beside_a_secret(server: Server):
    """RFC 7521 section 4.2: an assertion is a method of its own, even one that is not read."""
    assertion = {
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": "eyJhbGciOiJub25lIn0.e30.",
    }
    assert_error(server.post({**FORM, **assertion}, server.login()), 400, "invalid_request")
    assert_error(server.post({**FORM, **assertion}), 401, "invalid_client")
    identified = {**FORM, **assertion, "client_id": "robot"}
    assert_error(server.post(identified), 401, "invalid_client")
    assert server.records() == []


def test_an_assertion_of_a_public_client(server: Server):
    server.register("app", grant_types=("password",), token_endpoint_auth_method="none")
    form = {"username": "bob", "password": "bob's password", "grant_type": "password"}
    form |= {"client_id": "app", "client_assertion": "x"}
    assert_error(server.post(form), 401, "invalid_client")


def test_basic_of_one_client_and_the_id_of_another(server: Server):
    server.register("other")
    answer = server.post({**FORM, "client_id": "other"}, server.login())
    assert_error(answer, 400, "invalid_request")


def test_post_by_a_client_registered_for_basic(server: Server):
    """RFC 7591 section 2."""
    answer = server.post(post_form("robot", server.secrets["robot"]))
    assert_error(answer, 401, "invalid_client")


def test_basic_by_a_client_registered_for_post(poster: Server):
    """RFC 6749 section 2.3.1: Basic is for every client that has a secret."""
    assert poster.post(FORM, poster.login("poster")).status_int == 200
    assert_error(poster.post(FORM, basic("poster", "wrong")), 401, "invalid_client")


class TestAnEmptySecret:
    """RFC 6749 section 2.3.1 lets a client leave out a secret that is empty."""

    LOGIN = {"grant_type": "password", "username": "bob", "password": "bob's password"}

    @pytest.fixture
    def app(self, server: Server) -> Server:
        server.register("app", grant_types=("password",), token_endpoint_auth_method="none")
        return server

    def test_of_a_public_client(self, app: Server):
        assert app.post(self.LOGIN, basic("app", "")).status_int == 200

    def test_of_a_public_client_with_its_id_in_the_body(self, app: Server):
        assert app.post({**self.LOGIN, "client_id": "app"}, basic("app", "")).status_int == 200
        other = {**self.LOGIN, "client_id": "robot"}
        assert_error(app.post(other, basic("app", "")), 400, "invalid_request")

    @pytest.mark.parametrize("secret", ["x", " ", "app"])
    def test_a_public_client_has_no_other(self, app: Server, secret: str):
        assert_error(app.post(self.LOGIN, basic("app", secret)), 401, "invalid_client")

    def test_beside_a_secret_in_the_body(self, app: Server):
        form = {**self.LOGIN, "client_secret": "x"}
        assert_error(app.post(form, basic("app", "")), 400, "invalid_request")

    def test_a_public_client_cannot_introspect(self, app: Server):
        answer = app.post({"token": "x"}, basic("app", ""), path="/oauth2/introspect")
        assert_error(answer, 401, "invalid_client")

    @pytest.mark.parametrize("client_id", ["robot", "poster", "nobody", ""])
    def test_of_any_other_client(self, poster: Server, client_id: str):
        assert_error(poster.post(FORM, basic(client_id, "")), 401, "invalid_client")
        assert poster.records() == []


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Authorization": ""}, id="empty"),
        pytest.param({"Authorization": "Basic"}, id="no value"),
        pytest.param({"Authorization": "Basic !!!"}, id="not base64"),
        pytest.param({"Authorization": "Basic cm9ib3Q"}, id="base64 without padding"),
        pytest.param({"Authorization": "Basic r\xf6b\xf6t"}, id="not ASCII"),
        pytest.param(raw_basic(b"robot"), id="no colon"),
        pytest.param(raw_basic(b":"), id="nothing but a colon"),
        pytest.param(raw_basic(b"\xff\xfe:\xff"), id="not UTF-8"),
        pytest.param(raw_basic(b"robot%00:x"), id="NUL in the id"),
        pytest.param(raw_basic(b"robot\0:x"), id="raw NUL in the id"),
        pytest.param(raw_basic(b"%ff%fe:%ff"), id="encoded non-UTF-8"),
        pytest.param(raw_basic(b"x" * 5000 + b":x"), id="long id"),
        pytest.param(raw_basic(b"robot:x", "Digest"), id="another scheme"),
        pytest.param(raw_basic(b"robot:x", "Bearer"), id="Bearer"),
        pytest.param(raw_basic(b"robot:x", "Basic Basic"), id="scheme twice"),
        pytest.param({"Authorization": "Bearer oat_" + "0" * 65}, id="a token of ours"),
    ],
)
def test_a_malformed_header(server: Server, headers: dict[str, str]):
    """RFC 7617."""
    assert_error(server.post(FORM, headers), 401, "invalid_client")
    assert server.records() == []


def test_a_disabled_client(server: Server):
    server.service.server.clients.raise_epoch("robot", 1, disabled_at=1)
    assert_error(server.ask(), 401, "invalid_client")


def test_a_deleted_client(server: Server):
    server.service.server.clients.delete("robot", 1)
    assert_error(server.ask(), 401, "invalid_client")


def test_a_secret_that_has_expired(server: Server):
    now = server.service.server.clock()
    (kept,) = server.service.server.clients.get("robot").client_secrets
    expired = client_secrets.ClientSecret(kept.digest, kept.scheme, kept.created_at, now - 1)
    assert server.service.server.clients.edit("robot", 0, {"client_secrets": (expired,)})
    assert_error(server.ask(), 401, "invalid_client")


class ApiKey:
    """An authentication method of an application."""

    confidential = True
    by_secret = True
    ambient = False
    challenge = None
    parameters = ()

    def __init__(self, server: Any, settings: Any) -> None:
        pass

    def credentials(self, http: Any, form: Any) -> Any:
        from pyramid_oauth2.protocol.client_authentication.credentials import Credentials

        key = http.headers.get("x-api-key")
        return Credentials("api_key", "keyed", key) if key else None

    def authenticate(self, credentials: Any, client: Any) -> Any:
        from pyramid_oauth2.protocol.client_authentication.credentials import Authenticated

        return Authenticated() if credentials.secret == "right" else None


def test_a_method_of_the_applications_own(build: Callable[..., Server]):
    server = build(lambda config: config.add_oauth2_client_authentication("api_key", ApiKey))
    server.register("keyed", token_endpoint_auth_method="api_key")
    assert server.post(FORM, {"X-Api-Key": "right"}).status_int == 200
    assert_error(server.post(FORM, {"X-Api-Key": "wrong"}), 401, "invalid_client")
    both = {"X-Api-Key": "right", **server.login()}
    assert_error(server.post(FORM, both), 400, "invalid_request")
    metadata = server.get("/.well-known/oauth-authorization-server").json
    assert "api_key" in metadata["token_endpoint_auth_methods_supported"]
