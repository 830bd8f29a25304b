"""The panel: the request's token, what the view requires, the decision, and the refusal.

It never shows the token itself, only the prefix of its string.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pyramid.interfaces import ISecurityPolicy
from pyramid_debugtoolbar.panels import DebugPanel

from ..protection.request import Demand, Request
from ..protection.security import OAuth2SecurityPolicy
from ..protocol.errors import OAuth2Error
from ..protocol.scopes import format_scope
from ..protocol.token.access_token import AccessToken
from ..protocol.token_strings import has_our_prefix, our_prefixes
from ..responses import recorded_refusal
from .decisions import Decision, decision_of, resolution_of

Facts = dict[str, str]

RULES = {
    "prefix": "yes, by the prefix of its token",
    "resource path": "yes, for its path is below oauth2.resource_paths",
    "view": "yes, for the view declares oauth2_scope",
    None: "no",
}


class OAuth2Panel(DebugPanel):  # type: ignore[misc]
    """The OAuth 2 panel of one request. It stores plain text and no reference to the request."""

    name = "oauth2"
    title = nav_title = "OAuth 2"
    template = "pyramid_oauth2:debugtoolbar/panel.dbtmako"
    has_content = True

    def __init__(self, request: Request) -> None:
        self._request = request
        # For a request that ends in an exception which the toolbar does not handle.
        self.data = {"decision": "There is no answer.", "facts": {}}

    def process_response(self, response: Any) -> None:
        """Record what is known once there is a response."""
        request, oauth2 = self._request, self._request.oauth2
        decision = decision_of(oauth2, response)
        self.nav_subtitle = decision.word
        self.nav_subtitle_style = "progress-bar-danger" if decision.refused else ""
        facts = {
            "The request": _request_facts(request),
            "The view": _view_facts(oauth2.demand),
            "The token": _token_facts(request),
            "The refusal": _refusal_facts(request, decision),
        }
        self.data = {"decision": decision.text, "facts": facts}
        del self._request


def _request_facts(request: Request) -> Facts:
    policy = request.registry.queryUtility(ISecurityPolicy)
    bearer = request.oauth2.is_bearer
    if isinstance(policy, OAuth2SecurityPolicy):
        policy = policy if bearer else policy.wrapped
    return {
        "Bearer request": RULES[request.oauth2.bearer_rule],
        "Who is calling is known from": type(policy).__qualname__ if policy else "no policy",
    }


def _view_facts(demand: Demand | None) -> Facts:
    if demand is None:
        return {}
    wanted = {"permission": demand.permission or "none"}
    if not demand.scope:
        return {"oauth2_scope": "none", **wanted}
    return {
        "oauth2_scope": format_scope(demand.scope),
        "oauth2_only": str(demand.only),
        **wanted,
    }


def _token_facts(request: Request) -> Facts:
    oauth2 = request.oauth2
    if not oauth2.is_bearer:
        return {}
    facts = {"prefix": _prefix(oauth2.presentation.value if oauth2.presentation else "")}
    resolution = resolution_of(oauth2)
    if isinstance(resolution, OAuth2Error):
        return facts | {"valid": f"no: {resolution.description}"}
    if isinstance(resolution, AccessToken):
        return facts | {"valid": "yes"} | _records(resolution)
    return facts


def _refusal_facts(request: Request, decision: Decision) -> Facts:
    """The refusal, by the names that it has in the audit log."""
    # An earlier attempt of the request may have been refused, and this one not.
    refusal = recorded_refusal(request) if decision.refused else None
    return refusal.members() if refusal else {}


def _prefix(value: str) -> str:
    if not has_our_prefix(value):
        return "none of ours"
    prefix = value.partition("_")[0]
    return f"{prefix}_ ({our_prefixes()[prefix]})"


def _records(token: AccessToken) -> Facts:
    return {
        "client_id": token.client.client_id,
        "subject": token.subject or "none: the client acts for itself",
        "scope": format_scope(token.scope),
        "issued": _utc(token.issued_at),
        "expires": _utc(token.expires_at),
        # An identifier by which poauth2 finds the grant; it grants nothing.
        "grant": token.grant_id or "none",
    }


def _utc(seconds: int) -> str:
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (OverflowError, ValueError, OSError):
        # Another authorization server may send any integer.
        return str(seconds)
