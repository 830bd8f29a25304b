"""The settings of throttling."""

from __future__ import annotations

from dataclasses import dataclass

from ..protocol.throttling import Limit
from .declaration import setting
from .types import AUTHORIZATION_SERVER, boolean, plain_text, rate


@dataclass(frozen=True, init=False, repr=False, eq=False)
class ThrottleSettings:
    """Throttling.

    For an authorization server.
    """

    throttle: bool = setting(
        boolean,
        True,
        "Whether a source of too many attempts is refused for a time (429). Set it to false only "
        "if a component in front of the server does that; oauth2.throttle.registrations then has "
        "no effect either.",
        mode=AUTHORIZATION_SERVER,
    )
    throttle_clients: Limit = setting(
        rate,
        Limit(10, "minute"),
        "How many client authentications may fail for one client_id from one address, such as "
        "10/minute or 50/hour; ten times as many for the whole address.",
        key="throttle.clients",
        needs="throttle",
        mode=AUTHORIZATION_SERVER,
    )
    throttle_passwords: Limit = setting(
        rate,
        Limit(10, "minute"),
        "How many passwords may be wrong for one user name from one address, or by one "
        "confidential client (password grant); ten times as many for the whole address.",
        key="throttle.passwords",
        needs="throttle",
        grant_type="password",
        mode=AUTHORIZATION_SERVER,
    )
    throttle_rotations: Limit = setting(
        rate,
        Limit(60, "minute"),
        "How often one grant may be refreshed.",
        key="throttle.rotations",
        needs="throttle",
        grant_type="refresh_token",
        mode=AUTHORIZATION_SERVER,
    )
    throttle_interactions: Limit = setting(
        rate,
        Limit(100, "minute"),
        "How many authorization requests of users who are not signed in are stored for one "
        "address: those that are too long for the URL of a login. Beyond the limit these alone "
        "are refused; shorter requests from that address are not stored, and not limited.",
        key="throttle.interactions",
        needs="throttle",
        grant_type="authorization_code",
        mode=AUTHORIZATION_SERVER,
    )
    throttle_registrations: Limit = setting(
        rate,
        Limit(20, "day"),
        "How many clients a user may register with oauth2.self_service, or with "
        "oauth2.registration = user, including clients that "
        "they deleted: each leaves a permanent record, so that its client_id is never used again.",
        key="throttle.registrations",
        needs="throttle",
        any_of=("self_service = true", "registration = user"),
        mode=AUTHORIZATION_SERVER,
    )
    throttle_client_registrations: Limit = setting(
        rate,
        Limit(20, "hour"),
        "How many clients may register themselves from one address (oauth2.registration), without "
        "an initial access token.",
        key="throttle.client_registrations",
        needs="throttle",
        any_of=("registration = open",),
        mode=AUTHORIZATION_SERVER,
    )
    throttle_storage: str | None = setting(
        plain_text,
        None,
        "The storage for counters that all processes share: a URI of the limits library, such as "
        "redis://localhost:6379/1, or memory:// for counters per process. Default: the server of "
        "oauth2.redis if grants are in Redis, else memory://.",
        secret=True,
        needs="throttle",
        mode=AUTHORIZATION_SERVER,
    )
