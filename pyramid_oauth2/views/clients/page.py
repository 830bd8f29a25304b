"""What every page has in common: the login, the CSRF protection, and the page for a refusal."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from pyramid.response import Response

from ...endpoint_urls import endpoint_url
from ...protection.http_request import http_request
from ...protection.request import Request
from ...protocol.authorization_server import AuthorizationServer
from ...protocol.clients.registry import ClientChangedMeanwhile, ClientRegistry, UnknownClient
from ...protocol.clients.unreadable import UnreadableClient
from ...protocol.errors import InvalidRequest
from ...protocol.events import Emit, emit_nothing
from ...protocol.http import MAX_BODY, HTTPRequest, Parameters, parse_body, parse_query
from ...protocol.records import Client
from ...protocol.refusal import OWN_RULE, Refusal
from ...protocol.server import refuse_plain_http
from ..browser import FIELD, browser_token, is_from_our_page
from ..endpoint import Endpoint
from ..error_log import log_error_page
from ..forbidden import Forbidden
from ..language import translated
from ..login import send_to_login
from ..pages import page_endpoint, render_page
from ..redirects import redirect
from ..retries import once_per_request
from .contexts import AllClients, OwnClients
from .refused import (
    BAD_FORM,
    CHANGED_MEANWHILE,
    DISABLED_STAYS,
    FORGED,
    UNKNOWN_CLIENT,
    UNKNOWN_PAGE,
    UNREADABLE_CLIENT,
    Refused,
)

VERSION = re.compile("[0-9]{1,9}")
MAX_FIELDS = 2000  # One or two checkboxes for every scope.


FORM_AS_SENT = Refusal("form_as_sent", OWN_RULE)
PROBLEMS = (Refused, UnknownClient, ClientChangedMeanwhile, InvalidRequest)


@dataclass(frozen=True, slots=True)
class ClientPage:
    """A request to a page: its context, what was sent, and how events are emitted."""

    request: Request
    query: Parameters
    form: Parameters
    emit: Emit = emit_nothing

    @property
    def context(self) -> AllClients | OwnClients:
        """The context: whose clients the page manages."""
        context: AllClients | OwnClients = self.request.context
        return context

    @property
    def server(self) -> AuthorizationServer:
        """The authorization server."""
        return self.request.oauth2.authorization_service.server

    @property
    def clients(self) -> ClientRegistry:
        """The clients; each change is written at once.

        Not within the request's own transaction: pyramid_retry may run that
        again, and a generated secret is shown only once.
        """
        return self.request.oauth2.authorization_service.present_clients(self.emit)

    @property
    def user(self) -> str:
        """To whom the forms belong; empty for an operator whom the policy does not name."""
        return self.context.user or ""

    @property
    def here(self) -> str:
        """The public URL of this page, with the client or the application type that it is about."""
        name = self.request.matched_route.name.removeprefix(f"oauth2.{self.context.name}")
        # It is also needed if the query itself is invalid.
        about = {key: self.query.if_once(key) for key in ("client_id", "kind")}
        return self.context.url(name.lstrip("."), **about)

    @property
    def sent(self) -> str:
        """The public URL of this page as it was requested, with the whole query."""
        query = self.request.environ.get("QUERY_STRING", "")
        return self.here.partition("?")[0] + (f"?{query}" if query else "")

    def client(self) -> Client:
        """The client that the URL names.

        :raises UnknownClient: there is none, or it belongs to another user.
        """
        return self.find(self.query.once("client_id") or "")

    def find(self, client_id: str) -> Client:
        """The client with that client_id.

        :raises UnknownClient: there is none, or it belongs to another user; a
            user cannot distinguish the two.
        """
        client = self.clients.get(client_id)
        if not self.context.has(client):
            raise UnknownClient(client_id)
        return client

    def readable_client(self) -> Client:
        """The client that the URL names, for a page that does more than delete it.

        :raises UnknownClient: there is none, or it belongs to another user.
        :raises Refused: its record cannot be read.
        """
        client = self.client()
        if isinstance(client, UnreadableClient):
            raise Refused(UNREADABLE_CLIENT, 409, client.client_id)
        return client

    def client_to_change(self, *, to_delete: bool = False) -> Client:
        """The client that the URL names, for a page that changes or deletes it.

        :raises UnknownClient: there is none, or it belongs to another user.
        :raises Refused: an operator disabled it, so its owner cannot change it; or its
            record cannot be read, so it can only be deleted.
        """
        client = self.client() if to_delete else self.readable_client()
        if self.context.self_service and client.disabled_at is not None:
            raise Refused(DISABLED_STAYS, 403, client.client_id)
        return client

    def client_of_form(self, *, to_delete: bool = False) -> Client:
        """The client to change, if it is still in the version of the form.

        The write then checks the same version, so it cannot affect a client whose
        owner has changed since this check.

        :raises UnknownClient: there is none, or it belongs to another user.
        :raises Refused: an operator disabled it, or its record cannot be read.
        :raises InvalidRequest: the form does not have its version.
        :raises ClientChangedMeanwhile: its version is another.
        """
        client = self.client_to_change(to_delete=to_delete)
        version = self.form.once("version") or ""
        if not VERSION.fullmatch(version):
            raise InvalidRequest("The form is not as it was sent.", refusal=FORM_AS_SENT)
        if client.version != int(version):
            raise ClientChangedMeanwhile(client.client_id)
        return client

    def render(self, name: str, values: Mapping[str, Any], status: int = 200) -> Response:
        """Render a template of ``templates/admin``."""
        common = {
            "context": self.context,
            "here": self.here,
            "translated": partial(translated, self.request),
            "browser_field": FIELD,
        }
        if "browser_token" not in values:
            common["browser_token"] = browser_token(self.request, self.user)
        return render_page(self.request, f"admin/{name}", {**common, **values}, status)

    def go_to(self, client_id: str, done: str) -> Response:
        """Redirect to the page of the client, which reports what was done."""
        return redirect(self.context.url("client", client_id=client_id, done=done))


Step = Callable[[ClientPage], Response]


def client_page(show: Step, act: Step | None = None) -> Endpoint:
    """Make a view of a step that shows a page, and one that processes its form.

    A GET changes nothing, and a POST must be sent by our own page.
    """
    methods = ("GET",) if act is None else ("GET", "POST")

    @page_endpoint(*methods)
    def view(request: Request) -> Response:
        page = ClientPage(request, Parameters({}), Parameters({}))
        try:
            page = replace(page, query=_query(request))
            http = http_request(request, endpoint_url(request.registry, request.context.name))
            # The pages show secrets.
            refuse_plain_http(page.server, http)
            if not page.context.open:
                return _refused(page)
            return show(page) if act is None or request.method == "GET" else _act(page, http, act)
        except PROBLEMS as error:
            return _problem(page, error)

    return view


def _refused(page: ClientPage) -> Response:
    if page.context.user is None:
        return send_to_login(page.request, page.sent if page.request.method == "GET" else page.here)
    # Not to the login: one that redirects signed-in users back would cause an endless loop.
    raise Forbidden("The application's policy does not grant the permission oauth2.admin.")


def _query(request: Request) -> Parameters:
    # Before the body, which may be too large: the error page needs the query all the same.
    return parse_query(
        HTTPRequest(request.method, "", query=request.environ.get("QUERY_STRING", ""))
    )


def _act(page: ClientPage, http: HTTPRequest, act: Step) -> Response:
    form = parse_body(http, MAX_FIELDS, MAX_BODY)
    if not is_from_our_page(page.request, form.once(FIELD), page.user):
        raise Refused(FORGED, 403)

    def respond(request: Request, emit: Emit) -> Response:
        # Handled here, so that the events are delivered, and a second attempt of the
        # request gets the same response.
        try:
            return act(ClientPage(request, page.query, form, emit))
        except PROBLEMS as error:
            return _problem(page, error)

    return once_per_request(page.request, respond)


def _problem(page: ClientPage, error: Exception) -> Response:
    if isinstance(error, UnknownClient):
        error = Refused(UNKNOWN_CLIENT, 404)
    elif isinstance(error, ClientChangedMeanwhile):
        error = Refused(CHANGED_MEANWHILE, 409, str(error))
    elif isinstance(error, InvalidRequest):
        refusal = UNKNOWN_PAGE if page.request.method == "GET" else BAD_FORM
        # The text is that for the page or the form; the log has what is wrong with it.
        compared = refusal.comparing(failed=error.refusal.check)
        error = Refused(compared, error.status, description=error.description)
    assert isinstance(error, Refused)
    refusal, reason = error.refusal, error.description or None
    # No form, and so no new cookie: a form that another site posts must not
    # invalidate the forms in the browser's other tabs.
    values = {
        "code": refusal.check,
        "client_id": error.client_id,
        "description": error.description,
        "browser_token": None,
        "reference": log_error_page(page.request, error.status, refusal, reason, error.client_id),
    }
    if error.retry_after is None:
        return page.render("problem", values, error.status)
    # One minute later, since the time is shown without its seconds.
    again_at = page.server.clock() + error.retry_after + 60
    response = page.render("problem", {**values, "again_at": again_at}, error.status)
    response.headers["Retry-After"] = str(error.retry_after)
    return response
