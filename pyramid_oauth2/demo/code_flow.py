"""A client of the code flow, with the standard library only.

It knows the server by its address, as any client does, and talks to it by HTTP.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import ProxyHandler, Request, build_opener

TIMEOUT = 10  # seconds; the demo asks itself, and all its threads may be at that
DOTS = "••••••••"


class NoAnswer(Exception):
    """The server cannot be reached, or what answers there is none."""


@dataclass(frozen=True)
class Attempt:
    """What the client must remember from the request to its answer, in the user's session."""

    state: str
    verifier: str = field(repr=False)

    @property
    def challenge(self) -> str:
        """What the server is told of the verifier (RFC 7636 section 4.2)."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@dataclass(frozen=True)
class Exchange:
    """A request of the client and its answer.

    :ivar request: as it is shown: method and address, headers, form, a line each.
    :ivar status: of the answer.
    :ivar answer: its JSON.
    """

    request: tuple[str, ...] = field(repr=False)
    status: int
    answer: dict[str, Any] = field(repr=False)

    @property
    def answer_text(self) -> str:
        """The answer, a member a line."""
        return json.dumps(self.answer, indent=2, ensure_ascii=False)


@dataclass(frozen=True)
class CodeFlowClient:
    """A confidential client at the server *issuer*."""

    issuer: str
    client_id: str
    secret: str = field(repr=False)
    redirect_uri: str
    scope: str

    def begin(self) -> Attempt:
        """Draw what makes this sign-in unlike any other."""
        return Attempt(secrets.token_urlsafe(16), secrets.token_urlsafe(32))

    def authorization_parameters(self, attempt: Attempt) -> dict[str, str]:
        """The authorization request (RFC 6749 section 4.1.1)."""
        return {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": self.scope,
            "state": attempt.state,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        }

    def authorization_url(self, attempt: Attempt) -> str:
        """Where the browser is sent."""
        return f"{self.issuer}/oauth2/authorize?{urlencode(self.authorization_parameters(attempt))}"

    def redeem(self, code: str, attempt: Attempt) -> Exchange:
        """The code, for tokens (RFC 6749 section 4.1.3).

        :raises NoAnswer: nobody knows what became of the code.
        """
        return self._ask_for_tokens(
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": self.redirect_uri,
                "code_verifier": attempt.verifier,
            }
        )

    def refresh(self, refresh_token: str) -> Exchange:
        """The refresh token, for new tokens (RFC 6749 section 6).

        :raises NoAnswer: nobody knows what became of the refresh token.
        """
        return self._ask_for_tokens({"grant_type": "refresh_token", "refresh_token": refresh_token})

    def me(self, access_token: str) -> Exchange:
        """What the API says to the access token (RFC 6750 section 2.1).

        :raises NoAnswer: there is none.
        """
        address, value = f"{self.issuer}/api/me", f"Bearer {access_token}"
        shown = (f"GET {address}", f"Authorization: {value}")
        # The scheme is http or https: so is every issuer.
        return _exchange(Request(address, headers={"Authorization": value}), shown)  # noqa: S310

    def _ask_for_tokens(self, form: Mapping[str, str]) -> Exchange:
        address = f"{self.issuer}/oauth2/token"
        # RFC 6749 section 2.3.1: both halves are form-encoded first.
        pair = f"{quote(self.client_id, safe='')}:{quote(self.secret, safe='')}"
        credentials = base64.b64encode(pair.encode()).decode()
        request = Request(  # noqa: S310
            address, urlencode(form).encode(), {"Authorization": f"Basic {credentials}"}
        )
        shown = (
            f"POST {address}",
            f"Authorization: Basic {DOTS}",
            "",
            *(f"{name}={value}" for name, value in form.items()),
        )
        return _exchange(request, shown)


def _exchange(request: Request, shown: tuple[str, ...]) -> Exchange:
    # Past the proxy of the environment, which cannot know what localhost is.
    opener = build_opener(ProxyHandler({}))
    try:
        try:
            response = opener.open(request, timeout=TIMEOUT)
        except HTTPError as error:
            response = error  # A refusal is an answer too.
        with response:
            return Exchange(shown, response.status, dict(json.load(response)))
    except (OSError, ValueError, TypeError) as error:
        raise NoAnswer(f"{request.full_url} does not answer as it should.") from error
