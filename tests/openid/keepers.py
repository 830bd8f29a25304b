"""A server whose sessions are kept, and sign-ins at it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pyramid_oauth2.openid.pairwise_salt import PairwiseSalt
from pyramid_oauth2.openid.sessions import SessionKeeper
from pyramid_oauth2.openid.settings import OpenIDSettings
from pyramid_oauth2.openid.sids import Sids
from pyramid_oauth2.protocol.access import Access
from pyramid_oauth2.protocol.authentication import Authentication
from pyramid_oauth2.protocol.authorization.joining import Joining
from pyramid_oauth2.protocol.authorization.session import lasts
from pyramid_oauth2.protocol.authorization_server import AuthorizationServer
from pyramid_oauth2.protocol.clients.cache import ClientCache
from pyramid_oauth2.protocol.events import SessionEnded
from pyramid_oauth2.protocol.grants import end_grant
from pyramid_oauth2.protocol.scopes import KnownScope
from pyramid_oauth2.protocol.sessions import Sessions
from pyramid_oauth2.protocol.token.issuance import Issuance, Open
from pyramid_oauth2.protocol.token.issuing import issue
from pyramid_oauth2.protocol.users import Users
from tests.protocol.worlds import FACTORIES, Clock, make_client, make_request, make_server

SCOPES = ("openid", "read", "offline_access")
SCOPE = frozenset({"openid", "read"})
OFFLINE = SCOPE | {"offline_access"}
DAY = 86_400


class Settings:
    """What the keeper reads of the settings."""

    def __init__(self, **changes: Any) -> None:
        self._openid = OpenIDSettings(enabled=True, **changes)

    def of(self, declared: type[Any]) -> Any:
        return self._openid


class World:
    """A server, on any store, and bob, who signs in at its clients.

    :param backend: None for one in memory.
    """

    def __init__(self, backend: Any = None, **changes: Any) -> None:
        self.clock, self.emitted = Clock(), list[Any]()
        self.ended_by_application: list[tuple[str, str]] = []
        settings: Any = Settings()

        def make_keeper(server: AuthorizationServer) -> SessionKeeper:
            return SessionKeeper(server, settings, Sids(server, PairwiseSalt(None)))

        parts: dict[str, Any] = {
            "factories": replace(FACTORIES, sessions=make_keeper),
            "scopes": {name: KnownScope(name, name) for name in SCOPES},
            "end_session": lambda *session: bool(self.ended_by_application.append(session)),
        }
        if backend is not None:
            parts |= {
                "clients": ClientCache(backend.clients, 0, self.clock),
                "grants": backend.grants,
                "consents": backend.consents,
                "entry_store": lambda: backend.entries,
            }
        self.server: AuthorizationServer = make_server(self.clock, **parts | changes)

    @property
    def keeper(self) -> SessionKeeper:
        keeper = self.server.sessions
        assert isinstance(keeper, SessionKeeper)
        return keeper

    @property
    def sessions(self) -> Sessions:
        return Sessions(self.server, self.emitted.append)

    @property
    def users(self) -> Users:
        return Users(self.server, self.emitted.append)

    @property
    def ended(self) -> list[SessionEnded]:
        return [event for event in self.emitted if isinstance(event, SessionEnded)]

    def join(
        self,
        client_id: str = "web",
        subject: str = "bob",
        browser: str = "b",
        scope: frozenset[str] = SCOPE,
        authentication: Authentication | None = None,
    ) -> str | None:
        """Sign the user in at a client, before there is a grant; return the ``sid``."""
        client = make_client(client_id=client_id, scope=OFFLINE)
        request = make_request(client_id=client_id, scope=scope)
        return self.keeper.join(Joining(client, subject, request, authentication, browser))

    def sign_in(self, client_id: str = "web", scope: frozenset[str] = SCOPE, **more: Any) -> str:
        """Sign the user in as the authorization endpoint does; return the id of the grant."""
        sid = self.join(client_id, scope=scope, **more)
        subject = more.get("subject", "bob")
        authentication = replace(more.get("authentication") or Authentication(), sid=sid)
        client = make_client(client_id=client_id, scope=OFFLINE)
        opened = Open(subject, authentication=authentication)
        grant_id = issue(self.server, client, Issuance(Access(scope), opened)).grant_id
        assert grant_id is not None
        if not lasts(self.server, subject, authentication):
            (grant,) = (each for each in self.grants(subject) if each.id == grant_id)
            end_grant(self.server, grant, "session ended meanwhile", self.emitted.append)
        return grant_id

    def grants(self, subject: str = "bob") -> list[Any]:
        return list(self.server.grants.grants(subject, limit=500).items)

    def living(self, subject: str = "bob") -> set[str]:
        """The ids of the grants that have not ended."""
        return {grant.id for grant in self.grants(subject) if grant.revoked_at is None}

    def only_sid(self, subject: str = "bob") -> str:
        (session,) = self.sessions.list(subject)
        return session.sid
