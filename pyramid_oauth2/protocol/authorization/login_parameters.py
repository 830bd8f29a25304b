"""What a request says about the user's login (OpenID Connect Core section 3.1.2.1)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from urllib.parse import quote

from ..authorization_server import AuthorizationServer
from ..errors import InvalidRequest, LoginRequired
from ..http import Parameters
from ..kept_values import KeptValues
from . import checks
from .authorization_request import AuthorizationRequest
from .user_demand import UserDemand

HINTS = ("acr_values", "display", "login_hint", "ui_locales")
"""What only the login page, or the language of a page, depends on: nothing is refused for it."""

LONGEST_HINTS = 2_000  # characters in the URL of the login


def read_prompt(server: AuthorizationServer, parameters: Parameters) -> frozenset[str]:
    """What the user is asked for although it may not be needed, or ``none``.

    :raises InvalidRequest: there is ``none`` beside another value, or no value that is known.
    """
    words = frozenset(filter(None, (parameters.once("prompt") or "").split(" ")))
    prompt = words & server.prompt_values
    # "If this parameter contains none with any other value, an error is returned."
    if ("none" in words and len(words) > 1) or (words and not prompt):
        known = ", ".join(sorted(server.prompt_values - {"none"}))
        raise InvalidRequest(
            f"The prompt is none, or one or more of {known}.",
            refusal=checks.PROMPT.comparing(prompt=words),
        )
    return prompt


def read_hints(
    parameters: Parameters, preferred_acr: Collection[str] = ()
) -> dict[str, str] | None:
    """The hints that the request has; None without any.

    :param preferred_acr: what it prefers beside its ``acr_values``.
    """
    found = {name: parameters.if_once(name) for name in HINTS}
    if preferred_acr:
        found["acr_values"] = _words((found["acr_values"] or "").split(), preferred_acr)
    return {name: value for name, value in found.items() if value is not None} or None


def hints_for_login(request: AuthorizationRequest, new_login: bool) -> dict[str, str]:
    """What the login page gets of a request, by the names of the parameters.

    A hint with which its URL would be too long is left out.

    :param new_login: whether the user is to log in although they may be signed in.
    """
    hints = dict(request.login_hints or {})
    acr = _words(request.acr, hints.get("acr_values", "").split())
    prompt = [word for word in ("select_account", "create") if word in request.prompt]
    if acr:
        hints["acr_values"] = acr
    hints = _short(hints)
    if new_login or prompt:
        hints["prompt"] = " ".join([*(["login"] if new_login else []), *prompt])
    return hints


def _words(first: Collection[str], then: Collection[str]) -> str:
    # In order of preference (OpenID Connect Core sections 3.1.2.1 and 5.5.1).
    return " ".join(dict.fromkeys((*first, *then)))


def _short(hints: Mapping[str, str]) -> dict[str, str]:
    # The request may be stored because of its length; it is in the URL only by its handle then.
    found, left = {}, LONGEST_HINTS
    for name, value in hints.items():
        length = len(quote(value, safe=""))
        if length <= left:
            found[name] = value
            left -= length
    return found


def read_demand(
    server: AuthorizationServer, parameters: Parameters, extensions: KeptValues
) -> UserDemand:
    """Which user the request wants, by ``max_age`` and by the values of request extensions.

    Of two demands the stricter one counts.

    :raises InvalidRequest: ``max_age`` is not a number of seconds.
    :raises LoginRequired: no user can be what is demanded.
    :raises UnmetAuthenticationRequirements: the same.
    """
    demand = UserDemand()
    for name, value in extensions.values.items():
        if (further := server.plug_ins.request_extensions[name].demands(value)) is not None:
            demand = _together(demand, further)
    if demand.acr and server.acr_values and not set(demand.acr) & set(server.acr_values):
        raise checks.unmet_acr(demand.acr)
    # Dynamic Client Registration section 2: the max_age of a request replaces default_max_age.
    own = _read_max_age(parameters.once("max_age"))
    own = demand.default_max_age if own is None else own
    return replace(demand, max_age=_least(demand.max_age, own))


def _read_max_age(text: str | None) -> int | None:
    if text is None:
        return None
    # As many digits as LONGEST_AGE: int() raises for thousands of them.
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise InvalidRequest(
            "The max_age is a number of seconds.", refusal=checks.MAX_AGE.comparing(max_age=text)
        )
    return int(text)


def _together(one: UserDemand, other: UserDemand) -> UserDemand:
    if None not in (one.sub, other.sub) and one.sub != other.sub:
        raise LoginRequired(
            "The request names two users.",
            refusal=checks.REQUIRED_USER.comparing(sub=sorted([str(one.sub), str(other.sub)])),
        )
    acr = tuple(each for each in one.acr if each in other.acr)
    if one.acr and other.acr and not acr:
        # No class is left, which would demand none.
        raise checks.unmet_acr((*one.acr, *other.acr))
    return UserDemand(
        one.sub or other.sub,
        acr or one.acr or other.acr,
        _least(one.max_age, other.max_age),
        _least(one.default_max_age, other.default_max_age),
        (*one.preferred_acr, *other.preferred_acr),
    )


def _least(*ages: int | None) -> int | None:
    return min((age for age in ages if age is not None), default=None)
