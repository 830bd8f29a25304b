"""A trial from the metadata to the revocation of its token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from ...protocol.scopes import format_scope
from ...startup_error import StartupError
from .grant_requests import with_client_credentials, with_code_flow
from .transcript import Transcript
from .trial_client import CLIENT_CREDENTIALS, CODE, TrialClient

try:
    from ...fetching import Fetcher
    from .exchanges import Exchanges
except ImportError as error:
    raise StartupError(
        "poauth2 try needs a package that is not installed: pip install urllib3"
    ) from error


PATIENCE = 300  # seconds, for the user to sign in


@dataclass(frozen=True)
class Trial:
    """Gets a token from the server that runs at the issuer's address.

    :param grant_type: None for the code flow, or client credentials if the client has only these.
    :param scope: what to request; empty for what the server grants without a request for scope.
    :param resource: the API that the token is for (RFC 8707); None to name none.
    """

    issuer: str
    client: TrialClient
    grant_type: str | None
    scope: frozenset[str]
    resource: str | None = None

    def run(self, call: str | None, opens_browser: bool) -> int:
        """Get a token, call a URL with it, and revoke it.

        :param call: the URL, or a path below the issuer's host; None to call none.
        :return: the exit status: 1 if the call was refused.
        :raises TrialFailed: there is no token.
        """
        exchanges = Exchanges(Fetcher(), Transcript())
        try:
            metadata = exchanges.metadata(self.issuer)
            tokens = self._tokens(exchanges, metadata, opens_browser)
            try:
                status = self._call(exchanges, call, tokens["access_token"])
            finally:
                self._revoke(exchanges, metadata, tokens)
        finally:
            exchanges.fetcher.close()
        return 0 if status is None or status < 400 else 1

    def _tokens(
        self, exchanges: Exchanges, metadata: dict[str, Any], opens_browser: bool
    ) -> dict[str, Any]:
        access = {"scope": format_scope(self.scope), "resource": self.resource}
        wanted = {name: value for name, value in access.items() if value}
        may_use_codes = CODE in (self.client.client.grant_types or ())
        grant_type = self.grant_type or (CODE if may_use_codes else CLIENT_CREDENTIALS)
        if grant_type == CLIENT_CREDENTIALS:
            return with_client_credentials(exchanges, metadata, self.client, wanted)
        return with_code_flow(exchanges, metadata, self.client, wanted, opens_browser, PATIENCE)

    def _call(self, exchanges: Exchanges, call: str | None, access_token: str) -> int | None:
        if call is None:
            return None
        exchanges.transcript.step("The call with the access token (RFC 6750 section 2.1)")
        return exchanges.call(urljoin(self.issuer, call), access_token)

    def _revoke(
        self, exchanges: Exchanges, metadata: dict[str, Any], tokens: dict[str, Any]
    ) -> None:
        if "revocation_endpoint" not in metadata:
            return
        exchanges.transcript.step("The revocation of what was granted (RFC 7009)")
        # RFC 7009 section 2.1: with a refresh token, the access tokens of its grant end, too.
        token = tokens.get("refresh_token") or tokens["access_token"]
        exchanges.revoke(metadata["revocation_endpoint"], token, self.client)
