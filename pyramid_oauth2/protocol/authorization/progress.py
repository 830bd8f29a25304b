"""What the steps of the authorization endpoint know of one request."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..authorization_server import AuthorizationServer
from ..events import OAuth2Event
from ..http import HTTPRequest, Parameters
from .authorization_request import AuthorizationRequest
from .interaction import OpenInteraction
from .login_mark import LoginMark
from .request import Destination
from .user import User

AUTHORIZE = "authorize"


# Never compared or shown: the class takes 0.3 ms of a start less.
@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Progress:
    """One request on its way through the steps.

    :param parameters: what the client sent; None for a request that is stored.
    :param pending: the stored request, whose handle is ``handle``.
    :param form: the user's decision.
    :param mark: the mark of a new login, with which the user has returned.
    :param used: such a mark that gave a response before: it is as good as none.
    :param endpoint: at which the request is processed, and to which it comes again.
    """

    server: AuthorizationServer
    http: HTTPRequest
    user: User
    destination: Destination
    request: AuthorizationRequest
    events: list[OAuth2Event]
    parameters: Parameters | None = field(default=None, repr=False)
    handle: str = field(default="", repr=False)
    pending: OpenInteraction | None = None
    form: Parameters | None = field(default=None, repr=False)
    mark: LoginMark | None = None
    used: LoginMark | None = None
    endpoint: str = AUTHORIZE

    @property
    def decision(self) -> str | None:
        """What the form says: ``allow`` or ``deny``; None without a form, or if it says neither.

        :raises InvalidRequest: it is there twice.
        """
        return self.form.once("decision") if self.form is not None else None
