"""What a client that registers itself may have: checked again at each change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ...protocol.clients.registered_metadata import GRANT_TYPE_OF
from ...protocol.clients.rules import InvalidClientMetadata
from ...protocol.messages import about, joined
from ...protocol.messages import message as _
from .settings import SCOPE, RegistrationSettings


@dataclass(frozen=True, slots=True)
class Policy:
    """The limits of a registration.

    :param scope: the scopes at most; None for all but that of registration.
    :param grant_types: those that it may have.
    :param redirect_hosts: those that https redirect URIs may have; none for any.
    """

    scope: frozenset[str] | None
    grant_types: frozenset[str]
    redirect_hosts: frozenset[str] = frozenset()

    @classmethod
    def of(cls, settings: RegistrationSettings) -> Policy:
        """The one that the settings describe."""
        return cls(settings.scopes, settings.grant_types, settings.redirect_hosts)

    @classmethod
    def read(cls, members: Mapping[str, Any]) -> Policy:
        """From the members of a record."""
        scope = members["scope"]
        return cls(
            None if scope is None else frozenset(scope),
            frozenset(members["grant_types"]),
            frozenset(members["redirect_hosts"]),
        )

    def members(self) -> dict[str, Any]:
        """As members of a record."""
        return {
            "scope": None if self.scope is None else sorted(self.scope),
            "grant_types": sorted(self.grant_types),
            "redirect_hosts": sorted(self.redirect_hosts),
        }

    def applied(self, metadata: Mapping[str, Any], known: frozenset[str]) -> dict[str, Any]:
        """The metadata without the scopes and grant types that it does not allow.

        A client that names no scope it may have gets all of them: users are asked about each.

        :param known: the scopes of the server.
        :raises InvalidClientMetadata: nothing is left, or a redirect URI is on another host.
        """
        # Who wants clients that register others in the user's name says so by the limit.
        allowed = known - {SCOPE} if self.scope is None else self.scope & known
        scope = metadata.get("scope", allowed) & allowed or allowed
        grant_types = tuple(n for n in metadata["grant_types"] if n in self.grant_types)
        problems = dict(self._problems(grant_types, metadata.get("redirect_uris", ())))
        if self.scope is not None and not allowed:
            # Without a scope of its own a client has the default ones.
            problems["scope"] = "the server does not have the scopes that are allowed here"
        if problems:
            raise InvalidClientMetadata(problems)
        response_types = tuple(
            name
            for name in metadata["response_types"]
            if GRANT_TYPE_OF.get(name) is None or GRANT_TYPE_OF[name] in grant_types
        )
        limited = {"scope": scope, "grant_types": grant_types, "response_types": response_types}
        optional = metadata.get("optional_scope")
        return {
            **metadata,
            **limited,
            **({} if optional is None else {"optional_scope": optional & scope}),
        }

    def _problems(
        self, grant_types: Iterable[str], redirect_uris: Iterable[str]
    ) -> Iterator[tuple[str, str]]:
        if not grant_types:
            allowed = ", ".join(sorted(self.grant_types))
            yield "grant_types", _("name one of %(known)s", known=allowed)
        others = [uri for uri in redirect_uris if not self._allows(uri)]
        if others:
            problem = _("is on a host from which no client may register itself")
            yield "redirect_uris", joined(about(uri[:100], problem) for uri in others)

    def _allows(self, uri: str) -> bool:
        try:
            parts = urlsplit(uri)
        except ValueError:
            return True  # The rule of redirect URIs says what is wrong.
        # The scheme in lower case, as browsers take it.
        if not self.redirect_hosts or parts.scheme != "https":
            return True
        return parts.netloc.removesuffix(":443") in self.redirect_hosts
