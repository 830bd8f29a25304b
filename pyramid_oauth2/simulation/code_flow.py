"""The authorization request, the user's consent, and the tokens (RFC 6749 section 4.1)."""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from ..known_clients.known_client import AUTHORIZE, TOKEN
from ..protocol.http import FORM
from ..protocol.masking import shown
from ..protocol.redirect_uris import origin_of
from ..protocol.scopes import OFFLINE_ACCESS, format_scope
from .consent_form import consent_form
from .conversation import Conversation
from .exchange import Exchanged
from .step import StepRefused

REDIRECTS = (301, 302, 303, 307)
MOST_REDIRECTS = 5
HTML = {"Accept": "text/html"}


def sign_in(c: Conversation) -> str:
    """Send the request in a browser in which no user is signed in."""
    response = c.agent.send("GET", authorization_url(c, c.redirect_uris[0]), HTML)
    location = response.headers.get("location", "")
    if response.status in REDIRECTS and not _is_for(c, location):
        return "The user is sent to the login"
    if response.status in (200, 401, 403) and response.refusal is None:
        return f"The application shows its login (status {response.status})"
    raise _refused("The user is not sent to a login", response)


def authorize(c: Conversation) -> str:
    """Send the request of a signed-in user, for each redirect URI of the client."""
    usual, *others = c.redirect_uris
    for uri in others:
        _page(c, uri)
    c.page = _page(c, usual)
    return f"The consent page is shown, for {', '.join(c.redirect_uris)}"


def authorization_url(c: Conversation, redirect_uri: str) -> str:
    """The URL of an authorization request."""
    c.state, c.verifier = secrets.token_urlsafe(16), secrets.token_urlsafe(32)
    challenge = urlsafe_b64encode(sha256(c.verifier.encode()).digest()).rstrip(b"=").decode()
    known = c.metadata.get("scopes_supported", ())
    offline = c.client.offline_access and OFFLINE_ACCESS in known
    scope = {*c.scope, *c.client.scopes, *([OFFLINE_ACCESS] if offline else [])}
    parameters = {
        "response_type": "code",
        "client_id": c.client_id,
        "redirect_uri": redirect_uri,
        "state": c.state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        **({"scope": format_scope(scope)} if scope else {}),
        # The second time the user would not be asked again, and there would be no page.
        **({"prompt": "consent"} if offline or c.signs else {}),
        **c.resource_in(AUTHORIZE),
    }
    endpoint = str(c.metadata["authorization_endpoint"])
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(parameters)}"


def _page(c: Conversation, redirect_uri: str) -> Exchanged:
    url = authorization_url(c, redirect_uri)
    for _ in range(MOST_REDIRECTS):
        response = c.agent.send("GET", url, HTML, of_user=True)
        if response.status not in REDIRECTS:
            break
        url = urljoin(url, response.headers.get("location", ""))
        if origin_of(url) != origin_of(str(c.metadata["authorization_endpoint"])):
            break
    if response.status == 200:
        if consent_form(response.body.decode("utf-8", "replace")):
            return response
        text = "The page has no form of the consent page: is it that of oauth2.renderer.consent"
        raise StepRefused(text, response.refusal, "oauth2.renderer.consent")
    raise _refused(f"The request with {redirect_uri} is refused", response)


def consent(c: Conversation) -> str:
    """Allow it, as the user."""
    assert c.page is not None  # The step before has it.
    form = consent_form(c.page.body.decode("utf-8", "replace"))
    assert form is not None
    endpoint = str(c.metadata["authorization_endpoint"])
    url = urljoin(endpoint, form[0])
    headers = {**HTML, "Content-Type": FORM, "Origin": origin_of(endpoint)}
    response = c.agent.send("POST", url, headers, form[1], of_user=True)
    location = response.headers.get("location", "")
    if response.status not in REDIRECTS or not _is_for(c, location):
        raise _refused("The decision is refused", response)
    parameters = dict(parse_qsl(urlsplit(location).query))
    if "code" not in parameters:
        raise _refused("The decision is refused", response)
    if not hmac.compare_digest(parameters.get("state", ""), c.state):
        raise StepRefused("The response has another state than the request")
    if parameters.get("iss") != c.issuer:
        raise StepRefused("The response has no iss that is the issuer (RFC 9207)")
    c.code = parameters["code"]
    return "The user is asked, allows it, and comes back with a code"


def redeem(c: Conversation) -> str:
    """Exchange the code for tokens."""
    form = {
        "grant_type": "authorization_code",
        "code": c.code,
        "redirect_uri": c.redirect_uris[0],
        **c.authentication(),
        "code_verifier": c.verifier,
        **c.resource_in(TOKEN),
    }
    response = c.post_form(str(c.metadata["token_endpoint"]), form)
    c.tokens = tokens_in(response)
    scope = c.tokens.get("scope")
    return f"An access token, with the scope {shown(str(scope))}" if scope else "An access token"


def tokens_in(response: Exchanged) -> Mapping[str, str]:
    """The members of a token response.

    :raises StepRefused: it is an error, or none that clients understand.
    """
    members = response.members()
    if response.status != 200:
        raise _refused("No token is issued", response)
    if str(members.get("token_type")).lower() != "bearer" or "access_token" not in members:
        raise StepRefused("The response has no access token of the type Bearer")
    return members


def _is_for(c: Conversation, location: str) -> bool:
    return location.startswith(c.redirect_uris)


def _refused(text: str, response: Exchanged) -> StepRefused:
    """With the OAuth error, which is in the URL or in the JSON."""
    location = response.headers.get("location", "")
    members = dict(parse_qsl(urlsplit(location).query)) or response.members()
    error = " ".join(
        str(members[name]) for name in ("error", "error_description") if name in members
    )
    said = shown(error) if error else response.failed or f"status {response.status}"
    return StepRefused(f"{text}: {said}", response.refusal)
