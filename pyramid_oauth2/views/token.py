"""``POST /oauth2/token``: the token endpoint (RFC 6749 section 3.2)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pyramid.response import Response

from ..events import TokenIssued, notify
from ..protocol.token_endpoint import answer_token_request
from ..responses import json_response
from .endpoint import endpoint
from .facts import http_facts
from .urls import endpoint_url

# The environ outlives a request that pyramid_retry throws away.
FINISHED = "pyramid_oauth2.finished_token_response"


@endpoint("POST")
def token(request: Any) -> Response:
    """Issue tokens.

    When the application's own transaction fails after this, and the request is
    run again, the tokens are already issued: the same answer is given again.
    """
    if FINISHED not in request.environ:
        request.environ[FINISHED] = _issue(request)
    response, event = request.environ[FINISHED]
    # At every attempt: what a subscriber wrote in a transaction that failed was
    # rolled back with it.
    notify(request, replace(event, request=request))
    request.oauth2.service.sweeper.after_issue()
    return response.copy()


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
    return json_response(issued.parameters()), event
