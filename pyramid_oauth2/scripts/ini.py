"""The ini file that a command works on: its settings alone, or the application behind it."""

from __future__ import annotations

import configparser
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import plaster
from pyramid.config import global_registries
from pyramid.exceptions import ConfigurationError
from pyramid.interfaces import IRequestFactory
from pyramid.registry import Registry
from pyramid.request import Request, apply_request_extensions
from pyramid.threadlocal import RequestContext

from ..assembly import get_service, service_of
from ..service import OAuth2Service
from ..settings import Settings
from ..settings.parsing import parse_settings
from .console import keep_quiet

UNREADABLE = (OSError, LookupError, ValueError, configparser.Error, plaster.PlasterError)

# Their messages are about pages and views.
CHECKS_OF_PAGES = logging.getLogger("pyramid_oauth2.views.startup_checks")
CHECKS_OF_VIEWS = logging.getLogger("pyramid_oauth2.protection.permissions")


@dataclass(frozen=True, slots=True)
class Ini:
    """An ini file as named on the command line, with the variables given there.

    :param verbose: whether its whole log is printed, where it names the terminal.
    """

    path: str
    variables: Mapping[str, str] = field(default_factory=dict)
    verbose: bool = False

    def raw_settings(self) -> dict[str, Any]:
        """The settings of its application, without starting it.

        :raises pyramid.exceptions.ConfigurationError: the file cannot be read.
        """
        try:
            return dict(_loader(self.path).get_wsgi_app_settings(defaults=dict(self.variables)))
        except ImportError as error:
            raise ConfigurationError(
                f"{self.path} names code that cannot be imported: {error}. "
                f"If it lies beside the ini: export PYTHONPATH={_folder(self.path)}"
            ) from error
        except UNREADABLE as error:
            raise ConfigurationError(f"{self.path} cannot be read: {_reason(error)}") from error

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
        """Start the application, yield its service, and close the service afterwards."""
        with self.registry() as registry:
            yield get_service(registry)

    @contextmanager
    def registry(self) -> Iterator[Registry]:
        """Start the application, in either mode, and close its service afterwards."""
        self.raw_settings()  # So that a missing file gets the same message everywhere.
        loader = _loader(self.path)
        self._set_up_logging(loader)
        # A command serves no page, so what is missing for one is not said here.
        with _silent(CHECKS_OF_PAGES), _silent(CHECKS_OF_VIEWS):
            loader.get_wsgi_app(defaults=dict(self.variables))
        registry = global_registries.last  # A filter of the ini may hide the application itself.
        service = service_of(registry)
        try:
            with _request(registry):
                yield registry
        finally:
            service.close()

    def _set_up_logging(self, loader: Any) -> None:
        try:
            loader.setup_logging(dict(self.variables))
        except (*UNREADABLE, ImportError, AttributeError, TypeError) as error:
            reason = f"{type(error).__name__}: {_reason(error)}"
            raise ConfigurationError(
                f"The logging of {self.path} cannot be set up: {reason}"
            ) from error
        if not self.verbose:
            keep_quiet()


@dataclass(frozen=True, slots=True)
class StartedIni(Ini):
    """An ini file whose application was started before, and is closed by the caller.

    :param started: its registry.
    :param error: why it did not start.
    """

    started: Registry | None = None
    error: BaseException | None = None

    @contextmanager
    def registry(self) -> Iterator[Registry]:
        """The application that was started.

        :raises Exception: the one that stopped its start.
        """
        if self.error is not None:
            raise self.error
        yield self.started


def _reason(error: Exception) -> str:
    """Why a file cannot be read, in a line; without what it has there, which may be a secret."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error).partition("\n")[0].partition(" Raw value")[0]


@contextmanager
def _request(registry: Registry) -> Iterator[None]:
    """Make a request current, for code of the application that asks Pyramid for it.

    Unlike ``pyramid.scripting.prepare`` this calls no root factory, which may refuse a request
    without a user.
    """
    request = registry.queryUtility(IRequestFactory, default=Request).blank("/")
    request.registry = registry
    with RequestContext(request):
        apply_request_extensions(request)
        try:
            yield
        finally:
            while request.finished_callbacks:
                request.finished_callbacks.popleft()(request)


@contextmanager
def _silent(log: logging.Logger) -> Iterator[None]:
    before, log.disabled = log.disabled, True
    try:
        yield
    finally:
        log.disabled = before


def _folder(path: str) -> str:
    """The folder of an ini, as the reader would write it here."""
    # A name of the section may follow the path.
    return str(Path(path.partition("#")[0]).parent)


@cache
def _loader(path: str) -> Any:
    # Looked up once, because it searches every installed package. The loader itself
    # reads the file again at each call.
    return plaster.get_loader(path, protocols=["wsgi"])
