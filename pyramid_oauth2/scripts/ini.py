"""The ini file that a command works on: its settings alone, or the application behind it."""

from __future__ import annotations

import configparser
import logging
import shlex
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches
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

# What a start says to those who serve the application: about pages and views, about stores that
# cannot be used or written, and about a profile. A command fails itself if it needs one.
CHECKS_OF_A_START = (
    "pyramid_oauth2.assembly",
    "pyramid_oauth2.extensions.client_id_metadata.startup_check",
    "pyramid_oauth2.protection.permissions",
    "pyramid_oauth2.startup",
    "pyramid_oauth2.views.startup_checks",
)


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
            reason = _reason_of_file(self.path, error)
            raise ConfigurationError(f"{self.path} cannot be read: {reason}") from error

    def in_text(self, text: str) -> str:
        """A message with this ini in the commands that it names, ready to be copied."""
        return text.replace("poauth2 INI ", f"poauth2 {shlex.quote(self.path)} ")

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
        with _silent(CHECKS_OF_A_START):
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


def _reason_of_file(path: str, error: Exception) -> str:
    """Why an ini cannot be read; if there is none of that name, which one may be meant."""
    # A name of the section may follow the path.
    file = Path(path.partition("#")[0])
    if file.exists():
        known = not isinstance(error, plaster.LoaderNotFound | plaster.InvalidURI)
        return _reason(error) if known else "The name of an ini file ends in .ini"
    there = sorted(each.name for each in file.parent.glob("*.ini"))
    near = get_close_matches(file.name, there, 1)
    hint = f". Did you mean {file.parent / near[0]}?" if near else ""
    return f"No such file or directory{hint}"


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
def _silent(names: Iterable[str]) -> Iterator[None]:
    before = {log: log.disabled for log in map(logging.getLogger, names)}
    for log in before:
        log.disabled = True
    try:
        yield
    finally:
        for log, disabled in before.items():
            log.disabled = disabled


def _folder(path: str) -> str:
    """The folder of an ini, as the reader would write it here."""
    # A name of the section may follow the path.
    return str(Path(path.partition("#")[0]).parent)


@cache
def _loader(path: str) -> Any:
    # Looked up once, because it searches every installed package. The loader itself
    # reads the file again at each call.
    return plaster.get_loader(path, protocols=["wsgi"])
