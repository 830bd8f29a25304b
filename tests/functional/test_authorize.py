"""``/oauth2/authorize``: its parameters, and how each error is reported (RFC 6749 section 4.1)."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote, urlencode, urlsplit

import pytest

from pyramid_oauth2.protocol.token_strings import parse_token
from pyramid_oauth2.responses import REFUSAL

from .errors import DESCRIPTION
from .flow import AUTHORIZE, BACK, VERIFIER, Flow, answer_in, challenge_of
from .server import bearer


@pytest.fixture
def storage() -> dict[str, str]:
    """Nothing here depends on the store."""
    return {"oauth2.backend": "memory"}


def assert_refused(flow: Flow, answer, error: str, state: str | None = "xyz") -> None:
    """RFC 6749 section 4.1.2.1, with the ``iss`` of RFC 9207."""
    assert answer.status_int == 303
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.location.startswith(f"{BACK}?")
    members = answer_in(answer.location)
    assert DESCRIPTION.fullmatch(members.pop("error_description"))
    expected = {"error": error, "iss": "http://localhost"}
    assert members == (expected if state is None else {**expected, "state": state})
    assert flow.server.records() == []


def assert_page(flow: Flow, answer, status: int = 400) -> None:
    """The user gets an error page of the server."""
    assert answer.status_int == status
    assert "Location" not in answer.headers
    assert answer.content_type == "text/html"
    assert "Traceback" not in answer.text
    assert flow.server.records() == []


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        pytest.param({"code_challenge": None}, "code_challenge_sent", id="as it is read"),
        pytest.param({"prompt": "none"}, "consent_given", id="at a later step"),
    ],
)
def test_an_error_by_redirect_has_its_reason(
    flow: Flow, changes: dict[str, str | None], check: str
):
    """For the operator: the response to the client does not show it."""
    answer = flow.ask(**changes)
    assert answer.location.startswith(f"{BACK}?")
    assert answer.request.environ[REFUSAL].check == check


class TestWhoAndWhere:
    """The client and its redirect URI are checked first; an error there causes no redirect."""

    @pytest.mark.parametrize(
        "uri",
        [
            pytest.param("https://evil.example/back", id="unregistered"),
            pytest.param(f"{BACK}/more", id="path suffix"),
            pytest.param(f"{BACK}-invalid", id="suffix"),
            pytest.param(f"{BACK}/../evil", id="path traversal"),
            pytest.param("https://client.example.evil.test/back", id="host as a prefix"),
            pytest.param("https://client.example@evil.test/back", id="host as userinfo"),
            pytest.param("https://client.example/BACK", id="path in another case"),
            pytest.param(f"{BACK}/", id="trailing slash"),
            pytest.param(f"{BACK}?more=1", id="query added"),
            pytest.param(f"{BACK}#fragment", id="fragment added"),
            pytest.param("http://client.example/back", id="other scheme"),
            pytest.param("https://client.example:8443/back", id="other port"),
            pytest.param("https://client.example:443/back", id="default port"),
            pytest.param(f"{BACK}\r\nLocation: https://evil.test", id="CR LF"),
            pytest.param(f"{BACK}\0", id="NUL"),
            pytest.param(f" {BACK}", id="leading blank"),
            pytest.param(f"{BACK}%20", id="encoded blank"),
            pytest.param("javascript:alert(1)", id="javascript"),
            pytest.param("data:text/html,x", id="data"),
            pytest.param("//client.example/back", id="without a scheme"),
            pytest.param("/back", id="relative"),
            pytest.param("https://app.example/back", id="another client's"),
            pytest.param("https://sub.client.example/back", id="subdomain"),
            pytest.param("https://client.example\\@evil.test/back", id="backslash"),
        ],
    )
    def test_only_a_registered_uri_is_used(self, flow: Flow, uri: str):
        """RFC 9700 section 2.1: exact string matching."""
        assert_page(flow, flow.ask(redirect_uri=uri))

    @pytest.mark.parametrize("first", [BACK, "https://evil.example/"])
    def test_a_redirect_uri_sent_twice(self, flow: Flow, first: str):
        second = "https://evil.example/" if first == BACK else BACK
        query = f"{urlencode(flow.parameters(redirect_uri=first))}&redirect_uri={quote(second)}"
        assert_page(flow, flow.get(query))

    def test_a_client_id_sent_twice(self, flow: Flow):
        assert_page(flow, flow.get(f"{urlencode(flow.parameters())}&client_id=web"))

    @pytest.mark.parametrize(
        "client_id",
        [
            pytest.param(None, id="missing"),
            pytest.param("", id="empty"),
            pytest.param("nobody", id="unknown"),
            pytest.param("WEB", id="another case"),
            pytest.param("x" * 513, id="longer than any"),
            pytest.param("w\0eb", id="NUL"),
            pytest.param("\u20ac", id="beyond ASCII"),
        ],
    )
    def test_no_such_client(self, flow: Flow, client_id: str | None):
        assert_page(flow, flow.ask(client_id=client_id))

    def test_a_disabled_client(self, flow: Flow):
        flow.server.service.server.clients.raise_epoch("web", 0, disabled_at=1)
        assert_page(flow, flow.ask())

    def test_a_bad_redirect_uri_beside_another_mistake(self, flow: Flow):
        for changes in ({"response_type": "x"}, {"scope": "x"}, {"prompt": "none"}):
            assert_page(flow, flow.ask(redirect_uri="https://evil.example/", **changes))

    def test_a_redirect_uri_may_be_left_out_where_there_is_one(self, flow: Flow):
        """RFC 6749 section 3.1.2.3."""
        assert flow.allow(redirect_uri=None).startswith(f"{BACK}?code=")

    def test_but_not_where_there_are_several(self, start_flow: Callable[..., Flow]):
        flow = start_flow(client_id="app")
        assert_page(flow, flow.ask(redirect_uri=None))

    def test_a_client_without_any(self, flow: Flow):
        assert_page(flow, flow.ask(client_id="robot", redirect_uri=None))

    def test_a_registered_query_is_kept(self, flow: Flow):
        """RFC 6749 section 3.1.2."""
        flow.edit(redirect_uris=(f"{BACK}?tenant=1&x=%20",))
        location = flow.allow(redirect_uri=f"{BACK}?tenant=1&x=%20")
        assert location.startswith(f"{BACK}?tenant=1&x=%20&code=")
        assert answer_in(location).keys() == {"tenant", "x", "code", "state", "iss"}

    @pytest.mark.parametrize("uri", ["http://127.0.0.1:49152/back", "http://127.0.0.1/back"])
    def test_any_port_of_a_loopback_address(self, start_flow: Callable[..., Flow], uri: str):
        """RFC 8252 section 7.3."""
        flow = start_flow(client_id="app")
        assert flow.allow(redirect_uri=uri).startswith(f"{uri}?code=")

    @pytest.mark.parametrize(
        "uri",
        [
            "http://127.0.0.1:49152/other",
            "http://127.0.0.1.evil.test/back",
            "http://127.0.0.1@evil.test/back",
            "http://127.0.0.1:1@evil.test/back",
            "http://127.0.0.1:x/back",
            "http://127.0.0.1:0/back",
            "http://localhost/back",
            "http://127.0.0.2/back",
            "https://127.0.0.1:49152/back",
        ],
    )
    def test_and_nothing_else_of_it(self, start_flow: Callable[..., Flow], uri: str):
        flow = start_flow(client_id="app")
        assert_page(flow, flow.ask(redirect_uri=uri))

    def test_a_private_use_scheme(self, start_flow: Callable[..., Flow]):
        """RFC 8252 section 7.1."""
        flow = start_flow(client_id="app")
        uri = "com.example.app:/back"
        assert flow.allow(redirect_uri=uri).startswith(f"{uri}?code=")


class TestMistakesToldToTheClient:
    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            pytest.param({"response_type": None}, "invalid_request", id="no response_type"),
            pytest.param({"response_type": ""}, "invalid_request", id="empty response_type"),
            pytest.param({"response_type": "x"}, "unsupported_response_type", id="unknown"),
            pytest.param({"response_type": "code token"}, "unsupported_response_type", id="hybrid"),
            pytest.param({"scope": "admin"}, "invalid_scope", id="unknown scope"),
            pytest.param({"scope": 'a"b'}, "invalid_scope", id="impossible scope"),
            pytest.param({"code_challenge": None}, "invalid_request", id="no challenge"),
            pytest.param(
                {"code_challenge": None, "code_challenge_method": None},
                "invalid_request",
                id="no PKCE",
            ),
            pytest.param({"code_challenge_method": "plain"}, "invalid_request", id="plain"),
            pytest.param({"code_challenge_method": None}, "invalid_request", id="plain, unsaid"),
            pytest.param({"code_challenge_method": "S512"}, "invalid_request", id="S512"),
            pytest.param({"code_challenge_method": "s256"}, "invalid_request", id="lower case"),
            pytest.param({"code_challenge": "x" * 42}, "invalid_request", id="short challenge"),
            pytest.param({"code_challenge": "x" * 129}, "invalid_request", id="long challenge"),
            pytest.param({"code_challenge": "x" * 42 + "+"}, "invalid_request", id="grammar"),
            pytest.param({"code_challenge": "x" * 43 + "\n"}, "invalid_request", id="newline"),
            pytest.param({"response_mode": "x"}, "invalid_request", id="unknown mode"),
            pytest.param({"prompt": "x"}, "invalid_request", id="unknown prompt"),
            pytest.param({"prompt": "none login"}, "invalid_request", id="none and more"),
            pytest.param({"request": "eyJ.e30."}, "request_not_supported", id="request object"),
            pytest.param(
                {"request_uri": "http://169.254.169.254/"},
                "request_uri_not_supported",
                id="request_uri",
            ),
        ],
    )
    def test_by_a_redirect(self, flow: Flow, changes: dict[str, str | None], error: str):
        assert_refused(flow, flow.ask(**changes), error)

    def test_the_implicit_grant_is_off(self, flow: Flow):
        """RFC 9700 section 2.1.2; reported in the fragment (RFC 6749 section 4.2.2.1)."""
        location = flow.ask(response_type="token").location
        assert answer_in(location, "fragment")["error"] == "unsupported_response_type"

    @pytest.mark.parametrize(
        "name",
        ["response_type", "scope", "code_challenge", "code_challenge_method", "prompt", "unread"],
    )
    def test_a_parameter_sent_twice(self, flow: Flow, name: str):
        """RFC 6749 section 3.1."""
        query = f"{urlencode(flow.parameters(**{name: 'x'}))}&{name}=x"
        assert_refused(flow, flow.get(query), "invalid_request")

    def test_a_state_sent_twice_is_not_sent_back(self, flow: Flow):
        query = f"{urlencode(flow.parameters())}&state=other"
        assert_refused(flow, flow.get(query), "invalid_request", state=None)

    def test_a_scope_of_others(self, flow: Flow):
        flow.edit(scope=frozenset({"read"}))
        assert_refused(flow, flow.ask(scope="read write"), "invalid_scope")

    def test_a_client_that_is_not_registered_for_codes(self, flow: Flow):
        flow.edit(grant_types=("client_credentials",))
        assert_refused(flow, flow.ask(), "unauthorized_client")

    def test_no_state_in_no_state_out(self, flow: Flow):
        for state in (None, ""):
            answer = flow.ask(state=state, scope="admin")
            assert_refused(flow, answer, "invalid_scope", state=None)

    @pytest.mark.parametrize("mode", ["fragment", "query"])
    def test_where_the_client_wants_it(self, flow: Flow, mode: str):
        location = flow.ask(response_mode=mode, scope="admin").location
        assert answer_in(location, mode)["error"] == "invalid_scope"

    def test_the_request_object_is_not_read(self, flow: Flow):
        """An unsigned one that names another redirect URI (RFC 9101 section 10.8)."""
        object_ = "eyJhbGciOiJub25lIn0.eyJyZWRpcmVjdF91cmkiOiJodHRwczovL2V2aWwuZXhhbXBsZS8ifQ."
        assert_refused(flow, flow.ask(request=object_), "request_not_supported")


class TestSuccess:
    def test_what_the_client_gets(self, flow: Flow):
        answer = flow.decide(flow.page())
        assert answer.status_int == 303
        assert answer.headers["Cache-Control"] == "no-store"
        assert urlsplit(answer.location).fragment == ""
        members = answer_in(answer.location)
        assert members.keys() == {"code", "state", "iss"}
        assert members["iss"] == "http://localhost"
        assert parse_token(members["code"]).kind == "authorization_code"

    @pytest.mark.parametrize(
        "state",
        [
            "x",
            "a b+c%20d",
            "&=?#/",
            "\u00fc\u20ac\U0001f511",
            "\r\nSet-Cookie: x=y",
            "<script>",
            "x" * 4096,
        ],
    )
    def test_state_comes_back_unchanged(self, flow: Flow, state: str):
        """RFC 6749 section 4.1.2, on success and on error."""
        location = flow.allow(state=state)
        assert answer_in(location)["state"] == state
        assert location.isascii()
        assert "\n" not in location
        assert answer_in(flow.ask(state=state, scope="x").location)["state"] == state

    @pytest.mark.parametrize("state", [None, ""])
    def test_no_state_in_no_state_out(self, flow: Flow, state: str | None):
        assert "state" not in answer_in(flow.allow(state=state))

    def test_unknown_parameters_are_ignored(self, flow: Flow):
        """RFC 6749 section 3.1; ``resource`` may even repeat (RFC 8707 section 2)."""
        own = "&resource=http://localhost&resource=http://localhost/read"
        query = urlencode({**flow.parameters(), "unknown": "1"}) + own
        answer = flow.decide(flow.get(query))
        assert "code" in answer_in(answer.location)

    def test_a_request_by_post(self, flow: Flow):
        """RFC 6749 section 3.1: a form of another site's, so without our cookie."""
        answer = flow.browser.post(AUTHORIZE, flow.parameters(), status=303)
        assert "oauth2_browser" not in str(answer.headers)
        page = flow.browser.get(answer.location, status=200)
        assert "code" in answer_in(flow.decide(page).location)

    def test_codes_have_nothing_in_common(self, flow: Flow):
        codes = {flow.code(prompt="consent") for _ in range(5)}
        assert len(codes) == 5
        assert len({code[: len("oac_") + 3] for code in codes}) == 5

    def test_the_address_with_a_slash(self, flow: Flow):
        flow.browser.get(f"{AUTHORIZE}/?{urlencode(flow.parameters())}", status=200)

    @pytest.mark.parametrize(("mode", "part"), [("query", "query"), ("fragment", "fragment")])
    def test_response_mode(self, flow: Flow, mode: str, part: str):
        location = flow.allow(response_mode=mode)
        assert answer_in(location, part).keys() == {"code", "state", "iss"}

    def test_form_post(self, flow: Flow):
        """OAuth 2.0 Form Post Response Mode: by a page that the browser posts."""
        page = flow.decide(flow.page(response_mode="form_post", state='"><script>'))
        assert page.status_int == 200
        assert page.headers["Cache-Control"] == "no-store"
        assert page.form.action == BACK
        assert page.form.method.lower() == "post"
        fields = dict(page.form.submit_fields())
        assert (fields["state"], fields["iss"]) == ('"><script>', "http://localhost")
        assert flow.redeem(fields["code"]).status_int == 200
        policy = page.headers["Content-Security-Policy"]
        assert "script-src 'sha256-" in policy
        assert "unsafe-inline" not in policy
        assert "form-action" not in policy

    def test_an_error_by_form_post(self, flow: Flow):
        page = flow.ask(response_mode="form_post", scope="admin")
        assert (page.status_int, page.form.action) == (200, BACK)
        assert page.form["error"].value == "invalid_scope"

    @pytest.mark.parametrize(
        ("settings_", "scope"), [({}, "read write"), ({"default_scopes": "read"}, "read")]
    )
    def test_no_scope_means_the_default(
        self, start_flow: Callable[..., Flow], settings_: dict[str, str], scope: str
    ):
        """RFC 6749 section 3.3."""
        assert start_flow(**settings_).tokens(scope=None)["scope"] == scope


class TestExemptFromPKCE:
    """A confidential client that cannot use it (RFC 9700 section 2.1.1)."""

    NONE = {"code_challenge": None, "code_challenge_method": None}

    @pytest.fixture(params=["record", "setting"])
    def exempt(self, request: pytest.FixtureRequest, start_flow: Callable[..., Flow]) -> Flow:
        if request.param == "setting":
            return start_flow(require_pkce="false")
        flow = start_flow()
        flow.edit(require_pkce=False)
        return flow

    def test_it_gets_a_code_without(self, exempt: Flow):
        code = exempt.code(**self.NONE)
        assert exempt.redeem(code, code_verifier=None).status_int == 200

    def test_a_verifier_that_nothing_asked_for(self, exempt: Flow):
        """RFC 9700 section 4.8.2: an attacker removed the challenge from the request."""
        code = exempt.code(**self.NONE)
        assert exempt.redeem(code).json["error"] == "invalid_grant"
        assert exempt.redeem(code, code_verifier=None).status_int == 200

    def test_its_redirect_uri_must_be_said_again(self, exempt: Flow):
        """RFC 6749 section 4.1.3: nothing else binds the code."""
        code = exempt.code(**self.NONE)
        answer = exempt.redeem(code, code_verifier=None, redirect_uri=None)
        assert answer.json["error"] == "invalid_grant"

    def test_what_it_sends_is_checked_all_the_same(self, exempt: Flow):
        assert_refused(exempt, exempt.ask(code_challenge_method="plain"), "invalid_request")
        assert_refused(exempt, exempt.ask(code_challenge=None), "invalid_request")
        code = exempt.code()
        assert exempt.redeem(code, code_verifier=None).json["error"] == "invalid_grant"

    def test_a_public_client_never_is(self, start_flow: Callable[..., Flow]):
        flow = start_flow(client_id="app", require_pkce="false")
        flow.edit(require_pkce=False)
        answer = flow.ask(**self.NONE)
        assert answer_in(answer.location)["error"] == "invalid_request"


class TestPages:
    @pytest.fixture(params=["consent", "error", "form_post"])
    def page(self, request: pytest.FixtureRequest, flow: Flow):
        if request.param == "consent":
            return flow.page()
        if request.param == "error":
            return flow.ask(client_id="nobody")
        return flow.ask(response_mode="form_post", scope="x")

    def test_headers(self, page):
        """RFC 9700 section 4.16: not framed, not cached, no inline script, no full referrer."""
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe-inline" not in policy
        assert page.headers["X-Frame-Options"] == "DENY"
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Referrer-Policy"] == "same-origin"
        assert page.headers["X-Content-Type-Options"] == "nosniff"

    def test_the_cookie(self, flow: Flow):
        """Its name is not one that a client uses, since cookies are not separated by port."""
        cookie = flow.ask().headers["Set-Cookie"]
        assert cookie.startswith("oauth2_browser=")
        assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))

    @pytest.mark.parametrize(
        "name", ["client_id", "redirect_uri", "state", "scope", "response_type", "interaction", "x"]
    )
    def test_markup_in_a_parameter(self, flow: Flow, name: str):
        payload = "\"'><script>alert(1)</script>"
        for answer in (flow.ask(**{name: payload}), flow.ask(**{name: payload, "prompt": "none"})):
            assert "<script>alert" not in answer.text
            assert "<" not in answer.headers.get("Location", "")

    def test_markup_in_a_clients_record(self, flow: Flow):
        payload = "<script>alert(1)</script>"
        flow.edit(client_name=payload, logo_uri="javascript:alert(1)", client_uri="javascript:x")
        page = flow.page()
        assert payload not in page.text
        assert "javascript:" not in page.text
        assert "&lt;script&gt;" in page.text

    @pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "HEAD"])
    def test_another_method(self, flow: Flow, method: str):
        """RFC 9110 section 15.5.6."""
        query = urlencode(flow.parameters())
        answer = flow.browser.request(f"{AUTHORIZE}?{query}", method=method, status=405)
        assert answer.headers["Allow"] == "GET, POST"
        assert flow.server.records() == []

    def test_no_other_origin_may_read_it(self, flow: Flow):
        """RFC 9700 section 2.6."""
        flow.edit(allowed_origins=("https://spa.example",))
        for method in ("GET", "OPTIONS"):
            answer = flow.browser.request(
                f"{AUTHORIZE}?{urlencode(flow.parameters())}",
                method=method,
                headers={"Origin": "https://spa.example"},
                status="*",
            )
            assert not [name for name in answer.headers if name.startswith("Access-Control")]


def test_no_header_changes_where_people_are_sent(flow: Flow):
    """The Host header can be forged (RFC 9207 section 2, RFC 8414 section 6)."""
    from .test_metadata import POISON

    for name, value in POISON.items():
        stranger = Flow(flow.server)
        query = urlencode(stranger.parameters())
        answer = stranger.browser.get(f"{AUTHORIZE}?{query}", headers={name: value})
        assert answer.location.startswith("http://localhost/login?next=%2Foauth2%2Fauthorize%3F")
        assert "evil" not in str(answer.headers)
        refused = urlencode(stranger.parameters(scope="x"))
        answer = stranger.browser.get(f"{AUTHORIZE}?{refused}", headers={name: value})
        assert answer_in(answer.location)["iss"] == "http://localhost"


def test_a_secure_connection_is_required(start_flow: Callable[..., Flow]):
    """RFC 6749 section 3.1, with the cure for a proxy that ends TLS."""
    flow = start_flow(issuer="https://localhost")
    answer = flow.ask()
    assert_page(flow, answer)
    assert "secure connection" in answer.text
    assert "trusted_proxy" in answer.text


def test_the_query_is_not_read_at_a_post(flow: Flow):
    """RFC 6749 section 3.1: parameters of the query and of the body are never mixed."""
    query = urlencode(flow.parameters())
    assert_page(flow, flow.browser.post(f"{AUTHORIZE}?{query}", {}, status=400))
    evil = flow.browser.post(
        f"{AUTHORIZE}?redirect_uri=https://evil.example/", flow.parameters(scope="x"), status=303
    )
    assert evil.location.startswith(BACK)


def test_another_code_per_verifier(flow: Flow):
    """The code needs the verifier of its own request."""
    other = "another-verifier-of-43-characters-at-the-least"
    code = flow.code(code_challenge=challenge_of(other))
    assert flow.redeem(code, code_verifier=VERIFIER).json["error"] == "invalid_grant"
    answer = flow.redeem(code, code_verifier=other)
    assert flow.server.get("/read", bearer(answer.json["access_token"])).text == "bob"
