"""What every page has in common: who comes, the guard against forgery, and how a refusal looks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pyramid.response import Response

from ...protocol.authorization_server import AuthorizationServer
from ...protocol.clients.registry import ClientChangedMeanwhile, ClientRegistry, UnknownClient
from ...protocol.errors import InvalidRequest
from ...protocol.events import Emit, emit_nothing
from ...protocol.http import MAX_BODY, HTTPRequest, Parameters, parse_body, parse_query
from ...protocol.records import Client
from ...protocol.server import refuse_plain_http
from ..browser import FIELD, browser_token, is_from_our_page
from ..endpoint import Endpoint
from ..http_request import http_request
from ..login import send_to_login
from ..pages import STYLESHEETS, page_endpoint, render_page
from ..redirects import redirect
from ..retries import once_per_request
from ..urls import endpoint_url
from .contexts import AllClients, OwnClients
from .times import utc_minute

VERSION = re.compile("[0-9]{1,9}")
MAX_FIELDS = 2000  # A box or two for every scope.
CLIENT_STYLESHEETS = (*STYLESHEETS, "pyramid_oauth2:static/admin.css")


class Refused(Exception):
    """A page that cannot do what it is asked; the template ``admin/problem`` says why.

    :param code: by which the template chooses its words.
    :param retry_after: in how many seconds it can be asked again, where it can.
    :param description: what is wrong, in English, where the template's words are not exact.
    """

    def __init__(
        self,
        code: str,
        status: int,
        client_id: str | None = None,
        retry_after: int | None = None,
        description: str = "",
    ) -> None:
        super().__init__(code)
        self.code, self.status, self.client_id = code, status, client_id
        self.retry_after, self.description = retry_after, description


PROBLEMS = (Refused, UnknownClient, ClientChangedMeanwhile, InvalidRequest)


@dataclass(frozen=True, slots=True)
class ClientPage:
    """One request to a page: where it is, what was sent, and whom to tell of changes."""

    request: Any
    query: Parameters
    form: Parameters
    emit: Emit = emit_nothing

    @property
    def context(self) -> AllClients | OwnClients:
        """Whose clients these are."""
        context: AllClients | OwnClients = self.request.context
        return context

    @property
    def server(self) -> AuthorizationServer:
        """The authorization server."""
        server: AuthorizationServer = self.request.oauth2.service.server
        return server

    @property
    def clients(self) -> ClientRegistry:
        """The clients, each change written at once.

        Not within the request's own transaction: pyramid_retry may run that
        again, and the secret that was drawn is shown once.
        """
        clients: ClientRegistry = self.request.oauth2.service.present_clients(self.emit)
        return clients

    @property
    def here(self) -> str:
        """The public URL of this page, with the client or the kind that it is about."""
        name = self.request.matched_route.name.removeprefix(f"oauth2.{self.context.name}")
        # It is told also where the query is what is wrong.
        about = {key: self.query.if_once(key) for key in ("client_id", "kind")}
        return self.context.url(name.lstrip("."), **about)

    def client(self) -> Client:
        """The client that the URL names.

        :raises UnknownClient: there is none, or it is somebody else's.
        """
        return self.find(self.query.once("client_id") or "")

    def find(self, client_id: str) -> Client:
        """The client of that client_id.

        :raises UnknownClient: there is none, or it is somebody else's, which is
            not to be told apart.
        """
        client = self.clients.get(client_id)
        if not self.context.has(client):
            raise UnknownClient("There is no such client.")
        return client

    def client_to_change(self) -> Client:
        """The client that the URL names, for a page that changes or erases what is known of it.

        :raises UnknownClient: there is none, or it is somebody else's.
        :raises Refused: an operator stopped it, so for its owner it stays as it is.
        """
        client = self.client()
        if self.context.self_service and client.disabled_at is not None:
            raise Refused("disabled_stays", 403, client.client_id)
        return client

    def client_of_form(self) -> Client:
        """The client to change, as it was when the form was made.

        Only then is a write by its version one of the client whose owner was
        looked at here.

        :raises UnknownClient: there is none, or it is somebody else's.
        :raises Refused: an operator stopped it.
        :raises InvalidRequest: the form does not say its version.
        :raises ClientChangedMeanwhile: its version is another.
        """
        client, version = self.client_to_change(), self.form.once("version") or ""
        if not VERSION.fullmatch(version):
            raise InvalidRequest("The form is not as it was sent.")
        if client.version != int(version):
            raise ClientChangedMeanwhile(client.client_id)
        return client

    def render(self, name: str, values: Mapping[str, Any], status: int = 200) -> Response:
        """The page of a template in ``templates/admin``."""
        common = {
            "context": self.context,
            "here": self.here,
            "browser_field": FIELD,
        }
        if "browser_token" not in values:
            common["browser_token"] = browser_token(self.request, self.context.user)
        return render_page(
            self.request,
            f"admin/{name}",
            {**common, **values},
            status,
            stylesheets=CLIENT_STYLESHEETS,
        )

    def go_to(self, client_id: str, done: str) -> Response:
        """Back to the page of the client, which says what was done."""
        return redirect(self.context.url("client", client_id=client_id, done=done))


Step = Callable[[ClientPage], Response]


def client_page(show: Step, act: Step | None = None) -> Endpoint:
    """Make a view of a step that shows a page, and one that does what its form asks.

    A GET changes nothing, and a POST is one of our own page's.
    """
    methods = ("GET",) if act is None else ("GET", "POST")

    @page_endpoint(*methods)
    def view(request: Any) -> Response:
        page = ClientPage(request, Parameters({}), Parameters({}))
        try:
            page = replace(page, query=_query(request))
            http = http_request(request, endpoint_url(request.registry, request.context.name))
            # The pages show secrets.
            refuse_plain_http(page.server, http)
            if not request.context.open:
                return send_to_login(request, page.here)
            return show(page) if act is None or request.method == "GET" else _act(page, http, act)
        except PROBLEMS as error:
            return _problem(page, error)

    return view


def _query(request: Any) -> Parameters:
    # Before the body, which may be too large: what it was about is told all the same.
    return parse_query(
        HTTPRequest(request.method, "", query=request.environ.get("QUERY_STRING", ""))
    )


def _act(page: ClientPage, http: HTTPRequest, act: Step) -> Response:
    form = parse_body(http, MAX_FIELDS, MAX_BODY)
    if not is_from_our_page(page.request, form.once(FIELD), page.context.user):
        raise Refused("forged", 403)

    def respond(request: Any, emit: Emit) -> Response:
        # Within, so that what happened on the way is told, and a second attempt of
        # the request gets the same answer.
        try:
            return act(ClientPage(request, page.query, form, emit))
        except PROBLEMS as error:
            return _problem(page, error)

    return once_per_request(page.request, respond)


def _problem(page: ClientPage, error: Exception) -> Response:
    if isinstance(error, UnknownClient):
        error = Refused("unknown_client", 404)
    elif isinstance(error, ClientChangedMeanwhile):
        error = Refused("changed_meanwhile", 409, str(error))
    elif isinstance(error, InvalidRequest):
        code = "unknown_page" if page.request.method == "GET" else "bad_form"
        error = Refused(code, error.status, description=error.description)
    assert isinstance(error, Refused)
    # No form, and so no new cookie: a form that another site posts must not end
    # what is open in the browser's other tabs.
    values = {
        "code": error.code,
        "client_id": error.client_id,
        "description": error.description,
        "browser_token": None,
    }
    if error.retry_after is None:
        return page.render("problem", values, error.status)
    # The minute in which it ends is over by then.
    again_at = utc_minute(page.server.clock() + error.retry_after + 60)
    response = page.render("problem", {**values, "again_at": again_at}, error.status)
    response.headers["Retry-After"] = str(error.retry_after)
    return response
