"""What an endpoint gets and returns: the values that pass between HTTP and its decisions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from .authorization.source import PushedRequest
from .envelope import dumps
from .events import Emit
from .http import HTTPRequest
from .records import Client
from .token.access_token import AccessToken
from .token.confirmation import Proof
from .token.request import PasswordCheck

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class ClientRequest:
    """The form of a request whose client has authenticated.

    ``parameters`` holds those that the endpoint declares, each once; one without a value
    is left out. ``proof`` is what the sender proves; its reservations are made, and its
    headers are added to the response. ``push_request`` takes the whole form for an
    authorization request: it checks it as the authorization endpoint does, and stores it for
    so many seconds, until a browser opens it. It raises an ``OAuth2Error``.
    """

    client: Client
    parameters: Mapping[str, str] = field(repr=False)
    proof: Proof
    push_request: Callable[[int], PushedRequest] = field(repr=False)


class ReadClientRequest(Protocol):
    """Reads a form, and authenticates its client as the token endpoint does."""

    def __call__(self, *, public: bool = False) -> ClientRequest:
        """The request of the client; called again, it returns the same.

        What the request may use once is reserved.

        :param public: whether a public client may send it. It proves nothing: its
            client_id is no secret (RFC 6749 section 2.1).
        :raises OAuth2Error: the client did not authenticate, or the form is wrong.
        """


class ReadAccessToken(Protocol):
    """Reads the access token of a request, as the guard of a view does."""

    def __call__(self, scope: str) -> AccessToken:
        """The valid access token, which is in the Authorization header alone.

        The response is then one for the client of the token.

        :param scope: one scope, which the token must have.
        :raises OAuth2Error: there is none, or it must not be used so.
        """


@dataclass(frozen=True, slots=True)
class EndpointRequest:
    """A request to an endpoint.

    ``owners`` checks the passwords of users. ``emit`` takes events, which are delivered
    after the endpoint has returned or refused. ``client_request()`` is for an endpoint for
    clients, see :class:`ReadClientRequest`; ``access_token(scope)`` is for one that needs an
    access token, see :class:`ReadAccessToken`.
    """

    http: HTTPRequest
    owners: PasswordCheck
    emit: Emit = field(repr=False)
    client_request: ReadClientRequest = field(repr=False)
    access_token: ReadAccessToken = field(repr=False)


@dataclass(frozen=True, slots=True)
class EndpointResponse:
    """The response of an endpoint. Without a ``Cache-Control`` of its own it is not cached.

    :param media_type: of the body; None if there is no body.
    :param client: the client that the response is for, if the endpoint authenticated one
        itself.
    :param stored: whether something with an end was stored; expired records are then
        purged now and then.
    """

    body: bytes = field(default=b"", repr=False)
    media_type: str | None = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    client: Client | None = None
    stored: bool = False

    @classmethod
    def json(
        cls,
        members: Mapping[str, Any],
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        client: Client | None = None,
        stored: bool = False,
    ) -> EndpointResponse:
        """A response whose body is a JSON object."""
        return cls(dumps(members), JSON, status, headers or {}, client, stored)
