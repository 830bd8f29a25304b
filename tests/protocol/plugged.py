"""An authorization endpoint with plug-ins, and a token endpoint for its codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pyramid_oauth2.protocol.authorization.results import Respond, Result
from pyramid_oauth2.protocol.grant_types.authorization_code import AuthorizationCode
from pyramid_oauth2.protocol.http import HTTPRequest
from pyramid_oauth2.protocol.token.confirmation import NO_PROOF, Proof
from pyramid_oauth2.protocol.token.issuing import issue
from pyramid_oauth2.protocol.token.request import TokenRequest
from pyramid_oauth2.protocol.token.token_response import IssuedTokens

from .test_flow import World
from .worlds import BACK, FACTORIES, VERIFIER

Plugs = Mapping[str, Any]


def factories(**plugs: Plugs) -> Any:
    """Ours and those, by kind and name: each an object, which its factory returns."""
    changes = {
        kind: {**getattr(FACTORIES, kind), **{name: returning(each) for name, each in more.items()}}
        for kind, more in plugs.items()
    }
    return replace(FACTORIES, **changes)


def returning(plug: Any) -> Any:
    return lambda server: plug


class Plugged(World):
    """The world of the flow, with plug-ins that it can gain and lose."""

    def __init__(self, _changes: Mapping[str, Any] | None = None, **plugs: Plugs) -> None:
        super().__init__(factories=factories(**plugs), **(_changes or {}))

    def plug(self, **plugs: Plugs) -> None:
        """Restart with these plug-ins, and no others."""
        self.server = replace(self.server, factories=factories(**plugs))

    def code(self, result: Result) -> str:
        assert isinstance(result, Respond), result
        return result.response.parameters["code"]

    def redeem(self, code: str, proof: Proof = NO_PROOF) -> IssuedTokens:
        form = {"code": code, "redirect_uri": BACK, "code_verifier": VERIFIER}
        client: Any = self.server.clients.get("web")
        owners: Any = None
        http = HTTPRequest("POST", "")
        grant_type = "authorization_code"
        request = TokenRequest(grant_type, client, form, http, owners, lambda event: None)
        issuance = AuthorizationCode(self.server).validate(request)
        return issue(self.server, client, issuance, grant_type, proof=proof)
