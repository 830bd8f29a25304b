"""Searches the log of the whole run for every credential that is generated (RFC 6819 5.1.4.1).

A test fails if a log record of its time, of any level and logger, contains a token, a
code, an interaction's handle or a client secret of this process. No test has to
request that.
"""

from __future__ import annotations

import base64
import logging
import re
import traceback
from collections.abc import Iterator
from typing import Any

import pytest

from pyramid_oauth2.protocol import token_strings

LENGTH = token_strings.SECRET_LENGTH

_RUNS = re.compile(rf"[0-9A-Za-z]{{{LENGTH},}}")
_TOKENS = re.compile(rf"(?:{'|'.join(token_strings.our_prefixes())})_[0-9A-Za-z]+")
# An Authorization header, not a challenge, which looks like Bearer error="...".
_HEADERS = re.compile(r'\b(?:Basic|Bearer) [\w.~+/-]{16,}+=*+(?!")', re.IGNORECASE)
_USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
# Clients used by the tests: their log records are those of a client, about its own tokens.
_CLIENTS = ("requests_oauthlib",)


class LogWatch:
    """The credentials that must not be logged, and those that were."""

    def __init__(self) -> None:
        self._traces: set[str] = set()
        self.leaks: list[str] = []

    def remember(self, secret: str) -> None:
        """Search for the secret part of a token or client secret.

        Also in base 64, as in a Basic header; its position there decides which of
        three forms it has.
        """
        encoded = (base64.b64encode(secret[start:].encode()).decode() for start in range(3))
        # Cut to one length, so that a text is searched once for all of them.
        self._traces.update([secret, *(text[:LENGTH] for text in encoded)])

    def finds(self, text: str) -> bool:
        """Whether a remembered secret is in *text*."""
        return any(
            run[start : start + LENGTH] in self._traces
            for run in _RUNS.findall(text)
            for start in range(len(run) - LENGTH + 1)
        )

    def look(self, record: logging.LogRecord) -> None:
        """Record a leak if a remembered secret is in anything that *record* would print."""
        if record.name.startswith(_CLIENTS):
            return
        if any(map(self.finds, _texts(record))):
            # The format string identifies the call; it may be the leak itself.
            message = _RUNS.sub("...", str(record.msg))
            place = f"{record.pathname}:{record.lineno}"
            leak = f"{record.levelname} of {record.name} at {place}: {message}"
            # Another process reads it, and a lone surrogate cannot be sent there.
            self.leaks.append(leak.encode("ascii", "backslashreplace").decode())

    def report(self) -> str | None:
        """The leaks since the last report, without the secrets."""
        leaks, self.leaks = dict.fromkeys(self.leaks), []
        return "\n".join(["A credential is in the log:", *leaks]) if leaks else None


def credentials_in(text: str) -> list[str]:
    """The tokens, client secrets and Authorization headers in another process's log."""
    tokens = (
        word
        for word in _TOKENS.findall(text)
        if token_strings.parse_token(word) or token_strings.is_client_secret(word)
    )
    return [*tokens, *_HEADERS.findall(text)]


def _texts(record: logging.LogRecord) -> Iterator[str]:
    yield record.getMessage()
    if record.exc_info and record.exc_info[1]:
        yield "".join(traceback.format_exception(record.exc_info[1]))
    yield record.stack_info or ""
    # What a JSON formatter would print too.
    yield from (str(value) for name, value in vars(record).items() if name not in _USUAL)


watch = LogWatch()


def pytest_configure(config: pytest.Config) -> None:
    """Remember the generated secrets and check the log records, until the run ends.

    The logging module itself is patched: a handler would miss the loggers that do not
    propagate, and would be lost when an ini file configures the root logger. Every
    logger is enabled for all levels; a record that its own level refuses is checked but
    not passed on, so that a test sees the log as without this watch.
    """
    draw, handle = token_strings.random_text, logging.Logger.handle
    is_enabled = logging.Logger.isEnabledFor

    def remembered(length: int, random: token_strings.RandomBytes) -> str:
        text = draw(length, random)
        if length == LENGTH:
            watch.remember(text)
        return text

    def watched(logger: logging.Logger, record: logging.LogRecord) -> None:
        watch.look(record)
        if is_enabled(logger, record.levelno):
            handle(logger, record)

    patch = pytest.MonkeyPatch()
    patch.setattr(token_strings, "random_text", remembered)
    patch.setattr(logging.Logger, "isEnabledFor", lambda logger, level: True)
    patch.setattr(logging.Logger, "handle", watched)
    config.add_cleanup(patch.undo)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown() -> Iterator[None]:
    """Fail the test that leaked, after its complete teardown.

    What was logged before the first test counts as that test's.
    """
    yield
    if leaks := watch.report():
        pytest.fail(leaks, pytrace=False)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run for leaks after its last test, or in a test whose teardown failed."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["leaks"] = watch.leaks
    elif watch.leaks:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over the leaks that a process of pytest-xdist recorded but did not report."""
    watch.leaks += getattr(node, "workeroutput", {}).get("leaks", [])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print why the run failed, if no test failed for it."""
    if leaks := watch.report():
        terminalreporter.section("logged after the last test", sep="-")
        terminalreporter.line(leaks)
