"""The settings in the registry of an application, with those that its features declare."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pyramid.events import ApplicationCreated
from pyramid.exceptions import ConfigurationError
from pyramid.interfaces import PHASE1_CONFIG

from ..interfaces.application import ISettings, ISettingsPrefix
from ..startup_error import StartupError
from . import Settings, setting_fields
from .effect import SignedBy, without_effect
from .feature import FeatureSettings, parse_feature
from .parsing import parse_settings, unknown_keys
from .profiles import named_profile, with_profile
from .values import below_prefix

log = logging.getLogger(__name__)

FEATURES = "pyramid_oauth2.feature_settings"


def load_settings(config: Any, signed_by: Callable[[], SignedBy]) -> Settings:
    """Parse the settings of the application and register them as a utility.

    Mistakes are reported after all includes: until then, a feature may still declare a key
    that is unknown.

    :param signed_by: returns what signs, once the application is complete.
    """
    registry = config.registry
    raw = dict(registry.settings)
    profile = named_profile(below_prefix(raw))
    parsed, mistakes = parse_settings(raw)
    settings = replace(parsed, features=_declared(registry))
    registry.registerUtility(settings, ISettings)

    def check() -> None:
        features = feature_settings(registry)
        found = mistakes + [mistake for feature in features for mistake in feature.mistakes]
        if not found:
            # Not before every value could be parsed: a default in place of one contradicts nothing.
            found += profile.refusals(settings.values()) if profile else ()
            found += [each for feature in features for each in feature.contradictions(settings)]
        _refuse(found + _unknown(registry, raw))

    if config.autocommit:
        # Each action is executed at once, so a feature can declare nothing before this one.
        config.action("oauth2 settings", lambda: _refuse(mistakes))
    else:
        # After the prefixes, which are declared in PHASE1_CONFIG, and before the routes and
        # views, where a wrong setting would cause a misleading error.
        config.action("oauth2 settings", check, order=PHASE1_CONFIG + 1)

    def check_again(event: Any) -> None:
        # For a feature that was included after the action.
        check()
        for sentence in without_effect(settings, below_prefix(raw), signed_by()):
            log.warning("%s", sentence)

    config.add_subscriber(check_again, ApplicationCreated)
    return settings


def declare_settings(registry: Any, prefix: str, declared: type[Any]) -> FeatureSettings:
    """Parse the settings of a feature, so that it can read them while it is included.

    Its mistakes are reported with all others, and only if no other call overrides this one.

    :raises pyramid.exceptions.ConfigurationError: the prefix or the class cannot be used.
    """
    try:
        values = with_profile(below_prefix(registry.settings))
        feature = parse_feature(prefix, declared, values)
    except ValueError as error:
        raise ConfigurationError(
            f"The settings class of oauth2.{prefix} is wrong: {error}."
        ) from error
    if ours := sorted(feature.fields.keys() & setting_fields().keys()):
        raise ConfigurationError(
            f"{declared.__qualname__} declares oauth2.{ours[0]}, which is a setting already."
        )
    earlier = _declared(registry).setdefault(declared, feature)
    if earlier.prefix != prefix:
        raise ConfigurationError(
            f"{declared.__qualname__} is declared below oauth2.{earlier.prefix} already; "
            f"derive a class from it for oauth2.{prefix}."
        )
    return earlier


def feature_settings(registry: Any) -> list[FeatureSettings]:
    """The settings classes that are registered, in the order of their prefixes."""
    registered = sorted(registry.getUtilitiesFor(ISettingsPrefix))
    return [prefix for _, prefix in registered if isinstance(prefix, FeatureSettings)]


def _declared(registry: Any) -> dict[type, FeatureSettings]:
    # In the registry, as a feature may declare its settings after the others were parsed.
    declared: dict[type, FeatureSettings] = registry.setdefault(FEATURES, {})
    return declared


def _unknown(registry: Any, raw: dict[str, Any]) -> list[str]:
    declared = registry.getUtilitiesFor(ISettingsPrefix)
    return unknown_keys(raw, {name: prefix.keys for name, prefix in declared})


def _refuse(found: list[str]) -> None:
    if found:
        raise StartupError("The oauth2.* settings are wrong:\n  " + "\n  ".join(found))
