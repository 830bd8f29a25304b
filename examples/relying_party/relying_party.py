"""A relying party: an application without passwords, whose users sign in at the demo.

OpenID Connect Core section 3.1: it sends the browser there, and gets an ID token for the code that
comes back. Authlib speaks OAuth, joserfc verifies the tokens.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPBadRequest, HTTPSeeOther
from pyramid.response import Response
from pyramid.session import SignedCookieSessionFactory

TIMEOUT = 10  # seconds, for a response of the provider
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Relying party</title>
<h1>{heading}</h1>{text}<form method="post" action="{action}"><button>{button}</button></form>"""


class Provider:
    """The server at which users sign in, and this application as its client.

    :param address: of this application.
    """

    def __init__(self, issuer: str, client_id: str, secret: str, address: str) -> None:
        self.issuer, self.client_id, self.address = issuer, client_id, address
        self._secret = secret
        path = "/.well-known/openid-configuration"
        self.metadata = self.session().request("GET", issuer + path, withhold_token=True).json()
        if self.metadata["issuer"] != issuer:
            # OpenID Connect Discovery section 4.3.
            raise SystemExit(f"The metadata of {issuer} are another server's.")

    def session(self) -> Any:
        """A client of the provider, for one user."""
        return OAuth2Session(
            self.client_id,
            self._secret,
            scope="openid profile email",
            redirect_uri=f"{self.address}/callback",
            code_challenge_method="S256",
            default_timeout=TIMEOUT,
        )

    def verified(self, token: str, typ: str, **claims: Any) -> dict[str, Any]:
        """The claims of a token that the provider signed for this client.

        :param typ: what kind of token it must be.
        :param claims: values that it must have.
        :raises JoseError: it is not such a token.
        """
        keys = self.session().request("GET", self.metadata["jwks_uri"], withhold_token=True).json()
        found = jwt.decode(token, KeySet.import_key_set(keys), algorithms=["RS256"])
        if found.header.get("typ", "JWT").lower() != typ.lower():
            raise JoseError(description="It is a token of another kind.")
        wanted = {"iss": self.issuer, "aud": self.client_id, **claims}
        required: dict[str, Any] = {
            name: {"essential": True, "value": value} for name, value in wanted.items()
        }
        rules = jwt.JWTClaimsRegistry(leeway=60, exp={"essential": True}, **required)
        rules.validate(found.claims)
        return found.claims


def user_of(request: Any) -> dict[str, Any] | None:
    """Who is signed in here: what the session says, unless the provider has ended it."""
    user: dict[str, Any] | None = request.session.get("user")
    if user is None or user.get("sid") in request.registry["ended"]:
        return None
    return user


def home(request: Any) -> Response:
    """Say who is signed in, with a button to change that."""
    user = user_of(request)
    if user is None:
        values = {"heading": "You are not signed in", "text": "", "button": "Sign in"}
        return Response(PAGE.format(**values, action="/sign-in"))
    said = ", ".join(f"{name}: {user[name]}" for name in ("sub", "name", "email") if name in user)
    values = {"heading": "You are signed in", "text": f"<p>{_text(said)}</p>", "button": "Sign out"}
    return Response(PAGE.format(**values, action="/sign-out"))


def sign_in(request: Any) -> HTTPSeeOther:
    """Send the browser to the provider."""
    provider: Provider = request.registry["provider"]
    attempt = {"nonce": secrets.token_urlsafe(16), "code_verifier": secrets.token_urlsafe(48)}
    url, attempt["state"] = provider.session().create_authorization_url(
        provider.metadata["authorization_endpoint"], **{**attempt}
    )
    request.session["attempt"] = attempt
    return HTTPSeeOther(url)


def callback(request: Any) -> HTTPSeeOther:
    """Accept the provider's response, and the ID token that the code is good for."""
    provider: Provider = request.registry["provider"]
    attempt = request.session.pop("attempt", None)
    if attempt is None or request.GET.get("iss") != provider.issuer:
        # RFC 9207 section 2.4: it may be the response of another server.
        raise HTTPBadRequest("This browser has begun no sign-in.")
    session = provider.session()
    session.state = attempt["state"]
    try:
        tokens = session.fetch_token(
            provider.metadata["token_endpoint"],
            authorization_response=request.url,
            code_verifier=attempt["code_verifier"],
        )
        claims = provider.verified(tokens["id_token"], "JWT", nonce=attempt["nonce"])
    except (OAuthError, JoseError) as error:
        raise HTTPBadRequest(f"The sign-in failed: {error}") from None
    about = session.get(provider.metadata["userinfo_endpoint"]).json()
    if about["sub"] != claims["sub"]:
        # OpenID Connect Core section 5.3.2.
        raise HTTPBadRequest("The userinfo endpoint spoke of another user.")
    # A new session, which nothing from before the sign-in is in.
    request.session.invalidate()
    names = ("sub", "name", "email")
    request.session["user"] = {name: about[name] for name in names if name in about}
    request.session["user"]["sid"] = claims.get("sid")
    request.session["id_token"] = tokens["id_token"]
    return HTTPSeeOther("/")


def sign_out(request: Any) -> HTTPSeeOther:
    """Sign out here, and at the provider (OpenID Connect RP-Initiated Logout 1.0 section 2)."""
    provider: Provider = request.registry["provider"]
    query = {
        "id_token_hint": request.session.get("id_token", ""),
        "post_logout_redirect_uri": f"{provider.address}/",
    }
    request.session.invalidate()
    return HTTPSeeOther(f"{provider.metadata['end_session_endpoint']}?{urlencode(query)}")


def back_channel_logout(request: Any) -> Response:
    """The provider says that a session has ended (OpenID Connect Back-Channel Logout 1.0)."""
    provider: Provider = request.registry["provider"]
    try:
        claims = provider.verified(request.POST["logout_token"], "logout+jwt")
    except (KeyError, JoseError):
        raise HTTPBadRequest("That is no logout token.") from None
    # Section 2.6: a logout token has this event, and never a nonce.
    event = "http://schemas.openid.net/event/backchannel-logout"
    if event not in claims.get("events", {}) or "nonce" in claims or "sid" not in claims:
        raise HTTPBadRequest("That is no logout token.")
    # In the memory of one process. An application with several has its sessions in a store.
    request.registry["ended"].add(claims["sid"])
    return Response(status=204, headers={"Cache-Control": "no-store"})


def main(global_config: dict[str, str], **settings: str) -> Any:
    """Make the WSGI application (``paste.app_factory``)."""
    secret = _secret(Path(settings["provider.secret_file"]))
    provider = Provider(
        settings["provider.issuer"], settings["provider.client_id"], secret, settings["address"]
    )
    with Configurator(settings=settings) as config:
        # Cookies do not separate ports: the demo has sessions on the same host.
        session = SignedCookieSessionFactory(
            secrets.token_hex(32), cookie_name="relying_party", httponly=True, samesite="Lax"
        )
        config.set_session_factory(session)
        config.registry["provider"] = provider
        config.registry["ended"] = set[str]()
        for path, view, method in (
            ("/", home, "GET"),
            ("/sign-in", sign_in, "POST"),
            ("/callback", callback, "GET"),
            ("/sign-out", sign_out, "POST"),
            ("/back-channel-logout", back_channel_logout, "POST"),
        ):
            config.add_route(view.__name__, path)
            config.add_view(view, route_name=view.__name__, request_method=method)
        return config.make_wsgi_app()


def _text(value: str) -> str:
    return value.replace("&", "&amp;").replace("<", "&lt;")


def _secret(file: Path) -> str:
    try:
        return file.read_text().strip()
    except FileNotFoundError:
        raise SystemExit(f"There is no {file.name}: `make demo` writes it.") from None
