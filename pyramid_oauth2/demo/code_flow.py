"""A client of the code flow, with the standard library only.

It knows only the server's address, as any client does, and uses HTTP.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import ProxyHandler, Request, build_opener

TIMEOUT = 10  # seconds; the demo calls itself, and all its threads may be doing so
OPENID_SCOPE = "openid profile email"
DOTS = "••••••••"


class NoAnswer(Exception):
    """The server cannot be reached, or its response is unusable."""


@dataclass(frozen=True)
class Attempt:
    """What the client must remember between the request and its response, in the user's session.

    :param nonce: of a sign-in with OpenID Connect.
    """

    state: str
    verifier: str = field(repr=False)
    nonce: str | None = None

    @property
    def challenge(self) -> str:
        """The code_challenge of the verifier (RFC 7636 section 4.2)."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@dataclass(frozen=True)
class Exchange:
    """A request of the client, and the response.

    :ivar request: as it is shown: method and address, headers and form, one per line.
    :ivar status: of the response.
    :ivar answer: the JSON of the response.
    :ivar answer_text: the same, one member per line.
    """

    request: tuple[str, ...] = field(repr=False)
    status: int
    answer: dict[str, Any] = field(repr=False)
    answer_text: str = field(repr=False)


@dataclass(frozen=True)
class CodeFlowClient:
    """A confidential client at the server *issuer*."""

    issuer: str
    client_id: str
    secret: str = field(repr=False)
    redirect_uri: str
    scope: str

    def begin(self, openid: bool = False) -> Attempt:
        """Draw the random values of this sign-in.

        :param openid: whether the client also asks who the user is.
        """
        nonce = secrets.token_urlsafe(16) if openid else None
        return Attempt(secrets.token_urlsafe(16), secrets.token_urlsafe(32), nonce)

    def authorization_parameters(self, attempt: Attempt) -> dict[str, str]:
        """The authorization request (RFC 6749 section 4.1.1, OpenID Connect Core 3.1.2.1)."""
        openid = {} if attempt.nonce is None else {"nonce": attempt.nonce}
        return {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": f"{OPENID_SCOPE} {self.scope}" if openid else self.scope,
            **openid,
            "state": attempt.state,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        }

    def authorization_url(self, attempt: Attempt) -> str:
        """The URL that the browser is sent to."""
        return f"{self.issuer}/oauth2/authorize?{urlencode(self.authorization_parameters(attempt))}"

    def redeem(self, code: str, attempt: Attempt) -> Exchange:
        """Exchange the code for tokens (RFC 6749 section 4.1.3).

        :raises NoAnswer: it is unknown whether the code was redeemed.
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
        """Exchange the refresh token for new tokens (RFC 6749 section 6).

        :raises NoAnswer: it is unknown whether the refresh token was spent.
        """
        return self._ask_for_tokens({"grant_type": "refresh_token", "refresh_token": refresh_token})

    def me(self, access_token: str) -> Exchange:
        """Call the API with the access token (RFC 6750 section 2.1).

        :raises NoAnswer: there was no usable response.
        """
        return self._show_token(f"{self.issuer}/api/me", access_token)

    def userinfo(self, access_token: str) -> Exchange:
        """Ask who the user is (OpenID Connect Core section 5.3).

        :raises NoAnswer: there was no usable response.
        """
        return self._show_token(f"{self.issuer}/oauth2/userinfo", access_token)

    def _show_token(self, address: str, access_token: str) -> Exchange:
        value = f"Bearer {access_token}"
        shown = (f"GET {address}", f"Authorization: {value}")
        # The scheme is http or https, as of every issuer.
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
        exchange = _exchange(request, shown)
        if exchange.status == 200 and not isinstance(exchange.answer.get("access_token"), str):
            raise _no_answer(request)
        return exchange


def _exchange(request: Request, shown: tuple[str, ...]) -> Exchange:
    # Without the proxy of the environment, which cannot resolve this machine's localhost.
    opener = build_opener(ProxyHandler({}))
    try:
        try:
            response = opener.open(request, timeout=TIMEOUT)
        except HTTPError as error:
            response = error  # An error response is a response too.
        with response:
            answer = dict(json.load(response))
        text = json.dumps(answer, indent=2, ensure_ascii=False)
        text.encode()  # No page can show a lone surrogate.
        return Exchange(shown, response.status, answer, text)
    except (OSError, HTTPException, ValueError, TypeError, RecursionError) as error:
        raise _no_answer(request) from error


def _no_answer(request: Request) -> NoAnswer:
    return NoAnswer(f"{request.full_url} does not answer as it should.")
