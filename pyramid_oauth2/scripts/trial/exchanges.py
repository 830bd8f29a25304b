"""The HTTP requests of a trial: sent to the server that runs, and written to the transcript."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from ...fetching import (
    MAX_BODY,
    BodyTooLong,
    Fetcher,
    FetchError,
    NotConnected,
    Response,
    TooSlow,
)
from ...protocol.http import FORM
from ...protocol.masking import shown
from ...protocol.server_metadata import metadata_path
from .failure import TrialFailed
from .transcript import Transcript
from .trial_client import TrialClient

# Of the metadata, what the trial uses.
USED = ("issuer", "authorization_endpoint", "token_endpoint", "revocation_endpoint")
JSON = {"Accept": "application/json"}


@dataclass(frozen=True)
class Exchanges:
    """Sends requests as a client would."""

    fetcher: Fetcher
    transcript: Transcript

    def metadata(self, issuer: str) -> dict[str, Any]:
        """The server's metadata (RFC 8414).

        :raises TrialFailed: the server does not run, or is another one than the ini says.
        """
        url = urlsplit(issuer)._replace(path=metadata_path(issuer)).geturl()
        self.transcript.step("The metadata of the server (RFC 8414)")
        self.transcript.request("GET", url, {})
        try:
            response = self.fetcher.get(url, JSON, every_body=True)
        except NotConnected as error:
            failed = f"{_failed(url, error)}. Start the server with the same ini, as in: pserve INI"
            raise TrialFailed(failed) from None
        except FetchError as error:
            raise _failed(url, error) from None
        members = _members(response)
        self.transcript.response(
            response.status, {name: members[name] for name in USED if name in members}
        )
        if response.status != 200 or "token_endpoint" not in members:
            raise TrialFailed(
                f"{issuer} is not this authorization server: its metadata is not there. Is "
                "oauth2.issuer the address at which clients reach it?"
            )
        if members.get("issuer") != issuer:
            # RFC 8414 section 3.3: "If these values are not identical, the data contained in the
            # response MUST NOT be used."
            raise TrialFailed(
                f"the ini says that the issuer is {issuer}, and the server that answers there "
                f"says {shown(str(members.get('issuer')))}: it was started with another ini."
            )
        return members

    def send_form(self, url: str, form: Mapping[str, str], client: TrialClient) -> dict[str, Any]:
        """Post a form as the client, authenticated; the members of the response's JSON.

        :raises TrialFailed: the server does not answer.
        """
        return self._post(url, form, client)[1]

    def revoke(self, url: str, token: str, client: TrialClient) -> None:
        """Revoke a token (RFC 7009 section 2).

        :raises TrialFailed: the server does not answer, or refuses it.
        """
        status, _ = self._post(url, {"token": token}, client)
        # RFC 7009 section 2.2: "the authorization server responds with HTTP status code 200".
        if status != 200:
            raise TrialFailed(
                f"the token was not revoked, since the server answered with {status}: it is valid "
                "until it expires, or its client is deleted"
            )

    def _post(
        self, url: str, form: Mapping[str, str], client: TrialClient
    ) -> tuple[int, dict[str, Any]]:
        headers, credentials = client.authentication()
        whole = {**form, **credentials}
        scheme = {"Authorization": "Basic (client_id and client_secret)"} if headers else {}
        self.transcript.request("POST", url, {**scheme, **whole})
        sent = {"Content-Type": FORM, **JSON, **headers}
        try:
            response = self.fetcher.post(url, urlencode(whole), sent, every_body=True)
        except FetchError as error:
            raise _failed(url, error) from None
        members = _members(response)
        self.transcript.response(response.status, members, response.challenge)
        return response.status, members

    def call(self, url: str, access_token: str) -> int:
        """Call a view with the token; return the status.

        :raises TrialFailed: there is no response in time.
        """
        self.transcript.request("GET", url, {"Authorization": "Bearer (the access token)"})
        headers = {**JSON, "Authorization": f"Bearer {access_token}"}
        try:
            response = self.fetcher.get(url, headers, every_body=True)
            text = shown(response.body.decode("utf-8", "replace").strip())
        except BodyTooLong as error:
            response = error.response
            text = f"(the body is longer than {MAX_BODY // 1024} kB, and is not shown)"
        except FetchError as error:
            raise _failed(url, error) from None
        self.transcript.response(response.status, {}, response.challenge)
        if text:
            self.transcript.note(f"  {text}")
        return response.status


def _failed(url: str, error: FetchError) -> TrialFailed:
    # Without the user name and the password that a URL of the settings may have.
    server = f"{urlsplit(url).scheme}://{urlsplit(url).netloc.rpartition('@')[2]}"
    if isinstance(error, TooSlow):
        return TrialFailed(f"{server} did not answer within {error.seconds} seconds")
    return TrialFailed(f"{server} {error}")


def _members(response: Response) -> dict[str, Any]:
    try:
        members = json.loads(response.body)
    except (ValueError, RecursionError):
        return {}
    return members if isinstance(members, dict) else {}
