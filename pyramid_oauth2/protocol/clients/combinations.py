"""The rules across the fields of a client: what one needs beside another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from ..messages import message as _
from ..records import Client
from ..server import Server
from .metadata import FIELDS
from .private_schemes import private_schemes
from .value_rules import redirect_uri_problems

# Grant types that send the user back to the client by a redirect.
REDIRECTING = frozenset({"authorization_code", "implicit"})


def usable_redirect_uris(server: Server, client: Client) -> Iterator[tuple[str, str]]:
    """Redirect URIs whose schemes are allowed to everyone, or to this client."""
    for text in redirect_uri_problems(client.redirect_uris, private_schemes(server, client)):
        yield "redirect_uris", text


def _has_a_use(server: Server, client: Client) -> Iterator[tuple[str, str]]:
    if not client.grant_types and not client.resource_server:
        yield "grant_types", _("name at least one grant type")


def _can_do_it(server: Server, client: Client) -> Iterator[tuple[str, str]]:
    if client.public and "client_credentials" in client.grant_types:
        # RFC 6749 section 4.4: for confidential clients only.
        yield "grant_types", _("a public client cannot use client_credentials")
    if client.public and client.resource_server:
        # RFC 7662 section 2.1: a client must authenticate to introspect.
        yield "resource_server", _("a public client cannot introspect: give it a secret")
    if REDIRECTING & set(client.grant_types) and not client.redirect_uris:
        # RFC 6749 section 3.1.2.2, RFC 9700 section 2.1.
        problem = _("the authorization_code grant type needs at least one redirect URI")
        yield "redirect_uris", problem


def _has_what_is_optional(server: Server, client: Client) -> Iterator[tuple[str, str]]:
    if not client.optional_scope <= client.scope:
        yield "optional_scope", _("name only scopes that the client's scope has")


def _is_not_endless(server: Server, client: Client) -> Iterator[tuple[str, str]]:
    for field in FIELDS:
        if field.most is not None:
            yield from ((field.name, text) for text in field.excess(getattr(client, field.name)))


# The rules across fields, by the field whose own rule is checked just before.
FIELD_COMBINATIONS: Mapping[
    str, tuple[Callable[[Server, Client], Iterable[tuple[str, str]]], ...]
] = {
    "grant_types": (_has_a_use,),
    "response_types": (_can_do_it,),
    "redirect_uris": (usable_redirect_uris,),
    "optional_scope": (_has_what_is_optional, _is_not_endless),
}
