"""The resource owner's password, given to the client (RFC 6749 section 4.3).

RFC 9700 section 2.4 says that it MUST NOT be used, so it is off until the ini
names it. It is for the migration of an old application, and for first steps with curl.
"""

from __future__ import annotations

from zope.interface import implementer

from ...interfaces.extension import IGrantType
from ..errors import InvalidGrant
from ..parameters import Parameter
from ..refusal import Refusal
from ..requested_access import requested_access
from ..server import USER_ACTIVE, Server
from ..token.issuance import Issuance, Open
from ..token.request import TokenRequest

PASSWORD = Refusal("password", "RFC 6749 section 4.3.2", decided_by="user")


@implementer(IGrantType)
class Password:
    """``grant_type=password``: the client sends the user's name and password."""

    parameters = (
        Parameter("username", required=True),
        Parameter("password", required=True),
        Parameter("scope"),
    )

    def __init__(self, server: Server, settings: object = None) -> None:
        self._server = server

    def validate(self, request: TokenRequest) -> Issuance:
        """A grant of the user whose password it is.

        :raises InvalidScope: the client may not have what it asks for.
        :raises InvalidGrant: the user name or the password is wrong.
        :raises TemporarilyUnavailable: too many were wrong before it (429).
        """
        access = requested_access(self._server, request.client, request.parameters)
        username = request.parameters["username"]
        attempt = self._server.throttle.password(request, username)
        attempt.refuse_if_blocked()
        subject = request.owners.authenticate(username, request.parameters["password"])
        if subject is None or not self._server.is_active(subject):
            attempt.count_or_refuse(request.client.client_id)
            # Without the name that was sent: it may be the password.
            raise InvalidGrant(
                "The user name or the password is wrong.",
                refusal=PASSWORD if subject is None else USER_ACTIVE.comparing(subject=subject),
            )
        return Issuance(access, Open(subject))
