"""The floor: a bare Pyramid application that does the same store work, with almost no checks.

Its responses look like ours. The difference between its cost and that of the add-on
is the price of what the add-on does.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from base64 import b64decode
from importlib import import_module
from typing import Any, Protocol

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response

from ..site import CLIENT_ID, SCOPE, USER, Site

LIFETIME = 3600


class Store(Protocol):
    """What the views need from a driver. A row is the subject, the end, and whether it is spent."""

    def insert(self, digests: list[bytes], subject: str, expires_at: int) -> None:
        """Write tokens in one step."""

    def find(self, digest: bytes) -> tuple[str, int, bool] | None:
        """Read a token."""

    def replace(self, digest: bytes, digests: list[bytes], subject: str, expires_at: int) -> bool:
        """Spend a token and write others in its place, in one step; False if it is spent."""

    def revoke(self, digest: bytes) -> None:
        """Spend a token."""

    def close(self) -> None:
        """Close the connection."""


class Floor:
    """The views."""

    def __init__(self, store: Store, secret: str) -> None:
        self._store = store
        self._secret = hashlib.sha256(secret.encode()).digest()

    def open(self, request: Any) -> dict[str, bool]:
        """A view without a token."""
        return {"ok": True}

    def protected(self, request: Any) -> Any:
        """A view that requires a token."""
        token = request.environ["HTTP_AUTHORIZATION"].removeprefix("Bearer ")
        return {"ok": True} if self._living(token) else Response(status=401)

    def authorize(self, request: Any) -> Any:
        """Issue a code for the user of the request."""
        (code,) = self._issue(1)
        return HTTPSeeOther(f"{request.GET['redirect_uri']}?code={code}")

    def token(self, request: Any) -> Any:
        """Issue tokens for each grant type."""
        if not self._authenticated(request):
            return Response(status=401)
        form = request.POST
        match form["grant_type"]:
            case "client_credentials":
                issued = self._issue(1)
            case "password":
                issued = self._issue(2)
            case "refresh_token":
                issued = self._replace(form["refresh_token"])
            case "authorization_code":
                issued = self._replace(form["code"])
        if not issued:
            return Response(status=400)
        names = ("access_token", "refresh_token")
        tokens = dict(zip(names, issued, strict=False))
        return self._json(
            {**tokens, "token_type": "Bearer", "expires_in": LIFETIME, "scope": SCOPE}
        )

    def introspect(self, request: Any) -> Any:
        """The properties of a token."""
        if not self._authenticated(request):
            return Response(status=401)
        found = self._living(request.POST["token"])
        if not found:
            return self._json({"active": False})
        subject, expires_at, _ = found
        members = {"scope": SCOPE, "client_id": CLIENT_ID, "token_type": "Bearer"}
        return self._json({"active": True, **members, "sub": subject, "exp": expires_at})

    def revoke(self, request: Any) -> Any:
        """Revoke a token."""
        if not self._authenticated(request):
            return Response(status=401)
        self._store.find(_digest(request.POST["token"]))
        self._store.revoke(_digest(request.POST["token"]))
        return Response()

    def _authenticated(self, request: Any) -> bool:
        pair = b64decode(request.environ["HTTP_AUTHORIZATION"].removeprefix("Basic "))
        client_id, _, secret = pair.partition(b":")
        return client_id.decode() == CLIENT_ID and hashlib.sha256(secret).digest() == self._secret

    def _living(self, token: str) -> tuple[str, int, bool] | None:
        found = self._store.find(_digest(token))
        return found if found and not found[2] and found[1] > time.time() else None

    def _issue(self, number: int) -> list[str]:
        tokens = [os.urandom(32).hex() for _ in range(number)]
        self._store.insert([_digest(token) for token in tokens], USER, _end())
        return tokens

    def _replace(self, spent: str) -> list[str]:
        if not self._living(spent):
            return []
        tokens = [os.urandom(32).hex() for _ in range(2)]
        digests = [_digest(token) for token in tokens]
        return tokens if self._store.replace(_digest(spent), digests, USER, _end()) else []

    def _json(self, members: dict[str, Any]) -> Response:
        headers = {"Cache-Control": "no-store", "Pragma": "no-cache"}
        body = json.dumps(members).encode()
        return Response(body, content_type="application/json", headers=headers)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _end() -> int:
    return int(time.time()) + LIFETIME


def make_site(store: str, url: str) -> Site:
    """Start the application on an empty store.

    :param store: ``sqlite``, ``postgresql`` or ``redis``.
    """
    secret = os.urandom(32).hex()
    tokens: Store = import_module(f".{store}_store", __name__).open_store(url)
    floor = Floor(tokens, secret)
    with Configurator() as config:
        for name in ("open", "protected"):
            config.add_route(name, f"/{name}")
            config.add_view(getattr(floor, name), route_name=name, renderer="json")
        for name in ("authorize", "token", "introspect", "revoke"):
            config.add_route(name, f"/oauth2/{name}")
            config.add_view(getattr(floor, name), route_name=name)
        return Site(config.make_wsgi_app(), secret, tokens.close)
