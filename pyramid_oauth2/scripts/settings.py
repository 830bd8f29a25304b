"""``poauth2 INI settings``: the effective settings, and where each comes from."""

from __future__ import annotations

import dataclasses
import json
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from pyramid.exceptions import ConfigurationError

from ..assembly import service_of
from ..protocol.throttling import Limit
from ..service import ROLES
from ..settings import Settings, setting_fields
from ..settings.feature import FeatureSettings
from ..settings.parsing import unknown_keys
from ..settings.profiles import named_profile
from ..settings.registration import feature_settings
from ..settings.secrets import is_place
from ..settings.values import below_prefix
from ..startup_error import explained
from .arguments import json_option
from .command import command
from .ini import Ini

SECRET_NAME = re.compile(r"pass|secret|token|credential|_key$", re.IGNORECASE)
# Up to the last @: a password that was not percent-encoded may contain one.
URL_PASSWORD = re.compile(r"(?<=://)([^:@/]*:).*(?=@)")
QUERY_SECRET = re.compile(r"([?&][^=&]*(?:pass|secret|token)[^=&]*=)[^&]*", re.IGNORECASE)
MASK = "********"
SECRET = "oauth2.secret"
# What may be secret below these prefixes is known.
OWN_PREFIXES = ("redis", "sqlalchemy")


@command()
@json_option("as JSON, the values alone")
def print_settings(ini: Ini, as_json: bool) -> int:
    """Print every effective setting, and where it comes from; passwords are masked.

    The application is started, since only it knows the settings of its extensions. If it
    does not start, their values are masked: any of them may be secret.
    """
    settings, raw = ini.settings(), ini.raw_settings()
    features: Collection[FeatureSettings] | None = None
    try:
        with ini.registry() as registry:
            features = feature_settings(registry)
            # The application may have set some itself.
            settings, raw = service_of(registry).settings, registry.settings
    except Exception as error:
        _refuse_unknown(ini)
        print(
            "poauth2: the application does not start, so what it sets itself is not shown, and the "
            f"settings of its extensions are masked: {explained(error)}",
            file=sys.stderr,
        )
    values = effective_values(settings, features) | {SECRET: _places(raw.get(SECRET, ""))}
    if as_json:
        print(json.dumps(values, indent=2))
        return 0
    meanings = {f"oauth2.{key}": field for key, field in _fields(features or ())}
    origins = _origins(ini.raw_settings(), raw)
    for key, value in values.items():
        print(f"{key} = {'' if value is None else value}")
        if key in meanings:
            print(f"    {meanings[key].metadata['meaning']}")
        print(f"    {origins.get(key, 'Default.')}")
    return 0


def _origins(written: Mapping[str, Any], effective: Mapping[str, Any]) -> dict[str, str]:
    """Where the settings come from that have not their own default.

    :param written: the settings of the ini.
    :param effective: those of the application, which may have set some itself.
    """
    ours = below_prefix(effective)
    profile = named_profile(ours)
    found: dict[str, str] = {}
    if profile:
        found |= dict.fromkeys(profile.chosen(ours), f"From oauth2.profile = {profile.name}.")
    for key, value in ours.items():
        if str(value).strip():
            by_ini = written.get(f"oauth2.{key}") == value
            found[key] = "From the ini." if by_ini else "From the application."
    return {f"oauth2.{key}": origin for key, origin in found.items()}


def _refuse_unknown(ini: Ini) -> None:
    # An extension may declare keys below a prefix; a key without a prefix must be ours.
    raw = ini.raw_settings()
    unknown = unknown_keys({key: raw[key] for key in raw if key.count(".") == 1}, {})
    if unknown:
        raise ConfigurationError("\n  ".join((f"{ini.path} is wrong:", *unknown)))


def effective_values(
    settings: Settings, features: Collection[FeatureSettings] | None
) -> dict[str, Any]:
    """Every setting by its full key, as a JSON value; secrets are masked.

    :param features: the settings classes of the application; None if they are not known.
    """
    values = {
        f"oauth2.{key}": _effective(settings, field) for key, field in setting_fields().items()
    }
    # The effective value of an unset setting that is derived from another setting.
    values["oauth2.enforce_https"] = settings.https_required
    values["oauth2.base_url"] = settings.public_url
    values["oauth2.public_access_token_lifetime"] = settings.public_lifetime
    for role in ROLES:
        values[f"oauth2.backend.{role}"] = settings.backend_of(role)
    for feature in features or ():
        for key, field in feature.fields.items():
            values[f"oauth2.{key}"] = _effective(feature.values, field)
    for prefix, section in sorted(settings.sections.items()):
        known = features is not None or prefix in OWN_PREFIXES
        for key, value in sorted(section.items()):
            shown = masked(key, str(value)) if known else MASK
            values.setdefault(f"oauth2.{prefix}.{key}", shown)
    return values


def _places(secrets: str | Iterable[str]) -> str:
    """Where secrets are; one that is in the ini itself is masked."""
    words = secrets.split() if isinstance(secrets, str) else secrets
    return " ".join(word if is_place(word) else MASK for word in words)


def _fields(
    features: Collection[FeatureSettings],
) -> Iterator[tuple[str, dataclasses.Field[Any]]]:
    yield from setting_fields().items()
    for feature in features:
        yield from feature.fields.items()


def _effective(settings: object, field: dataclasses.Field[Any]) -> Any:
    value = getattr(settings, field.name)
    return MASK if value and field.metadata["secret"] else _plain(value)


def masked(key: str, value: str) -> str:
    """The value with passwords and secrets masked, in case others see the screen."""
    if SECRET_NAME.search(key):
        return MASK
    return QUERY_SECRET.sub(rf"\g<1>{MASK}", URL_PASSWORD.sub(rf"\g<1>{MASK}", value))


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return " ".join(sorted(value))
    if isinstance(value, Limit):
        return str(value)
    return dict(value) if isinstance(value, Mapping) else value
