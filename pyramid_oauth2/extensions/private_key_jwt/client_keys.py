"""The public keys of a client: those in its record, or those that it publishes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from ...interfaces.server import IServer
from ...jose.compact import CompactJWT
from ...jose.public_keys import KeySet, PublicKey
from ...jose.published_keys import PublishedKeys, Refreshing
from ...protocol.clients.source import OPERATOR, source_of
from ...protocol.envelope import dumps
from ...protocol.errors import TemporarilyUnavailable
from ...protocol.events import Emit
from ...protocol.http import HTTPRequest
from ...protocol.records import Client, StoreUnavailable
from ...protocol.refusal import Refusal
from ...protocol.server import Server
from .recently_used import RecentlyUsed

if TYPE_CHECKING:
    from .fetched_key_sets import FetchedKeySets

MOST = 200  # sets of each kind; one has up to 32 keys
RETRY_AFTER = 60
# A set that cannot be fetched is not asked for again before that, by any number of assertions.
TIMES = Refreshing(rest=RETRY_AFTER)

FETCHED = Refusal("client_keys_fetched", "RFC 7591 section 2", decided_by="client.jwks_uri")


class ClientKeys:
    """The keys of a server's clients; it belongs to one process.

    :param registry: of the application, which may have another fetcher, for tests.
    :param emit: gets the events of what is fetched.
    """

    def __init__(self, server: IServer, registry: Any, emit: Emit) -> None:
        self._throttle, self._registry, self._emit = cast(Server, server).throttle, registry, emit
        self._issuer = server.issuer
        self._fetcher: FetchedKeySets | None = None
        self._in_records = RecentlyUsed[KeySet](MOST)
        # Apart: strangers, who can register any number, take no place of those of operators.
        self._of_operators = RecentlyUsed[PublishedKeys](MOST)
        self._of_strangers = RecentlyUsed[PublishedKeys](MOST)

    def fitting(self, client: Client, jwt: CompactJWT, http: HTTPRequest) -> tuple[PublicKey, ...]:
        """The keys that may have signed an assertion of a client.

        :param http: the request, whose sender causes what is fetched.
        :raises TemporarilyUnavailable: they cannot be fetched now.
        """
        if client.jwks is not None:
            return self._in_record(client.jwks).fitting(jwt.kid, jwt.algorithm)
        if client.jwks_uri is None:
            return ()
        try:
            return self._published(client, client.jwks_uri, jwt, http)
        except StoreUnavailable as unavailable:
            # Not invalid_client: the client has done nothing wrong, and some give up their
            # registration at that.
            raise TemporarilyUnavailable(
                "The keys of this client cannot be fetched now. Try again later.",
                retry_after=RETRY_AFTER,
                refusal=FETCHED.comparing(problem=str(unavailable)),
            ) from None

    def _in_record(self, jwks: Mapping[str, Any]) -> KeySet:
        def make() -> KeySet:
            keys = jwks.get("keys")
            return KeySet.of(keys if isinstance(keys, list) else ())

        return self._in_records(dumps(dict(jwks)).decode(), make)

    def _published(
        self, client: Client, url: str, jwt: CompactJWT, http: HTTPRequest
    ) -> tuple[PublicKey, ...]:
        if source_of(client) == OPERATOR:
            fetch = partial(self._fetched.of_operator, url)
            keys = self._of_operators(url, partial(PublishedKeys, url, fetch, TIMES))
            return keys.fitting(jwt.kid, jwt.algorithm)
        fetch = partial(self._fetched.of_stranger, url)
        keys = self._of_strangers(url, partial(PublishedKeys, url, fetch, TIMES))
        may_fetch = partial(self._may_fetch, http, client)
        return keys.fitting(jwt.kid, jwt.algorithm, may_fetch)

    @property
    def _fetched(self) -> FetchedKeySets:
        if self._fetcher is None:
            # Not imported before: most servers have no client that publishes its keys.
            from .fetched_key_sets import FetchedKeySets

            self._fetcher = FetchedKeySets(self._registry, self._emit, self._issuer)
        return self._fetcher

    def _may_fetch(self, http: HTTPRequest, client: Client) -> bool:
        """Whether the sender of a request has not caused too much already; it is counted."""
        attempt = self._throttle.fetch_for_client(http, self._emit)
        try:
            attempt.refuse_if_blocked()
            attempt.count_or_refuse(client.client_id)
        except TemporarilyUnavailable:
            return False
        return True
