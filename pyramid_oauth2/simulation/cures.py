"""Which line of the ini, or which command, would let a refused step pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..extensions.client_id_metadata.settings import (
    ALLOWED,
    PINNED,
    ClientIDMetadataSettings,
)
from ..extensions.client_registration.settings import RegistrationSettings
from ..protocol.clients.blocked_hosts import hosts_of
from ..protocol.records import Client
from ..protocol.refusal import Refusal
from ..protocol.resources import canonical
from ..settings import setting_fields
from .apis import resource_line
from .conversation import Conversation
from .discovery import public_url_at
from .ways import addition, documents, pin

PREFIX = "oauth2."
Cures = tuple[str, ...]


def cures_of(refusal: Refusal, c: Conversation) -> Cures:
    """What would let a request pass that a check has refused; none if that is not known."""
    if c.settings is None:
        return ()
    if (found := BY_CHECK.get(refusal.check)) is not None:
        return found(c)
    decided_by = refusal.decided_by
    if decided_by is None:
        return ()
    if decided_by.startswith(PREFIX):
        return (_present(c, decided_by),)
    return (f"the record that decides: {decided_by}",)


def _present(c: Conversation, name: str) -> str:
    field = setting_fields().get(name.removeprefix(PREFIX))
    value = None if field is None else getattr(c.settings, field.name, None)
    return f"another {name}, which is {_text(value)} now"


def _text(value: Any) -> str:
    if value is None:
        return "not set"
    if isinstance(value, frozenset):
        return " ".join(sorted(value)) or "empty"
    return str(value)


def _line(name: str, values: Iterable[str]) -> str:
    return f"{PREFIX}{name} = {' '.join(sorted(set(values)))}"


def _redirect_uris(c: Conversation) -> Cures:
    assert c.settings is not None
    allowed = c.settings.private_schemes
    if missing := c.client.private_schemes - allowed:
        return (_line("private_schemes", allowed | missing),)
    limits = c.settings.of(RegistrationSettings).redirect_hosts
    uris = [*c.redirect_uris, *(c.client.registration or {}).get("redirect_uris", ())]
    hosts = hosts_of(Client(c.client.name, redirect_uris=tuple(uris)))
    return (_line("registration.redirect_hosts", limits.union(hosts)),) if limits else ()


def _registration_grant_types(c: Conversation) -> Cures:
    return (_line("registration.grant_types", ("authorization_code", "refresh_token")),)


def _open(c: Conversation) -> Cures:
    # No known client sends an initial access token.
    return ("oauth2.registration = open", addition(c))


def _document_allowed(c: Conversation) -> Cures:
    assert c.settings is not None
    assert c.client.client_id is not None
    host = hosts_of(Client(c.client.client_id))[0]
    own = c.settings.of(ClientIDMetadataSettings)
    if own.clients == ALLOWED and host not in own.hosts:
        return (_line("client_id_metadata.hosts", own.hosts | {host}), pin(c))
    if own.clients == PINNED:
        return (documents(c),)
    return (f"poauth2 INI client unblock-host {host}",)


def _document_contents(c: Conversation) -> Cures:
    return (f"{pin(c)}, which says what is wrong with the document",)


def _scopes(c: Conversation) -> Cures:
    """The scopes that the client may have: of its document, or of its registration."""
    assert c.settings is not None
    if c.added:
        return (
            f"poauth2 INI client edit {c.client_id} --scope {' --scope '.join(sorted(c.scope))}",
        )
    if c.registered:
        limit = c.settings.of(RegistrationSettings).scopes or frozenset()
        return (_line("registration.scopes", limit | c.scope),)
    of_documents = c.settings.of(ClientIDMetadataSettings).scopes or c.settings.default_scopes
    return (_line("client_id_metadata.scopes", (of_documents or frozenset()) | c.scope),)


def _known_scopes(c: Conversation) -> Cures:
    assert c.settings is not None
    unknown = c.scope - c.settings.scopes.keys()
    return tuple(f"{PREFIX}scopes = ... {name} = what it allows" for name in sorted(unknown))


def _resource(c: Conversation) -> Cures:
    return (resource_line(c.settings, c.api.url), public_url_at(c))


def _scopes_of_resource(c: Conversation) -> Cures:
    assert c.settings is not None
    known = canonical(c.api.url)
    named = [uri for uri in c.settings.resources if canonical(uri) == known]
    uri = named[0] if named else c.api.url
    scopes = c.scope | (c.settings.resources.get(uri) or frozenset())
    return (resource_line(c.settings, uri, scopes),)


def _client(c: Conversation) -> Cures:
    return (f"poauth2 INI client enable {c.client_id}",)


def _grant_types(c: Conversation) -> Cures:
    known = c.metadata.get("grant_types_supported", ())
    return (_line("grant_types", {*known, "authorization_code", "refresh_token"}),)


def _permission(_c: Conversation) -> Cures:
    return ("poauth2 INI doctor --user SUBJECT, for a user who has the permission",)


def _https(c: Conversation) -> Cures:
    assert c.settings is not None
    url = c.settings.public_url.partition("://")[2]
    return (f"oauth2.base_url = https://{url}",)


def _login(_c: Conversation) -> Cures:
    return ("oauth2.login_route = the name of the route of your login",)


BY_CHECK: Mapping[str, Callable[[Conversation], Cures]] = {
    "registered_redirect_uris": _redirect_uris,
    "registered_metadata": _registration_grant_types,
    "token_sent": _open,
    "initial_access_token": _open,
    "document_allowed": _document_allowed,
    "document_contents": _document_contents,
    "client_usable": _client,
    "scope_of_client": _scopes,
    "scope_known": _known_scopes,
    "scope_default": _scopes,
    "resource_known": _resource,
    "scope_of_resource": _scopes_of_resource,
    "grant_type_enabled": _grant_types,
    "grant_type_of_client": _grant_types,
    "token_permission": _permission,
    "https": _https,
    "user_logged_in": _login,
}
