"""Directives for backends, and for the settings of extensions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from zope.interface import implementer

from ..interfaces import IBackendFactory, ISettingsPrefix
from ..settings.registration import declare_settings
from .registration import register


@implementer(ISettingsPrefix)
@dataclass(frozen=True, slots=True)
class SettingsPrefix:
    """The declared keys below a prefix; None allows every key."""

    keys: frozenset[str] | None


def add_oauth2_backend(config: Any, name: str, factory: Any) -> None:
    """Register a storage backend that ``oauth2.backend`` can select.

    ::

        config.add_oauth2_backend("my_package.oauth2_backend", MyBackend)

    :param name: the value of ``oauth2.backend``; a backend that is selected by a
        dotted name registers itself under that name.
    :param factory: an :class:`~pyramid_oauth2.interfaces.IBackendFactory`, or
        its dotted name.
    """
    register(config, IBackendFactory, "backend", config.maybe_dotted(factory), name)


def add_oauth2_settings(
    config: Any, prefix: str, keys: type[Any] | str | Iterable[str] | None = None
) -> None:
    """Declare the settings ``oauth2.<prefix>.*`` of an extension.

    ::

        from dataclasses import dataclass
        from pyramid_oauth2.extension import count, seconds, setting


        @dataclass(frozen=True)
        class BadgeSettings:
            lifetime: int = setting(seconds, 600, "How long a badge is valid.")
            limit: int = setting(count, 10, "How many badges a user may have.")


        config.add_oauth2_settings("badges", BadgeSettings)

    They are parsed, checked and reported like the settings of pyramid_oauth2, and
    ``poauth2 INI settings`` prints them. ``settings.of(BadgeSettings).lifetime`` is
    ``oauth2.badges.lifetime``; the settings are passed to the factories of plug-ins. A
    method ``contradictions(settings)`` of the class may yield a sentence for each
    contradiction, which stops the start.

    Without a class the values are strings, in
    ``get_service(registry).settings.section("badges")``. A key that is not declared is an
    error at start-up.

    :param prefix: the part of the key after ``oauth2.``, without dots.
    :param keys: a frozen dataclass of settings, or its dotted name; or the names below the
        prefix; None allows every name.
    :raises pyramid.exceptions.ConfigurationError: the class or the prefix cannot be used.
    """
    declared = config.maybe_dotted(keys)
    value: Any
    if isinstance(declared, type):
        value = declare_settings(config.registry, prefix, declared)
    else:
        value = SettingsPrefix(None if declared is None else frozenset(declared))
    register(config, ISettingsPrefix, "settings prefix", value, prefix)
