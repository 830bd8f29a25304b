"""What a client sees of a server that runs: as far as the login of a user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..known_clients import KnownClient
from ..simulation.apis import API
from ..simulation.conversation import Conversation
from ..simulation.exchange import NO_HEADERS, Exchanged
from ..simulation.play import PUBLIC_STEPS, played
from ..simulation.step import Step
from ..startup_error import StartupError

try:
    from ..fetching import Fetcher, FetchError
except ImportError as error:
    raise StartupError(
        "poauth2 doctor --url needs a package that is not installed: pip install urllib3"
    ) from error


@dataclass(frozen=True)
class Network:
    """Sends requests over the network."""

    fetcher: Fetcher

    def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] = NO_HEADERS,
        body: bytes = b"",
        *,
        of_user: bool = False,
    ) -> Exchanged:
        """See :class:`~pyramid_oauth2.simulation.exchange.Agent`; no user is signed in."""
        try:
            response = self.fetcher.send(method, url, body.decode(), headers)
        except FetchError as error:
            return Exchanged(502, failed=str(error))
        return Exchanged(response.status, response.headers, response.body)


def play_at(url: str, client: KnownClient) -> tuple[Step, ...]:
    """Play a client on the server of an API, without a user.

    A client that registers itself is deleted again (RFC 7592 section 2.3).

    :param url: of the API, as people type it.
    """
    fetcher = Fetcher()
    conversation = Conversation(client, Network(fetcher), API(url))
    try:
        return played(conversation, PUBLIC_STEPS)
    finally:
        _unregister(conversation)
        fetcher.close()


def _unregister(c: Conversation) -> None:
    where = c.registered.get("registration_client_uri")
    if isinstance(where, str):
        token = str(c.registered.get("registration_access_token"))
        c.agent.send("DELETE", where, {"Authorization": f"Bearer {token}"})
