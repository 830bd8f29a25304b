"""The code flow, as performed by a browser and a client."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from webtest import TestApp, TestResponse

from .server import TOKEN, Server

AUTHORIZE = "/oauth2/authorize"
BACK = "https://client.example/back"
VERIFIER = "a-verifier-of-43-characters-is-long-enough.~"
# A state with which a request is too long for the login URL, so that it is stored.
LONG = "x" * 3600
SETTINGS = {
    "oauth2.grant_types": "authorization_code refresh_token client_credentials password",
    "oauth2.login_route": "login",
}


def challenge_of(verifier: str) -> str:
    """S256 (RFC 7636 section 4.2)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def answer_in(url: str, part: str = "query") -> dict[str, str]:
    """The parameters of an authorization response; each occurs once."""
    pairs = parse_qs(getattr(urlsplit(url), part), keep_blank_values=True, strict_parsing=True)
    assert all(len(values) == 1 for values in pairs.values())
    return {name: value for name, (value,) in pairs.items()}


def register_clients(server: Server) -> None:
    """Register a confidential client and a public one, with common metadata."""
    usual = {"grant_types": ("authorization_code", "refresh_token")}
    server.register("web", redirect_uris=(BACK,), **usual)
    server.register(
        "app",
        redirect_uris=(
            "https://app.example/back",
            "http://127.0.0.1/back",
            "com.example.app:/back",
        ),
        token_endpoint_auth_method="none",
        **usual,
    )


def authorization_request(client_id: str, /, **changes: str | None) -> dict[str, str]:
    """A valid request with *changes*; None removes a parameter."""
    usual = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": "https://app.example/back" if client_id == "app" else BACK,
        "scope": "read",
        "state": "xyz",
        "code_challenge": challenge_of(VERIFIER),
        "code_challenge_method": "S256",
    }
    return {name: value for name, value in (usual | changes).items() if value is not None}


class Flow:
    """The flow of one client in one browser."""

    def __init__(self, server: Server, client_id: str = "web", browser: TestApp = None) -> None:
        self.server = server
        self.client_id = client_id
        self.browser = browser or server.fresh_browser()

    def parameters(self, **changes: str | None) -> dict[str, str]:
        """The client's authorization request, with *changes*."""
        return authorization_request(self.client_id, **changes)

    def log_in(self, user: str = "bob") -> Flow:
        self.browser.get(f"/login?user={user}", status=200)
        return self

    def log_out(self) -> Flow:
        """Remove the application's cookie, and keep ours."""
        jar = self.browser.cookiejar
        for cookie in [cookie for cookie in jar if cookie.name == "auth_tkt"]:
            jar.clear(cookie.domain, cookie.path, cookie.name)
        return self

    def get(self, query: str | dict[str, str]) -> TestResponse:
        """The response of the authorization endpoint, of any status."""
        encoded = query if isinstance(query, str) else urlencode(query)
        return self.browser.get(f"{AUTHORIZE}?{encoded}", status="*")

    def ask(self, **changes: str | None) -> TestResponse:
        """Send a request by GET; the response of any status."""
        return self.get(self.parameters(**changes))

    def page(self, **changes: str | None) -> TestResponse:
        """The consent page of a signed-in user."""
        page = self.ask(**changes)
        while page.status_int == 303 and page.location.startswith("http://localhost/"):
            page = self.browser.get(page.location)
        assert page.status_int == 200, page.location
        assert page.form["interaction"].value.startswith("oin_")
        return page

    def press(self, page: TestResponse) -> TestResponse:
        """Press the button of the page that asks for a new login; the response at the end.

        It is the redirect to the login, or to the client.
        """
        answer = self.browser.post(page.form.action, page.form.submit_fields(), status=303)
        return self.browser.get(answer.location, status="*")

    def decide(self, page: TestResponse, decision: str = "allow", **fields: Any) -> TestResponse:
        """Press a button of the consent page; the response of any status."""
        form = dict(page.form.submit_fields("decision", submit_value=decision)) | fields
        return self.browser.post(AUTHORIZE, form, status="*")

    def allow(self, **changes: str | None) -> str:
        """The URL to which the user is sent after allowing the request."""
        answer = self.decide(self.page(**changes))
        assert answer.status_int == 303, answer.text
        return str(answer.location)

    def code(self, **changes: str | None) -> str:
        return answer_in(self.allow(**changes))["code"]

    def redeem(self, code: str, /, client_id: str | None = None, **changes: Any) -> TestResponse:
        """The token endpoint's response to a code, of any status."""
        return self.exchange(
            client_id,
            **{
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": self.parameters()["redirect_uri"],
                "code_verifier": VERIFIER,
                **changes,
            },
        )

    def refresh(self, refresh_token: str, client_id: str | None = None, **changes: Any) -> Any:
        """The token endpoint's response to a refresh token, of any status."""
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return self.exchange(client_id, **form | changes)

    def exchange(
        self,
        client_id: str | None = None,
        path: str = TOKEN,
        origin: str | None = None,
        **form: str | None,
    ) -> TestResponse:
        """Send a request of the client, with valid authentication."""
        client_id = client_id or self.client_id
        given = {name: value for name, value in form.items() if value is not None}
        headers = {} if origin is None else {"Origin": origin}
        if self.server.secrets[client_id]:
            headers |= self.server.login(client_id)
        else:
            given = {"client_id": client_id, **given}
        return self.server.post(given, headers, path)

    def tokens(self, **changes: str | None) -> dict[str, Any]:
        """The tokens of the client at the end of the flow."""
        answer = self.redeem(self.code(**changes), redirect_uri=changes.get("redirect_uri"))
        assert answer.status_int == 200, answer.text
        return dict(answer.json)

    def edit(self, **changes: Any) -> None:
        """Change the client's record."""
        clients = self.server.service.server.clients
        client = clients.get(self.client_id)
        assert clients.edit(self.client_id, client.version, changes)
