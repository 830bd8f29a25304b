"""The directive for APIs, each with tokens of its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pyramid.exceptions import ConfigurationError

from ..interfaces import IProtectedResource
from ..protocol.errors import InvalidScope
from ..protocol.resources import PUBLIC, ProtectedResource, canonical, uri_problem
from ..protocol.scopes import parse_scope
from .registration import register


def add_oauth2_resource(
    config: Any,
    uri: str,
    scopes: str | Iterable[str] | None = None,
    token_format: str | None = None,
    lifetime: int | None = None,
    name: str | None = None,
    subject_type: str | None = None,
) -> None:
    """Add an API to those of ``oauth2.resources`` (RFC 8707).

    ::

        config.add_oauth2_resource(
            "https://api.example.com/notes", "notes.read notes.write", token_format="jwt"
        )

    A client names it in the parameter ``resource``; the token that it gets is refused by every
    other API.

    :param uri: its URL, or another absolute URI without a fragment: the audience of its tokens.
    :param scopes: those that it has, a list or separated by spaces; None: all.
    :param token_format: ``jwt``, ``opaque``, or another that is registered; None: as the client
        is registered.
    :param lifetime: how long its access tokens live at most, in seconds.
    :param name: what users call it; None: they see its host.
    :param subject_type: ``public``: the API knows each user by one ``sub``, whichever client calls
        it; None: as that client knows them, which matters for pairwise clients only.
    """
    if not isinstance(uri, str) or (problem := uri_problem(uri)) is not None:
        why = problem if isinstance(uri, str) else "it is no text"
        raise ConfigurationError(f"{uri!r} cannot name an API: {why}.")
    if lifetime is not None and lifetime <= 0:
        raise ConfigurationError(f"The lifetime of {uri} is {lifetime}: write seconds, above 0.")
    if subject_type not in (None, PUBLIC):
        raise ConfigurationError(f"The subject_type of {uri} is {subject_type!r}, not {PUBLIC!r}.")
    names = _names(uri, scopes)
    resource = ProtectedResource(uri, names, token_format, lifetime, name, subject_type)
    register(config, IProtectedResource, "resource", resource, canonical(uri))


def _names(uri: str, scopes: str | Iterable[str] | None) -> frozenset[str] | None:
    if scopes is None:
        return None
    text = scopes if isinstance(scopes, str) else " ".join(scopes)
    try:
        names = parse_scope(text)
    except InvalidScope:
        names = frozenset()
    if not names:
        raise ConfigurationError(f"{text!r} names no scope of {uri}: leave it out for all scopes.")
    return names
