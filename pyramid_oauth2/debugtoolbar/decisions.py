"""Why a request was admitted or refused, in words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ..protection.challenges import challenge_of
from ..protection.request import RequestOAuth2

_PARAMETER = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision on a request: in one or two words, and in a sentence."""

    word: str
    text: str
    refused: bool = False


def decision_of(oauth2: RequestOAuth2, response: Any) -> Decision:
    """The decision on the request that got this response.

    It is derived from what the guard recorded, without a read of the store.
    """
    challenge = challenge_of(response)
    if challenge is not None:
        return _refused(oauth2, response.status_int, dict(_PARAMETER.findall(challenge)))
    if oauth2.admitted:
        return Decision("let in", f"The token let it in; the view answered {response.status_int}.")
    if oauth2.is_bearer:
        return _of_token(oauth2, response.status_int)
    return _of_others(oauth2)


def _refused(oauth2: RequestOAuth2, status: int, parameters: dict[str, str]) -> Decision:
    error = parameters.get("error")
    word = f"{status} {error}" if error else str(status)
    if error is not None:
        # The guard has already admitted it, so the refusal is by request.oauth2.require.
        asking = "The view itself refused it" if oauth2.admitted else "It was refused"
        text = f"{asking}: {parameters['error_description']}"
    elif status == 401:
        text = "It was refused: there is no access token, and the view wants one."
    else:
        wanted = oauth2.demand.permission if oauth2.demand else None
        name = f"the permission {wanted!r}" if wanted else "the permission"
        text = f"It was refused: the token, or its user, does not have {name}."
    return Decision(word, text, refused=True)


def _of_token(oauth2: RequestOAuth2, status: int) -> Decision:
    if oauth2.demand is None:
        return Decision("not checked", "The token was not checked: no view asked for it.")
    if resolution_of(oauth2) is None:
        text = "It was refused: the store, or the authorization server, could not answer."
        return Decision(str(status), text, refused=True)
    text = (
        "The token is valid, but the view declares no oauth2_scope: the token's user is nobody "
        "to it, and a permission is decided by the token's scopes alone."
    )
    return Decision("nobody", text)


def _of_others(oauth2: RequestOAuth2) -> Decision:
    if oauth2.optional:
        return Decision(
            "no token",
            "There is no token, and oauth2_only=False: the application's policy decided.",
        )
    if oauth2.has_bearer:
        return Decision("not ours", "The token is not ours: the application's policy judges it.")
    return Decision("no token", "There is no token, and none is needed: pyramid_oauth2 had no say.")


def resolution_of(oauth2: RequestOAuth2) -> Any:
    """The token of the request, or its error, if it has been resolved; else None."""
    # reify stores its value there. Reading the attribute would read the store.
    return vars(oauth2).get("resolution")
