"""``grant_type=authorization_code`` (RFC 6749 section 4.1.3, RFC 7636, RFC 9700)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest

from pyramid_oauth2.protocol.token_strings import digest

from .errors import assert_error
from .flow import BACK, VERIFIER, Flow, challenge_of
from .server import bearer

# What spends a token is where a store could differ most.
pytestmark = pytest.mark.stores(
    "memory", "sqlite", reason="the response to a redemption depends on what the store returns"
)

WRONG = "wrong" * 10


def alive(flow: Flow, tokens: dict) -> bool:
    """Whether the access token is accepted."""
    return flow.server.get("/read", bearer(tokens["access_token"])).status_int == 200


class TestSuccess:
    def test_the_answer(self, flow: Flow):
        """RFC 6749 section 5.1."""
        answer = flow.redeem(flow.code())
        assert answer.status_int == 200
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in answer.headers
        tokens = answer.json
        assert tokens.pop("access_token").startswith("oat_")
        assert tokens.pop("refresh_token").startswith("ort_")
        assert tokens == {"token_type": "Bearer", "expires_in": 3600, "scope": "read"}

    def test_the_token_is_the_users(self, flow: Flow):
        token = flow.tokens()["access_token"]
        assert flow.server.get("/read", bearer(token)).text == "bob"
        assert flow.server.get("/write", bearer(token)).status_int == 403

    @pytest.mark.parametrize(
        "uri", ["https://app.example/back", "http://127.0.0.1:5000/back", "com.example.app:/back"]
    )
    def test_a_public_client(self, start_flow: Callable[..., Flow], uri: str):
        flow = start_flow(client_id="app", public_access_token_lifetime="30d")
        tokens = flow.tokens(redirect_uri=uri)
        assert tokens["expires_in"] == 30 * 86400
        assert alive(flow, tokens)

    def test_by_post_authentication(self, flow: Flow):
        flow.server.register(
            "poster",
            redirect_uris=(BACK,),
            grant_types=("authorization_code",),
            token_endpoint_auth_method="client_secret_post",
        )
        poster = Flow(flow.server, "poster", flow.browser)
        form = {"grant_type": "authorization_code", "code": poster.code()}
        form |= {"redirect_uri": BACK, "code_verifier": VERIFIER, "client_id": "poster"}
        secret = flow.server.secrets["poster"]
        # RFC 6749 section 2.3.1: "MUST NOT be included in the request URI".
        in_url = flow.server.post(form, path=f"/oauth2/token?client_secret={secret}")
        assert_error(in_url, 400, "invalid_request")
        assert flow.server.post(form | {"client_secret": secret}).status_int == 200

    def test_no_refresh_token_for_a_client_that_is_not_registered_for_it(self, flow: Flow):
        flow.edit(grant_types=("authorization_code",))
        assert "refresh_token" not in flow.tokens()

    def test_no_refresh_token_where_the_server_has_none(self, start_flow: Callable[..., Flow]):
        flow = start_flow(grant_types="authorization_code client_credentials")
        assert "refresh_token" not in flow.tokens()

    def test_a_life_of_the_clients_own(self, flow: Flow):
        flow.edit(lifetimes={"access_token": 120})
        assert flow.tokens()["expires_in"] == 120

    def test_a_redirect_uri_that_was_never_named(self, flow: Flow):
        """RFC 6749 section 4.1.3: required only if the authorization request had it."""
        code = flow.code(redirect_uri=None)
        assert flow.redeem(code, redirect_uri=None).status_int == 200

    def test_pkce_binds_the_code_where_the_redirect_uri_is_left_out(self, flow: Flow):
        """As in OAuth 2.1."""
        assert flow.redeem(flow.code(), redirect_uri=None).status_int == 200

    @pytest.mark.parametrize("length", [43, 128])
    def test_a_verifier_of_every_length(self, flow: Flow, length: int):
        verifier = "~" * length
        code = flow.code(code_challenge=challenge_of(verifier))
        assert flow.redeem(code, code_verifier=verifier).status_int == 200

    def test_a_narrower_scope_is_read_and_means_nothing(self, flow: Flow):
        """The parameter does not belong to this grant type (RFC 6749 section 4.1.3)."""
        code = flow.code(scope="read write")
        assert flow.redeem(code, scope="read").json["scope"] == "read write"


class TestRefused:
    """A refused request spends nothing: a correct one works afterwards."""

    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            pytest.param({"code": None}, "invalid_request", id="no code"),
            pytest.param({"code": ""}, "invalid_request", id="empty code"),
            pytest.param({"code": "123"}, "invalid_grant", id="unknown code"),
            pytest.param({"code": "oac_" + "0" * 65}, "invalid_grant", id="made up"),
            pytest.param({"code": "\u20ac' OR 1=1 --"}, "invalid_grant", id="SQL"),
            pytest.param({"code": "a\0b"}, "invalid_request", id="NUL"),
            pytest.param({"code": "x" * 9_000}, "invalid_request", id="9 KB"),
            pytest.param({"redirect_uri": f"{BACK}/"}, "invalid_grant", id="redirect URI"),
            pytest.param({"code_verifier": None}, "invalid_grant", id="no verifier"),
            pytest.param({"code_verifier": ""}, "invalid_grant", id="empty verifier"),
            pytest.param({"code_verifier": WRONG}, "invalid_grant", id="wrong verifier"),
            pytest.param({"code_verifier": f"{VERIFIER} "}, "invalid_request", id="trailing blank"),
            pytest.param({"code_verifier": VERIFIER[:42]}, "invalid_request", id="short"),
            pytest.param({"code_verifier": "x" * 129}, "invalid_request", id="long"),
            pytest.param({"code_verifier": f"{VERIFIER}\n"}, "invalid_request", id="newline"),
            pytest.param({"code_verifier": "\u00e9" * 43}, "invalid_request", id="not ASCII"),
            pytest.param({"code_verifier": challenge_of(VERIFIER)}, "invalid_grant", id="plain"),
            pytest.param({"scope": "read write"}, "invalid_scope", id="more scope"),
            pytest.param({"grant_type": "unknown"}, "unsupported_grant_type", id="grant type"),
        ],
    )
    def test_by_what_is_sent(self, flow: Flow, changes: dict[str, str | None], error: str):
        code = flow.code()
        assert_error(flow.redeem(code, **changes), 400, error)
        assert flow.redeem(code).status_int == 200

    @pytest.mark.parametrize("name", ["code", "redirect_uri", "code_verifier", "grant_type"])
    def test_a_parameter_sent_twice(self, flow: Flow, name: str):
        code = flow.code()
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
        form["code_verifier"] = VERIFIER
        body = f"{urlencode(form)}&{urlencode({name: form[name]})}".encode()
        assert_error(flow.server.post(body, flow.server.login("web")), 400, "invalid_request")
        assert flow.redeem(code).status_int == 200

    @pytest.mark.parametrize("verifier", ["8 chars!", "short-un", "x" * 42, "\u00e9" * 43])
    def test_a_verifier_outside_the_grammar_whose_digest_fits(self, flow: Flow, verifier: str):
        """RFC 7636 section 4.1."""
        code = flow.code(code_challenge=challenge_of(verifier))
        assert_error(flow.redeem(code, code_verifier=verifier), 400, "invalid_request")

    @pytest.mark.parametrize("other", ["app", "second"])
    def test_another_client(self, flow: Flow, other: str):
        """RFC 6749 section 4.1.3; the owner's code is not spent by it."""
        flow.server.register("second", redirect_uris=(BACK,), grant_types=("authorization_code",))
        code = flow.code()
        assert_error(flow.redeem(code, other, redirect_uri=BACK), 400, "invalid_grant")
        assert flow.redeem(code).status_int == 200

    def test_without_the_clients_secret(self, flow: Flow):
        code = flow.code()
        form = {"grant_type": "authorization_code", "code": code, "client_id": "web"}
        answer = flow.server.post({**form, "redirect_uri": BACK, "code_verifier": VERIFIER})
        assert_error(answer, 401, "invalid_client")
        assert flow.redeem(code).status_int == 200

    def test_a_get(self, flow: Flow):
        code = flow.code()
        query = urlencode({"grant_type": "authorization_code", "code": code})
        answer = flow.server.get(f"/oauth2/token?{query}", flow.server.login("web"))
        assert answer.status_int == 405
        assert flow.redeem(code).status_int == 200

    def test_a_code_in_the_url(self, flow: Flow):
        code = flow.code()
        answer = flow.server.post(
            {"grant_type": "authorization_code", "code_verifier": VERIFIER},
            flow.server.login("web"),
            f"/oauth2/token?code={code}",
        )
        assert_error(answer, 400, "invalid_request")

    def test_another_kind_of_token(self, flow: Flow):
        tokens = flow.tokens()
        for value in (tokens["access_token"], tokens["refresh_token"]):
            assert_error(flow.redeem(value), 400, "invalid_grant")
        assert alive(flow, tokens)

    def test_a_code_is_no_access_token(self, flow: Flow):
        """RFC 6749 section 10.4."""
        assert flow.server.get("/read", bearer(flow.code())).status_int == 401

    @pytest.mark.parametrize(
        ("lifetime", "seconds", "status"),
        [("60s", 59, 200), ("60s", 60, 400), ("10m", 599, 200), ("10m", 600, 400)],
    )
    def test_in_time(
        self, start_flow: Callable[..., Flow], lifetime: str, seconds: int, status: int
    ):
        """RFC 6749 section 4.1.2: "A maximum authorization code lifetime of 10 minutes"."""
        flow = start_flow(authorization_code_lifetime=lifetime)
        now = flow.server.service.server.clock()
        flow.server.set_clock(lambda: now)
        code = flow.code()
        flow.server.set_clock(lambda: now + seconds)
        assert flow.redeem(code).status_int == status

    def test_a_client_whose_rights_were_taken_away(self, flow: Flow):
        code = flow.code()
        flow.server.service.server.clients.raise_epoch("web", 1)
        assert_error(flow.redeem(code), 400, "invalid_grant")

    def test_a_disabled_client(self, flow: Flow):
        code = flow.code()
        flow.server.service.server.clients.raise_epoch("web", 1, disabled_at=1)
        assert_error(flow.redeem(code), 401, "invalid_client")


class TestWrongVerifiers:
    """The fifth one ends the code, and a correct verifier is never counted."""

    def guess(self, flow: Flow, code: str, times: int) -> None:
        for _ in range(times):
            assert_error(flow.redeem(code, code_verifier=WRONG), 400, "invalid_grant")

    @pytest.mark.parametrize(("wrong", "status"), [(4, 200), (5, 400)])
    def test_how_many(self, flow: Flow, wrong: int, status: int):
        code = flow.code()
        self.guess(flow, code, wrong)
        assert flow.redeem(code).status_int == status

    def test_others_cannot_end_it(self, flow: Flow):
        code = flow.code()
        for _ in range(6):
            flow.redeem(code, "app", code_verifier=WRONG)
            flow.redeem(code, code_verifier=WRONG, redirect_uri="https://other.example/")
        assert flow.redeem(code).status_int == 200

    def test_a_right_one_with_another_mistake_is_not_counted(self, flow: Flow):
        code = flow.code()
        self.guess(flow, code, 4)
        for _ in range(6):
            assert_error(flow.redeem(code, scope="read write"), 400, "invalid_scope")
        assert flow.redeem(code).status_int == 200

    def test_it_says_nothing_about_a_spent_code(self, flow: Flow):
        """The grant of the client that redeemed it stays valid."""
        code = flow.code()
        tokens = flow.redeem(code).json
        self.guess(flow, code, 6)
        assert alive(flow, tokens)
        assert flow.refresh(tokens["refresh_token"]).status_int == 200

    def test_guesses_at_once_are_each_counted(self, flow: Flow):
        code = flow.code()
        with ThreadPoolExecutor(5) as pool:
            list(pool.map(lambda _: flow.redeem(code, code_verifier=WRONG), range(5)))
        assert_error(flow.redeem(code), 400, "invalid_grant")


class TestReplay:
    """RFC 6749 section 4.1.2: if a code is used twice, what was issued for it is revoked."""

    def test_what_was_issued_dies(self, flow: Flow):
        code = flow.code()
        tokens = flow.redeem(code).json
        assert alive(flow, tokens)
        assert_error(flow.redeem(code), 400, "invalid_grant")
        assert not alive(flow, tokens)
        assert_error(flow.refresh(tokens["refresh_token"]), 400, "invalid_grant")

    def test_what_was_refreshed_since_dies_too(self, flow: Flow):
        code = flow.code()
        newer = flow.refresh(flow.redeem(code).json["refresh_token"]).json
        assert_error(flow.redeem(code), 400, "invalid_grant")
        assert not alive(flow, newer)
        assert_error(flow.refresh(newer["refresh_token"]), 400, "invalid_grant")

    @pytest.mark.parametrize("seconds", [1, 61, 3500])
    def test_also_after_its_end(self, flow: Flow, seconds: int):
        code = flow.code()
        tokens = flow.redeem(code).json
        now = flow.server.service.server.clock()
        flow.server.set_clock(lambda: now + seconds)
        flow.server.service.server.grants.purge(now + seconds)
        assert_error(flow.redeem(code), 400, "invalid_grant")
        assert_error(flow.refresh(tokens["refresh_token"]), 400, "invalid_grant")
        assert not alive(flow, tokens)

    @pytest.mark.parametrize(
        "changes",
        [
            {"client_id": "app", "redirect_uri": BACK},
            {"redirect_uri": "https://other.example/"},
            {"code_verifier": WRONG},
            {"code_verifier": None},
            {"code_verifier": "short"},
        ],
        ids=["client", "redirect URI", "verifier", "no verifier", "malformed verifier"],
    )
    def test_a_stranger_cannot_cause_it(self, flow: Flow, changes: dict[str, str | None]):
        code = flow.code()
        tokens = flow.redeem(code).json
        assert flow.redeem(code, **changes).status_int == 400
        assert alive(flow, tokens)

    def test_another_grant_of_the_same_user_lives(self, flow: Flow):
        other = flow.tokens()
        code = flow.code(prompt="consent")
        flow.redeem(code)
        flow.redeem(code)
        assert alive(flow, other)

    def test_of_many_at_once_one_wins(self, flow: Flow):
        code = flow.code()
        with ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(lambda _: flow.redeem(code), range(12)))
        won = [answer.json for answer in answers if answer.status_int == 200]
        assert len(won) <= 1
        assert {answer.status_int for answer in answers} <= {200, 400}
        assert not any(alive(flow, tokens) for tokens in won), "the others were replays"


def test_a_scope_that_was_withdrawn_before_the_code_was_redeemed(flow: Flow):
    """Also after a narrower token, the next refresh is within the client's scope."""
    tokens = flow.tokens(scope="read write")
    flow.edit(scope=frozenset({"read"}))
    assert flow.refresh(tokens["refresh_token"]).json["scope"] == "read"


def test_nothing_issued_is_in_the_store(flow: Flow):
    """RFC 6819 section 5.1.4.1.3: digests only."""
    code = flow.code()
    tokens = flow.redeem(code).json
    issued = [code, tokens["access_token"], tokens["refresh_token"], VERIFIER]
    records = flow.server.records()
    held = b"".join(repr(record).encode() + getattr(record, "data", b"") for record in records)
    for value in issued:
        assert value.encode() not in held
    assert digest(code) in {getattr(record, "digest", None) for record in records}
    assert hashlib.sha256(VERIFIER.encode()).digest() not in held


def test_nothing_issued_is_in_the_log(flow: Flow, caplog: pytest.LogCaptureFixture):
    caplog.set_level("DEBUG")
    code = flow.code()
    tokens = flow.redeem(code).json
    flow.redeem(code)
    secret = flow.server.secrets["web"]
    for value in (code, tokens["access_token"], tokens["refresh_token"], VERIFIER, secret):
        assert value not in caplog.text


class TestPasswordGrant:
    """RFC 6749 section 4.3.3."""

    FORM = {"grant_type": "password", "username": "bob", "password": "bob's password"}

    def test_a_refresh_token_for_a_client_that_is_registered_for_it(self, flow: Flow):
        flow.edit(grant_types=("password", "refresh_token"))
        tokens = flow.exchange(**self.FORM).json
        assert tokens.keys() == {
            "access_token",
            "token_type",
            "expires_in",
            "scope",
            "refresh_token",
        }
        assert alive(flow, flow.refresh(tokens["refresh_token"]).json)

    def test_none_for_another(self, flow: Flow):
        flow.edit(grant_types=("password",))
        assert "refresh_token" not in flow.exchange(**self.FORM).json

    def test_a_public_client(self, start_flow: Callable[..., Flow]):
        flow = start_flow(client_id="app", public_access_token_lifetime="30d")
        flow.edit(grant_types=("password",))
        answer = flow.exchange(**self.FORM)
        assert answer.json["expires_in"] == 30 * 86400
        assert "refresh_token" not in answer.json
