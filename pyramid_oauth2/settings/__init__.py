"""The ``oauth2.*`` settings: each key is declared once, with its type, default and meaning.

There is one module per group of settings; :mod:`.parsing` parses the ini into a
:class:`Settings` at start-up. A feature has its own prefix (``oauth2.badges.url``), which
it declares with ``config.add_oauth2_settings``: as a class of its own (:mod:`.feature`),
or as keys whose text is passed to a library.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, TypeVar

from pyramid.exceptions import ConfigurationError

from .declaration import REQUIRED, declared_fields
from .feature import FeatureSettings, Recognising, Signing
from .management import ManagementSettings
from .pages import PageSettings
from .resources import ResourceSettings
from .server import ServerSettings
from .storage import StorageSettings
from .throttling import ThrottleSettings
from .tokens import TokenSettings
from .validation import ValidationSettings

__all__ = ["REQUIRED", "Settings", "setting_fields"]

Declared = TypeVar("Declared")


# The groups are only inherited from, so they have none of the methods that the class has: with
# them a start would take 4 ms more.
@dataclass(frozen=True, eq=False)
class Settings(
    # In the reverse order of the reference.
    ValidationSettings,
    ThrottleSettings,
    ManagementSettings,
    PageSettings,
    ResourceSettings,
    TokenSettings,
    StorageSettings,
    ServerSettings,
):
    """The settings of the ini, parsed and checked."""

    sections: Mapping[str, Mapping[str, str]] = dataclasses.field(
        default_factory=dict, repr=False, metadata={"key": None}
    )

    # Filled by config.add_oauth2_settings, which may be called after these are parsed.
    features: Mapping[type, FeatureSettings] = dataclasses.field(
        default_factory=dict, repr=False, metadata={"key": None}
    )

    def of(self, declared: type[Declared]) -> Declared:
        """The settings of a feature.

        ::

            lifetime = settings.of(BadgeSettings).lifetime

        :param declared: the class that was passed to ``config.add_oauth2_settings``.
        :raises pyramid.exceptions.ConfigurationError: it was not.
        """
        feature = self.features.get(declared)
        if feature is None or not isinstance(feature.values, declared):
            raise ConfigurationError(
                f"The settings {declared.__qualname__} are not declared: "
                f"config.add_oauth2_settings(prefix, {declared.__qualname__})."
            )
        return feature.values

    def naming(self, what: str) -> Iterator[tuple[str, frozenset[str]]]:
        """Each setting that names scopes, or grant types: its key without ``oauth2.``, the names.

        :param what: :data:`~.declaration.SCOPES` or :data:`~.declaration.GRANT_TYPES`.
        """
        declared = [(declared_fields(Settings), self)]
        declared += [(each.fields, each.values) for each in self.features.values()]
        for fields, values in declared:
            for key, field in fields.items():
                if field.metadata["names"] == what:
                    yield key, getattr(values, field.name) or frozenset()

    @property
    def signing_algorithms(self) -> frozenset[str]:
        """The algorithms by which some feature is going to sign."""
        signing = (each.values for each in self.features.values())
        return frozenset(
            name
            for values in signing
            if isinstance(values, Signing)
            for name in values.signing_algorithms()
        )

    @property
    def recognised_for(self) -> int:
        """For how many seconds a public key is needed after it last signed, also unpublished."""
        values = (each.values for each in self.features.values())
        return max((v.recognised_for() for v in values if isinstance(v, Recognising)), default=0)

    def values(self) -> dict[str, Any]:
        """The values of all declared settings, by their key without ``oauth2.``."""
        values = {key: getattr(self, field.name) for key, field in setting_fields().items()}
        for feature in self.features.values():
            for key, field in feature.fields.items():
                values[key] = getattr(feature.values, field.name)
        return values

    def section(self, prefix: str) -> Mapping[str, str]:
        """The unparsed values below ``oauth2.<prefix>.``, with the prefix removed from the keys."""
        return self.sections.get(prefix, {})

    def renderer(self, page: str) -> str:
        """The template of a page; the built-in one if there is no setting for it."""
        ours = f"pyramid_oauth2:templates/{page}.oauth2"
        template: str = getattr(self, f"renderer_{page}", ours)
        return template

    def backend_of(self, role: str) -> str:
        """The name of the backend for ``clients``, ``grants``, ``consents`` or ``entries``."""
        return getattr(self, f"backend_{role}") or self.backend

    @property
    def public_url(self) -> str:
        """The URL to which the path of an endpoint is appended. Never taken from a request."""
        return self.base_url or self.issuer

    @property
    def area(self) -> str:
        """The URL of the protected resource that tokens are for which name none.

        It is the part of the application that its resource paths have in common.
        """
        parts = zip(*(path.split("/") for path in self.resource_paths), strict=False)
        shared = takewhile(lambda each: len(set(each)) == 1, parts)
        return self.public_url + "/".join(each[0] for each in shared)

    @property
    def own_resource(self) -> str:
        """The URL that names a resource server in the audience of a token."""
        return self.resource or self.area

    @property
    def public_lifetime(self) -> int:
        """The lifetime of a public client's access token, in seconds."""
        return self.public_access_token_lifetime or self.access_token_lifetime

    @property
    def https_required(self) -> bool:
        """Whether requests by plain http are refused."""
        if self.enforce_https is None:
            # A missing issuer is reported as a mistake of its own.
            return (self.issuer or "").startswith("https:")
        return self.enforce_https


def setting_fields() -> dict[str, dataclasses.Field[Any]]:
    """The declared settings, by their key without ``oauth2.``."""
    return declared_fields(Settings)
