"""The access token of a string, if it is valid, and of the request that presents it."""

from __future__ import annotations

from ..authorization_server import AuthorizationServer
from ..envelope import NotUnderstood
from ..errors import InvalidToken
from ..records import ACCESS_TOKEN, TokenRef
from ..refusal import OWN_RULE, Refusal
from ..single_use import reserve
from .access_token import AccessToken, AccessTokenData
from .audience import check_audience
from .confirmation import NO_PROOF
from .presentation import Presentation
from .recognised import RecognisedToken
from .sender_constraints import check_presenter
from .validity import NotValid, check_limits, check_parties, check_token

KIND = Refusal("access_token_kind", OWN_RULE, decided_by="token")
KNOWN = Refusal("access_token_known", "RFC 6750 section 3.1", decided_by="token")


def recognise(server: AuthorizationServer, value: str) -> RecognisedToken | None:
    """What a format reads in the string of an access token, without I/O; None if none knows it."""
    # Ours first, although it is the last to be chosen for a new token: no other format can
    # claim a string that has our form.
    for format_ in reversed(server.plug_ins.access_token_formats.values()):
        if (token := format_.recognise(value)) is not None:
            return token
    return None


def resolve(
    server: AuthorizationServer,
    presentation: Presentation,
    recognised: RecognisedToken | None = None,
    *,
    for_any_resource: bool = False,
) -> AccessToken:
    """The valid access token that a request presents: at most one read of the grant store.

    :param recognised: what :func:`recognise` returned for its string, if it was called.
    :param for_any_resource: whether it may be for any API: at an endpoint of the server.
    :raises InvalidToken: there is none. A string that this server cannot have
        made is refused without a read of the store.
    :raises OAuth2Error: the token is bound to a key, which the request does not prove.
    """
    token = find_access_token(server, presentation.value, recognised)
    if not for_any_resource:
        check_audience(server, token.access, presentation)
    proof = check_presenter(server, token.confirmation, presentation)
    if proof is not NO_PROOF:
        # First the headers: they are sent with a refusal, too.
        presentation.presenter.send(proof.headers)
        reserve(server, proof.reservations, presentation.presenter.reserved())
    return token


def find_access_token(
    server: AuthorizationServer, value: str, recognised: RecognisedToken | None = None
) -> AccessToken:
    """The valid access token of a string, as introspection describes it to a resource server.

    The resource server checks the proof of possession (RFC 9449 section 6.2).

    :param recognised: as for :func:`resolve`.
    :raises InvalidToken: there is none.
    """
    recognised = recognised or recognise(server, value)
    ref = reference_of(recognised)
    if recognised is None or ref is None:
        raise InvalidToken(
            "This is not an access token of this server.",
            refusal=KIND.comparing(access_token=value),
        )
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
        check_recognised(recognised)
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


def reference_of(token: RecognisedToken | None) -> TokenRef | None:
    """Where the record of an access token is stored; None if the string is none."""
    ref = None if token is None else token.ref
    # RFC 6749 section 1.5: a code, or a refresh token, is not an access token, also if its
    # record looks like one.
    return ref if ref is not None and ref.kind == ACCESS_TOKEN else None


def check_recognised(token: RecognisedToken) -> None:
    """Check what the record of an access token cannot say.

    :raises NotValid: its format refuses it.
    """
    if (refusal := token.refusal()) is not None:
        raise NotValid("is not valid any more", refusal=refusal)
