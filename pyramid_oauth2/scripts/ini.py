"""The ini file that a command works on: its settings alone, or the application behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import plaster
from pyramid.exceptions import ConfigurationError
from pyramid.paster import bootstrap, setup_logging
from pyramid.registry import Registry

from ..service import OAuth2Service, get_service, service_of
from ..settings import Settings
from ..settings.parsing import parse_settings


@dataclass(frozen=True, slots=True)
class Ini:
    """An ini file as the command line names it, with the variables given there."""

    path: str
    variables: Mapping[str, str] = field(default_factory=dict)

    def raw_settings(self) -> dict[str, Any]:
        """The settings of its application, without starting it.

        :raises pyramid.exceptions.ConfigurationError: it cannot be read.
        """
        try:
            loader = plaster.get_loader(self.path, protocols=["wsgi"])
            return dict(loader.get_wsgi_app_settings(defaults=dict(self.variables)))
        except ImportError as error:
            raise ConfigurationError(
                f"{self.path} names code that cannot be imported: {error}. "
                "If it lies in this folder: export PYTHONPATH=."
            ) from error
        except (OSError, LookupError, ValueError, plaster.PlasterError) as error:
            raise ConfigurationError(f"{self.path} cannot be read: {error}") from error

    def settings(self) -> Settings:
        """The ``oauth2.*`` settings, without starting the application.

        :raises pyramid.exceptions.ConfigurationError: they are wrong.
        """
        settings, mistakes = parse_settings(self.raw_settings())
        if mistakes:
            raise ConfigurationError(f"{self.path} is wrong:\n  " + "\n  ".join(mistakes))
        return settings

    @contextmanager
    def service(self) -> Iterator[OAuth2Service]:
        """Start the application, as far as its service, and close it again."""
        with self.registry() as registry:
            yield get_service(registry)

    @contextmanager
    def registry(self) -> Iterator[Registry]:
        """Start the application, of either mode, and close its service again."""
        self.raw_settings()  # A file that is not there gets the same message everywhere.
        setup_logging(self.path, dict(self.variables))
        with bootstrap(self.path, options=dict(self.variables)) as environment:
            registry = environment["registry"]
            service = service_of(registry)
            try:
                yield registry
            finally:
                service.close()
