"""The access token of a string, if it is valid, and of the request that presents it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..authorization_server import AuthorizationServer
from ..envelope import NotUnderstood
from ..errors import InvalidToken
from ..records import ACCESS_TOKEN, TokenRef
from ..refusal import OWN_RULE, Refusal
from ..single_use import reserve
from .access_token import AccessToken, AccessTokenData
from .confirmation import NO_PROOF
from .presentation import Presentation
from .sender_constraints import check_presenter
from .validity import NotValid, check_limits, check_parties, check_token

if TYPE_CHECKING:
    from ...interfaces.access_token_format import IAccessTokenFormat

KIND = Refusal("access_token_kind", OWN_RULE, decided_by="token")
KNOWN = Refusal("access_token_known", "RFC 6750 section 3.1", decided_by="token")


def resolve(server: AuthorizationServer, presentation: Presentation) -> AccessToken:
    """The valid access token that a request presents: at most one read of the grant store.

    :raises InvalidToken: there is none. A string that this server cannot have
        made is refused without a read of the store.
    :raises OAuth2Error: the token is bound to a key, which the request does not prove.
    """
    token = find_access_token(server, presentation.value)
    proof = check_presenter(server, token.confirmation, presentation)
    if proof is not NO_PROOF:
        # First the headers: they are sent with a refusal, too.
        presentation.presenter.send(proof.headers)
        reserve(server, proof.reservations, presentation.presenter.reserved())
    return token


def find_access_token(server: AuthorizationServer, value: str) -> AccessToken:
    """The valid access token of a string, as introspection describes it to a resource server.

    The resource server checks the proof of possession (RFC 9449 section 6.2).

    :raises InvalidToken: there is none.
    """
    found_by = format_of(server, value)
    if found_by is None:
        raise InvalidToken(
            "This is not an access token of this server.",
            refusal=KIND.comparing(access_token=value),
        )
    format_, ref = found_by
    found = server.grants.find(ref)
    if found is None:
        raise InvalidToken(
            "The access token is unknown or has expired.",
            refusal=KNOWN.comparing(access_token=value),
        )
    token, grant = found
    try:
        of_grant = check_token(token, grant, server.clock(), server.understood)
        data = AccessTokenData.decode(token.data)
        client = check_parties(server, grant, data)
        check_limits(server, data.access, data.confirmation)
        check_format(format_, value)
    except (NotValid, NotUnderstood) as dead:
        refusal = dead.refusal.comparing(access_token=value)
        raise InvalidToken(f"The access token {dead}.", refusal=refusal) from None
    return AccessToken(
        client=client,
        access=data.access,
        issued_at=token.issued_at,
        expires_at=token.expires_at,
        subject=grant.subject if grant else None,
        grant_id=token.grant_id,
        authentication=of_grant.authentication,
        confirmation=data.confirmation,
        actor=data.actor,
        kept=of_grant.extensions.values,
    )


def reference_of(server: AuthorizationServer, value: str) -> TokenRef | None:
    """Where the record of an access token string is stored; None if no format knows it."""
    found = format_of(server, value)
    return None if found is None else found[1]


def check_format(format_: IAccessTokenFormat, value: str) -> None:
    """Check what the record of an access token cannot say.

    :raises NotValid: its format refuses it.
    """
    if (refusal := format_.refuses(value)) is not None:
        raise NotValid("is not valid any more", refusal=refusal)


def format_of(
    server: AuthorizationServer, value: str
) -> tuple[IAccessTokenFormat, TokenRef] | None:
    """The format of an access token string, and where its record is stored."""
    # Ours first, although it is the last to be chosen for a new token: no other format can
    # claim a string that has our form.
    for format_ in reversed(server.plug_ins.access_token_formats):
        ref = format_.reference(value)
        # RFC 6749 section 1.5: a code, or a refresh token, is not an access token, also if
        # its record looks like one.
        if ref is not None and ref.kind == ACCESS_TOKEN:
            return format_, ref
    return None
