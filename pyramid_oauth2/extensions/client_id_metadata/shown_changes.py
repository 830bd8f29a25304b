"""What of a document a user's consent is for, and what has changed since the last one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from zope.interface import implementer

from ...interfaces.authorization import IAuthorizationRequestExtension
from ...interfaces.server import IServer
from ...protocol.access import Access
from ...protocol.authorization.consent_block import ConsentBlock
from ...protocol.authorization.user_demand import UserDemand
from ...protocol.clients.authentication_methods import methods_of
from ...protocol.clients.source import DOCUMENT, source_of
from ...protocol.http import Parameters
from ...protocol.messages import Message
from ...protocol.messages import message as _
from ...protocol.parameters import Parameter
from ...protocol.records import Client
from ...settings import Settings
from .document import KEYS, digest

DIGEST, CHANGED, NAME = "digest", "changed", "name"


@implementer(IAuthorizationRequestExtension)
class ShownChanges:
    """Reads no parameter: its value is that of the client itself."""

    parameters: tuple[Parameter, ...] = ()
    place = "request"
    critical = False

    def __init__(self, server: IServer, settings: Settings | None = None) -> None:
        self._server = server

    def read(self, parameters: Parameters, client: Client, access: Access) -> dict[str, Any] | None:
        """The digest of a document, and what has changed; None for any other client."""
        if source_of(client) != DOCUMENT:
            return None
        value: dict[str, Any] = {DIGEST: digest(client)}
        stored = self._server.client(client.client_id)
        if stored is not None and (changed := list(_changed(stored, client))):
            value |= {CHANGED: changed, NAME: stored.client_name}
        return value

    def demands(self, value: Any) -> UserDemand | None:
        """Nothing."""
        return None

    def blocks(self, value: Mapping[str, Any]) -> Iterable[ConsentBlock]:
        """What has changed, in words."""
        texts: dict[str, Message] = {
            "redirect_uris": _("It sends you to other addresses than before."),
            "keys": _("It identifies itself in another way than before."),
        }
        if value.get(NAME):
            texts["client_name"] = _("It called itself %(name)s before.", name=value[NAME])
        lines = tuple(texts[each] for each in value.get(CHANGED, ()) if each in texts)
        return [ConsentBlock(_("Changed since it was last allowed"), lines)] if lines else []

    def covered_by(self, remembered: Any, value: Any) -> bool:
        """Whether the user has allowed this very document, as far as it matters."""
        return value is not None and remembered == value[DIGEST]

    def remember(self, value: Mapping[str, Any], remembered: Any) -> Any:
        """The digest alone."""
        return value[DIGEST]


def _changed(before: Client, now: Client) -> Iterator[str]:
    if set(before.redirect_uris) != set(now.redirect_uris):
        yield "redirect_uris"
    if before.client_name != now.client_name:
        yield "client_name"
    methods_differ = methods_of(before) != methods_of(now)
    if methods_differ or any(getattr(before, each) != getattr(now, each) for each in KEYS):
        yield "keys"
