"""The mark of a new login, in our own URL: since when a login is new, and for which request.

It is a MAC of the time and of the whole request, keyed by the browser's secret, so nothing is
stored for it, and it is valid in that browser and for that request alone. The interaction that
is begun with a mark has a handle derived from it: there is one for each mark, and it is spent
with the code. So one mark gives one grant, and its response can be repeated.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from enum import StrEnum
from io import BytesIO

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ..records import INTERACTION
from ..server import Server
from ..token_strings import NewToken, new_family, new_token, random_text
from .return_query import MARK
from .user import User

PURPOSE = "pyramid_oauth2 login mark"
HANDLE_PURPOSE = b"pyramid_oauth2 interaction of a login mark"
# Bytes for a handle, which takes about a hundred of them.
HANDLE_BYTES = 1024

# Two marks of one second differ, since each gives a code.
NONCE_LENGTH = 8

_FORM = re.compile(r"([0-9]{1,12})\.(kept|ended|none)\.([A-Za-z0-9]{8})\.[A-Za-z0-9_-]{43}")


class Session(StrEnum):
    """What was done with the user's session when the mark was made."""

    KEPT = "kept"  # A user stays signed in: the time of the login decides.
    ENDED = "ended"  # The response with the mark ends it, if the application can.
    NONE = "none"  # No user was signed in.


@dataclass(frozen=True, slots=True)
class LoginMark:
    """A mark that this server made for this browser and this request.

    :param demanded_at: when it was made, in UTC seconds, or the second after the login of then if
        that is later: a login from then on is new.
    :param text: its form in the URL.
    """

    demanded_at: int
    session: Session
    text: str = field(repr=False)

    def handle(self, secret: str) -> NewToken:
        """The handle of the interaction that is begun with this mark.

        :param secret: the browser's: the mark alone was in a URL.
        """
        kdf = HKDF(SHA256(), HANDLE_BYTES, salt=None, info=HANDLE_PURPOSE)
        random = BytesIO(kdf.derive(f"{secret} {self.text}".encode())).read
        return new_token(INTERACTION, new_family(random), random)

    def on(self, query: str) -> str:
        """The query of the request, together with this mark."""
        return f"{query}&{MARK}={self.text}"


def make_mark(server: Server, user: User, query: str, session: Session) -> LoginMark:
    """A mark of the present time.

    :param query: the whole request, by :func:`~.return_query.return_query`.
    """
    nonce = random_text(NONCE_LENGTH, server.random)
    return _mark(user.secret(), query, session, _next_login(user, server.clock()), nonce)


def _next_login(user: User, now: int) -> int:
    # The login of this very second, or of a clock that is ahead, is not the one that is demanded.
    present = None if user.subject is None else user.auth_time()
    return now if present is None else max(now, present + 1)


def mark_for(
    server: Server, user: User, query: str, session: Session, present: LoginMark | None
) -> LoginMark:
    """The mark with which a user is sent to the login: the present one, if it says the same.

    A forbidden view returns the user to the present URL, so it must not have another one
    each time.
    """
    if present is not None and present.session is session:
        return present
    return make_mark(server, user, query, session)


def read_mark(server: Server, user: User, query: str, text: str | None) -> LoginMark | None:
    """The mark that came back in our URL; None if it is missing, expired, or another's.

    :param query: the whole request, by :func:`~.return_query.return_query`.
    """
    found = _FORM.fullmatch(text or "")
    # A browser without a secret would be given one here.
    if text is None or found is None or user.new:
        return None
    mark = _mark(user.secret(), query, Session(found[2]), int(found[1]), found[3])
    if not hmac.compare_digest(mark.text, text):
        return None
    expired = mark.demanded_at + server.lifetimes.interaction <= server.clock()
    return None if expired else mark


def _mark(secret: str, query: str, session: Session, demanded_at: int, nonce: str) -> LoginMark:
    said = f"{demanded_at}.{session}.{nonce}"
    # The secret is also the key of the MACs of user names in forms, which have no NUL.
    message = "\0".join((PURPOSE, said, query))
    mac = hmac.new(secret.encode(), message.encode(), hashlib.sha256).digest()
    encoded = base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
    return LoginMark(demanded_at, session, f"{said}.{encoded}")
