"""``POST /oauth2/token``: the token endpoint (RFC 6749 section 3.2)."""

from __future__ import annotations

from typing import Any

from pyramid.response import Response

from ..protection.cors import cors_readable
from ..protocol.events import Tell
from ..protocol.token.endpoint import answer_token_request
from ..responses import json_response
from .endpoint import endpoint
from .http_request import http_facts
from .retries import answer_once
from .urls import endpoint_url


@endpoint("POST", cross_origin=True)
def token(request: Any) -> Response:
    """Issue tokens.

    When the application's own transaction fails after this, and the request is
    run again, what is issued or counted is so already: the same answer is given again.
    """
    return answer_once(request, _issue)


def _issue(request: Any, tell: Tell) -> Response:
    facts = http_facts(request, endpoint_url(request.registry, "token"))
    service = request.oauth2.service
    client, issued = answer_token_request(service.server, facts, service.owners.of(request), tell)
    service.sweeper.after_issue()
    return cors_readable(request, json_response(issued.parameters()), client)
