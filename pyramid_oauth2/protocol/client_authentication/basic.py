"""``client_secret_basic``: the HTTP Basic header (RFC 6749 section 2.3.1, RFC 7617)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from urllib.parse import quote_plus, unquote_plus

from zope.interface import implementer

from ...interfaces.extension import IClientAuthentication
from ...interfaces.server import IServer
from ..clients.secrets import verify_secret
from ..errors import InvalidClient
from ..http import BROKEN_PERCENT, HTTPRequest
from ..parameters import Parameter
from ..records import Client
from ..refusal import Refusal
from ..token_strings import is_client_secret
from .credentials import Authenticated, Credentials

SYNTAX = Refusal("basic_syntax", "RFC 7617 section 2")

# RFC 6749 section 2.3.1: the server "MUST support the HTTP Basic authentication scheme for
# authenticating clients that were issued a client password".
OTHER_SECRET = "client_secret_post"
# RFC 6749 section 2.3.1 lets a client leave out a secret that is empty: then this is its
# client_id alone, as in the body.
PUBLIC = "none"


@implementer(IClientAuthentication)
class ClientSecretBasic:
    """The client's id and secret, each form-encoded, in an ``Authorization: Basic`` header."""

    confidential = True
    by_secret = True
    ambient = False
    challenge = 'Basic realm="oauth2", charset="UTF-8"'
    parameters: tuple[Parameter, ...] = ()

    def __init__(self, server: IServer, settings: object = None) -> None:
        self._server = server

    def credentials(self, http: HTTPRequest, form: Mapping[str, str]) -> Credentials | None:
        """The credentials in the Authorization header.

        :raises InvalidClient: there is a Basic header, but it is malformed.
        """
        header = http.headers.get("authorization")
        if header is None:
            return None
        scheme, _, encoded = header.strip().partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            text = base64.b64decode(encoded.strip(), validate=True).decode()
        except (binascii.Error, ValueError):
            raise InvalidClient(
                "The Basic header is not base64 of UTF-8 text.", refusal=SYNTAX
            ) from None
        client_id, colon, secret = text.partition(":")
        if not colon:
            raise InvalidClient(
                "The Basic header has no colon between client_id and secret.", refusal=SYNTAX
            )
        secret = _form_decode(secret)
        return Credentials(
            "client_secret_basic",
            _form_decode(client_id),
            secret,
            guessable=bool(secret) and not is_client_secret(secret),
            also_for=(OTHER_SECRET,) if secret else (OTHER_SECRET, PUBLIC),
        )

    def authenticate(self, credentials: Credentials, client: Client | None) -> Authenticated | None:
        """Check that the secret is one of the client's, or that both have none."""
        if client is not None and client.public:
            return None if credentials.secret else Authenticated()
        secrets = client.client_secrets if client else ()
        right = verify_secret(credentials.secret, secrets, self._server.clock())
        return Authenticated() if right else None


def must_be_encoded(client_id: str, secret: str) -> bool:
    """Whether a client that sends these without encoding them is refused.

    Such as one with a ``+``, which means a space in a form, or with a colon in its client_id,
    where that ends (RFC 7617 section 2).
    """
    return ":" in client_id or any(_form_decode(half) != half for half in (client_id, secret))


def basic_authorization(client_id: str, secret: str) -> str:
    """The ``Authorization`` header by which a client authenticates.

    RFC 6749 section 2.3.1: both halves are form-encoded.
    """
    pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return "Basic " + base64.b64encode(pair.encode()).decode("ascii")


def _form_decode(half: str) -> str:
    # RFC 6749 section 2.3.1: both halves are "encoded using the
    # application/x-www-form-urlencoded encoding algorithm". Some clients do not
    # encode; text that cannot be such an encoding is taken literally.
    if ("%" not in half and "+" not in half) or BROKEN_PERCENT.search(half):
        return half
    try:
        return unquote_plus(half, errors="strict")
    except UnicodeDecodeError:
        return half
