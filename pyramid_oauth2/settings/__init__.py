"""The ``oauth2.*`` settings: each key is declared once, with its type, default and meaning.

There is one module per group of settings; :mod:`.parsing` parses the ini into a
:class:`Settings` at start-up. An extension has its own prefix
(``oauth2.sqlalchemy.url``), which it declares with ``config.add_oauth2_settings``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .declaration import REQUIRED
from .introspection import IntrospectionSettings
from .management import ManagementSettings
from .pages import PageSettings
from .server import ServerSettings
from .storage import StorageSettings
from .throttling import ThrottleSettings
from .tokens import TokenSettings

__all__ = ["REQUIRED", "Settings", "setting_fields"]


@dataclass(frozen=True)
class Settings(
    # In the reverse order of the reference.
    IntrospectionSettings,
    ThrottleSettings,
    ManagementSettings,
    PageSettings,
    TokenSettings,
    StorageSettings,
    ServerSettings,
):
    """The settings of the ini, parsed and checked."""

    sections: Mapping[str, Mapping[str, str]] = dataclasses.field(
        default_factory=dict, repr=False, metadata={"key": None}
    )

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
    return {
        field.metadata["key"] or field.name: field
        for field in dataclasses.fields(Settings)
        if "parse" in field.metadata
    }
