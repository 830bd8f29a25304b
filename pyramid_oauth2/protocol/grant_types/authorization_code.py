"""An authorization code, redeemed for tokens (RFC 6749 section 4.1.3)."""

from __future__ import annotations

from zope.interface import implementer

from ...interfaces.extension import IGrantType
from ..access import Access
from ..authorization.codes import CodeData, burn_after_wrong_verifiers
from ..authorization.pkce import check_verifier, proves, s256
from ..envelope import NotUnderstood
from ..errors import InvalidGrant
from ..events import CodeRepeated, CodeReplayed
from ..grant_data import access_of
from ..parameters import Parameter
from ..records import AUTHORIZATION_CODE, Grant, Token
from ..refusal import Refusal
from ..scopes import parse_scope
from ..server import Server
from ..token.issuance import Issuance, Redeem, Repeat, Reuse
from ..token.request import TokenRequest
from ..token_strings import parse_token

WRONG_CODE = "The code is unknown, expired, used, or was issued to another client."

KNOWN = Refusal("code_known", "RFC 6749 section 4.1.3", decided_by="code")
CLIENT = Refusal("code_of_client", "RFC 6749 section 4.1.3", decided_by="grant")
REDIRECT_URI = Refusal("code_redirect_uri", "RFC 6749 section 4.1.3", decided_by="code")
CHALLENGE = Refusal("code_with_challenge", "RFC 9700 section 4.8.2", decided_by="code")
VERIFIER_SENT = Refusal("code_verifier_sent", "RFC 7636 section 4.5", decided_by="code")
VERIFIER = Refusal("code_verifier", "RFC 7636 section 4.6", decided_by="code")

# RFC 6749 section 4.1.2: "If an authorization code is used more than once, the
# authorization server MUST deny the request and SHOULD revoke (when possible) all
# tokens previously issued based on that authorization code." It holds for an
# expired code as well.
REPLAY = Reuse(CodeReplayed, "code replayed")


@implementer(IGrantType)
class AuthorizationCode:
    """``grant_type=authorization_code``."""

    parameters = (
        Parameter("code", required=True),
        Parameter("redirect_uri"),
        Parameter("code_verifier"),
        Parameter("scope"),
    )

    def __init__(self, server: Server, settings: object = None) -> None:
        self._server = server

    def validate(self, request: TokenRequest) -> Issuance:
        """Redeem the code, if every check passes that an attacker with the code cannot pass.

        Only then is a used code a replay. So an attacker cannot make it look as
        if the client had replayed the code, and end its grant.

        :raises InvalidGrant: it is not a code of this client, or a proof fails.
        :raises InvalidScope: the user did not grant the requested scope.
        """
        token, grant = _find(request, self._server)
        data, access = _understood(self._server, token, grant)
        _check_redirect_uri(request, data)
        _check_verifier(request, self._server, token, data)
        # RFC 6749 section 4.1.3 has no scope: one that is sent is checked, and narrows nothing.
        access.narrowed_to(Access(parse_scope(request.parameters.get("scope", ""))), "The code")
        repeat = self._repeat(request, access, data)
        return Issuance(access, Redeem(token, grant, WRONG_CODE, REPLAY, repeat))

    def _repeat(self, request: TokenRequest, access: Access, data: CodeData) -> Repeat | None:
        grace = self._server.lifetimes.authorization_code_grace
        # RFC 7636 section 1: a code may be intercepted on its way through the user's device. The
        # verifier does not go that way, so without one a response is never repeated.
        if not grace or data.code_challenge is None:
            return None
        presented = f"{request.parameters['code']} {request.parameters['code_verifier']}"
        return Repeat(presented, access.scope, grace, CodeRepeated)


def _find(request: TokenRequest, server: Server) -> tuple[Token, Grant]:
    ref = parse_token(request.parameters["code"])
    found = server.grants.find(ref) if ref and ref.kind == AUTHORIZATION_CODE else None
    if found is None:
        raise InvalidGrant(WRONG_CODE, refusal=KNOWN.comparing(code=request.parameters["code"]))
    token, grant = found
    # RFC 6749 section 4.1.3: "ensure that the authorization code was issued to
    # the authenticated confidential client".
    if grant is None or grant.client_id != request.client.client_id:
        refusal = CLIENT.comparing(
            client_id=request.client.client_id,
            code_of=grant.client_id if grant else None,
        )
        raise InvalidGrant(WRONG_CODE, refusal=refusal)
    return token, grant


def _understood(server: Server, token: Token, grant: Grant) -> tuple[CodeData, Access]:
    try:
        access = access_of(grant, server.understood)
        return CodeData.decode(token.data, server.understood), access
    except NotUnderstood as error:
        raise InvalidGrant(f"The code {error}.", refusal=error.refusal) from None


def _check_redirect_uri(request: TokenRequest, data: CodeData) -> None:
    named = request.parameters.get("redirect_uri")
    if named is None:
        # OAuth 2.1 drops the parameter where PKCE binds the code to the client.
        if data.redirect_uri_named and data.code_challenge is None:
            raise InvalidGrant(
                "The redirect_uri of the authorization request is missing.",
                refusal=REDIRECT_URI.comparing(sent=None, requested=data.redirect_uri),
            )
    elif named != data.redirect_uri:
        # RFC 6749 section 4.1.3: "their values MUST be identical".
        raise InvalidGrant(
            "The redirect_uri is not that of the authorization request.",
            refusal=REDIRECT_URI.comparing(sent=named, requested=data.redirect_uri),
        )


def _check_verifier(request: TokenRequest, server: Server, token: Token, data: CodeData) -> None:
    verifier = request.parameters.get("code_verifier")
    if data.code_challenge is None:
        if verifier is not None:
            # RFC 9700 section 4.8.2: a challenge was taken out on the way.
            raise InvalidGrant(
                "There is a code_verifier, but the code has no code_challenge.", refusal=CHALLENGE
            )
        return
    if verifier is None:
        raise InvalidGrant("The code_verifier is missing.", refusal=VERIFIER_SENT)
    check_verifier(verifier)
    if not proves(verifier, data.code_challenge):
        burn_after_wrong_verifiers(server, token.ref)
        raise InvalidGrant(
            "The code_verifier is not that of the code_challenge.",
            refusal=VERIFIER.comparing(
                code_challenge=data.code_challenge, challenge_of_verifier=s256(verifier)
            ),
        )
