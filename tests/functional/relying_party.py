"""A relying party with a browser, which follows every page until it has its response."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pyramid_oauth2 import Authentication
from pyramid_oauth2.jose.objects import encoded

from . import openid_provider
from .flow import AUTHORIZE, BACK, VERIFIER, Flow, answer_in
from .openid_provider import ISSUER, PROVIDER, claims_of, give_scopes
from .server import Clock, bearer

USERINFO = "/oauth2/userinfo"
MOST_STEPS = 10
MINUTE = 60
NO_PKCE = {"code_challenge": None, "code_challenge_method": None}


class Users(openid_provider.Users):
    """Users who sign in at the time that the clock of the test shows."""

    at = 0

    def authentication(self, request: Any) -> Authentication:
        return Authentication(self.at, "gold", ("pwd",))


# Of all applications of a plan, one of which is used at a time: so each is created once.
USERS = Users()


def of_plan(config: Any) -> None:
    """Register the users with the add-on."""
    config.set_oauth2_resource_owners(USERS)


@dataclass
class RelyingParty:
    """The client of a flow, and its user bob.

    :ivar mode: the ``response_mode`` of its requests.
    :ivar pkce: whether it uses PKCE.
    :ivar logins: how often the user has signed in.
    :ivar seen: every response of the server to the browser.
    """

    flow: Flow
    users: Users
    clock: Clock
    mode: str | None = None
    pkce: bool = True
    logins: int = 0
    redirect_uri: str = BACK
    seen: list[Any] = field(default_factory=list, repr=False)

    @classmethod
    def of_plan(cls, start_flow: Callable[..., Flow], mode: str, pkce: bool) -> RelyingParty:
        """A client of the conformance plans; its user has not signed in."""
        USERS.at = 0
        flow = start_flow(of_plan, **PROVIDER)
        flow = give_scopes(flow, require_pkce=pkce).log_out()
        clock = Clock(flow.server)
        # PyJWT compares with the real time, and the tests wait for 30 seconds at most.
        clock.now -= MINUTE
        return cls(flow, USERS, clock, None if mode == "query" else mode, pkce)

    def authorize(self, **changes: str | None) -> dict[str, str]:
        """Send a request, and answer the pages; the parameters of the response.

        :raises AssertionError: the server responds with something else.
        """
        given: dict[str, str | None] = {"scope": "openid", "nonce": "n-0S6", **changes}
        if self.mode:
            given["response_mode"] = self.mode
        if not self.pkce:
            given = NO_PKCE | given
        return self.follow(self.flow.ask(redirect_uri=self.redirect_uri, **given))

    def follow(self, answer: Any) -> dict[str, str]:
        """Answer the pages of the server from this one on."""
        for _ in range(MOST_STEPS):
            self.seen.append(answer)
            if answer.status_int == 303:
                if answer.location.startswith(self.redirect_uri):
                    assert self.mode != "form_post"
                    return self._sent(answer_in(answer.location))
                answer = self._visit(answer.location)
                continue
            assert answer.status_int == 200, answer.text
            if answer.form.action == self.redirect_uri:
                assert self.mode == "form_post"
                return self._sent(dict(answer.form.submit_fields()))
            answer = self._press(answer)
        raise AssertionError(f"no response after {MOST_STEPS} steps")

    def _sent(self, response: dict[str, str]) -> dict[str, str]:
        # RFC 9207: each response names the server. The state is that of the request.
        assert (response["iss"], response["state"]) == (ISSUER, "xyz")
        return response

    def _visit(self, location: str) -> Any:
        if urlsplit(location).path != "/login":
            return self.flow.browser.get(location, status="*")
        self.sign_in()
        (back,) = parse_qs(urlsplit(location).query)["next"]
        return self.flow.browser.get(back, status="*")

    def _press(self, page: Any) -> Any:
        if "decision" in page.form.fields:
            return self.flow.decide(page)
        fields = page.form.submit_fields()
        return self.flow.browser.post(page.form.action, fields, status="*")

    def sign_in(self) -> None:
        """Sign bob in, at this moment."""
        self.users.at, self.logins = self.clock.now, self.logins + 1
        self.flow.log_in("bob")

    def redeem(self, code: str, **changes: str | None) -> Any:
        """The response to a code, of any status."""
        verifier = VERIFIER if self.pkce else None
        form = {"redirect_uri": self.redirect_uri, "code_verifier": verifier, **changes}
        return self.flow.redeem(code, **form)

    def tokens(self, **changes: str | None) -> dict[str, Any]:
        """The tokens at the end of the flow, checked as each client does."""
        answer = self.redeem(self.authorize(**changes)["code"])
        assert answer.status_int == 200, answer.text
        assert answer.headers["Cache-Control"] == "no-store"
        tokens = dict(answer.json)
        assert tokens["token_type"] == "Bearer"
        assert tokens["expires_in"] > 0
        return tokens

    def claims(self, tokens: dict[str, Any], nonce: str | None = "n-0S6") -> dict[str, Any]:
        """The claims of the ID token, validated (Core section 3.1.3.7).

        PyJWT verifies the signature, the ``aud`` and the times.
        """
        claims = claims_of(self.flow, tokens["id_token"])
        assert claims["iss"] == ISSUER
        assert claims["sub"].isascii()
        assert len(claims["sub"]) <= 255
        assert claims.get("nonce") == nonce
        digest = hashlib.sha256(tokens["access_token"].encode()).digest()
        assert claims["at_hash"] == encoded(digest[:16])
        return claims

    def userinfo(self, tokens: dict[str, Any], method: str = "GET") -> Any:
        """The response of the userinfo endpoint, of any status."""
        headers = bearer(tokens["access_token"])
        return self.flow.browser.request(USERINFO, method=method, headers=headers, status="*")

    def posted(self, **changes: str | None) -> dict[str, str]:
        """The same as :meth:`authorize`, with a request by POST."""
        given = {"scope": "openid", "nonce": "n-0S6", "response_mode": self.mode, **changes}
        if not self.pkce:
            given = NO_PKCE | given
        form = self.flow.parameters(redirect_uri=self.redirect_uri, **given)
        return self.follow(self.flow.browser.post(AUTHORIZE, form, status="*"))
