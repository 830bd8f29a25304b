"""The access token that an endpoint of the server needs: RFC 6750 as the guard of a view has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..authorization_server import AuthorizationServer
from ..errors import InsufficientScope, InvalidRequest, InvalidToken, OAuth2Error
from ..http import FORM, HTTPRequest
from ..refusal import Refusal
from .access_token import AccessToken
from .presentation import Presentation, credentials_in, has_token_parameter
from .resolution import resolve

MISSING = "An access token is needed: send it as 'Authorization: Bearer ...'."
MISPLACED = "Send one access token, in the Authorization header only."

SENT = Refusal("token_sent", "RFC 6750 section 3", decided_by="view")
PLACE = Refusal("token_place", "RFC 6750 section 2", decided_by="view")
SCOPE = Refusal("token_scope", "RFC 6750 section 3.1", decided_by="view")


@dataclass(frozen=True, slots=True)
class _Sender:
    """The request that presents the token. It is processed once, so it has reserved nothing."""

    request: HTTPRequest
    headers: dict[str, str] = field(default_factory=dict, repr=False)

    def http(self) -> HTTPRequest:
        return self.request

    def reserved(self) -> set[tuple[str, bytes]]:
        return set()

    def send(self, headers: Mapping[str, str]) -> None:
        self.headers.update(headers)


def required_token(
    server: AuthorizationServer, http: HTTPRequest, scope: str
) -> tuple[AccessToken, Mapping[str, str]]:
    """The access token of a request, and the headers that belong to its response.

    :param scope: one scope, which the token must have.
    :raises InvalidToken: there is none, by the refusal :data:`SENT`, or it is not valid.
    :raises InsufficientScope: it lacks the scope.
    :raises OAuth2Error: it is not in the header alone, or its key is not proved.
    """
    sender = _Sender(http)
    try:
        # The endpoint belongs to no API; its scope to none either.
        token = resolve(server, _presentation(server, http, sender), for_any_resource=True)
    except OAuth2Error as error:
        # RFC 6750 section 3: a request that "does not contain an access token that enables access
        # to the protected resource" is refused with WWW-Authenticate, also if the status is 400.
        error.of_access_token = True
        error.headers = {**sender.headers, **error.headers}
        raise
    if scope not in token.scope:
        refusal = SCOPE.comparing(required={scope}, of_token=token.scope)
        text = f"The access token needs the scope: {scope}."
        lacking = InsufficientScope(text, scope, refusal=refusal)
        lacking.respond_to(token.client, sender.headers)
        raise lacking
    return token, sender.headers


def _presentation(server: AuthorizationServer, http: HTTPRequest, sender: _Sender) -> Presentation:
    found = credentials_in(http.headers.get("authorization"), server.plug_ins.schemes)
    # RFC 6750 section 2: "Clients MUST NOT use more than one method to transmit the token"; the
    # header is the only one by which it does not end up in logs (RFC 9700 section 4.3.2).
    if _has_parameter(http):
        raise InvalidRequest(MISPLACED, refusal=PLACE)
    if found is None:
        raise InvalidToken(MISSING, refusal=SENT)
    presentation = Presentation(*found, sender)
    if not presentation.is_well_formed:
        raise InvalidRequest(MISPLACED, refusal=PLACE)
    return presentation


def _has_parameter(http: HTTPRequest) -> bool:
    media_type = http.headers.get("content-type", "").partition(";")[0].strip().lower()
    return has_token_parameter(http.query.encode("latin-1")) or (
        media_type == FORM and has_token_parameter(http.body)
    )
