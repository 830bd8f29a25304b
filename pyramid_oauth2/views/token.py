"""``POST /oauth2/token``: the token endpoint (RFC 6749 section 3.2)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pyramid.response import Response

from ..cors import cors_readable
from ..events import TokenIssued, notify
from ..protocol.errors import OAuth2Error
from ..protocol.token_endpoint import answer_token_request
from ..responses import json_response
from .endpoint import endpoint
from .facts import http_facts
from .finished import finish, finished
from .urls import endpoint_url


@endpoint("POST", cross_origin=True)
def token(request: Any) -> Response:
    """Issue tokens.

    When the application's own transaction fails after this, and the request is
    run again, what is issued or counted is so already: the same answer is given again.
    """
    outcome = finished(request) or finish(request, _outcome(request))
    if isinstance(outcome, OAuth2Error):
        raise outcome
    response, event = outcome
    # At every attempt: what a subscriber wrote in a transaction that failed was
    # rolled back with it.
    notify(request, replace(event, request=request))
    request.oauth2.service.sweeper.after_issue()
    return response.copy()


def _outcome(request: Any) -> tuple[Response, TokenIssued] | OAuth2Error:
    try:
        return _issue(request)
    except OAuth2Error as error:
        # Kept as well: a wrong code_verifier is counted once. Without its
        # traceback, which would keep the request of this attempt alive.
        return error.with_traceback(None)


def _issue(request: Any) -> tuple[Response, TokenIssued]:
    facts = http_facts(request, endpoint_url(request.registry, "token"))
    service = request.oauth2.service
    asked, issued = answer_token_request(service.server, facts, service.owners.of(request))
    event = TokenIssued(
        request=request,
        client_id=asked.client.client_id,
        grant_type=asked.grant_type,
        subject=issued.subject,
        scope=issued.scope,
        expires_in=issued.expires_in,
    )
    response = json_response(issued.parameters())
    return cors_readable(request, response, asked.client), event
