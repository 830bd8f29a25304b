"""Directives for what belongs to the application: its scopes, its users, its engine."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyramid.exceptions import ConfigurationError
from zope.interface import implementer

from ..interfaces import IAppEngine, IResourceOwners, IScope
from ..protocol.scopes import SCOPE_TOKEN, KnownScope
from ..resource_owners import METHODS
from .registration import register


@implementer(IAppEngine)
@dataclass(frozen=True, slots=True)
class AppEngine:
    """An engine that the application supplied."""

    engine: Any


def add_oauth2_scope(config: Any, name: str, description: str) -> None:
    """Add a scope to those of ``oauth2.scopes``.

    ::

        config.add_oauth2_scope("notes.read", "Read your notes")

    :param name: a scope token (RFC 6749 section 3.3).
    :param description: what it allows, in words for the user; a translation
        string is translated.
    """
    if not SCOPE_TOKEN.fullmatch(name):
        raise ConfigurationError(f"{name!r} cannot be a scope: no spaces, quotes or backslashes.")
    if not description:
        raise ConfigurationError(f"Say what the scope {name!r} allows; users read it.")
    register(config, IScope, "scope", KnownScope(name, description), name)


def set_oauth2_resource_owners(config: Any, owners: Any) -> None:
    """Register the object that describes the application's users.

    ::

        config.set_oauth2_resource_owners(Users())

    :param owners: an object with methods of
        :class:`~pyramid_oauth2.interfaces.IResourceOwners`, each optional, or
        its dotted name.
    """
    owners = config.maybe_dotted(owners)
    if inspect.isclass(owners):
        raise ConfigurationError(
            f"{owners!r} is a class: pass an object of it, or the dotted name of one."
        )
    if not any(callable(getattr(owners, method, None)) for method in METHODS):
        raise ConfigurationError(
            f"{owners!r} has none of the methods of IResourceOwners: {', '.join(METHODS)}."
        )
    if not _are_descriptions(getattr(owners, "claim_descriptions", {})):
        raise ConfigurationError(
            f"The claim_descriptions of {owners!r} must be a dict of texts, by the names of claims."
        )
    if not _are_words(getattr(owners, "acr_values", ())):
        raise ConfigurationError(
            f"The acr_values of {owners!r} must be a list of texts without spaces."
        )
    register(config, IResourceOwners, "resource owners", owners)


def _are_words(given: Any) -> bool:
    return isinstance(given, list | tuple | frozenset | set) and all(
        isinstance(word, str) and word.split() == [word] for word in given
    )


def _are_descriptions(given: Any) -> bool:
    return isinstance(given, Mapping) and all(
        isinstance(text, str) and text for each in given.items() for text in each
    )


def set_oauth2_engine(config: Any, engine: Any) -> None:
    """Let the SQLAlchemy backend connect in the same way as the application's engine.

    ::

        config.set_oauth2_engine(engine)

    :param engine: the Engine, or its dotted name; its URL, connect arguments
        and creator are used, its pool is not.
    """
    register(config, IAppEngine, "engine", AppEngine(config.maybe_dotted(engine)))
