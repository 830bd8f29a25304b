"""The whole run's log, searched for every credential that the run draws (RFC 6819 5.1.4.1).

A test fails if anything was logged while it ran, at any level and by whatever
logger, that contains a token, a code, an interaction's handle or a client
secret of this process. No test needs to ask for it.
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
_PREFIXES = "|".join([*token_strings.PREFIXES.values(), token_strings.CLIENT_SECRET_PREFIX])
_TOKENS = re.compile(rf"(?:{_PREFIXES})_[0-9A-Za-z]+")
# An Authorization header, not the challenge that asks for one: Bearer error="...".
_HEADERS = re.compile(r'\b(?:Basic|Bearer) [\w.~+/-]{16,}+=*+(?!")', re.IGNORECASE)
_USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
# The tests' own clients: what they log, they log at the client's, of what is theirs.
_CLIENTS = ("requests_oauthlib",)


class LogWatch:
    """What must not be logged, and what was logged all the same."""

    def __init__(self) -> None:
        self._traces: set[str] = set()
        self.leaks: list[str] = []

    def remember(self, secret: str) -> None:
        """Look out for the secret part of a token or client secret.

        Also in base 64, as in a Basic header: where it stands there decides
        which of three ways it is written.
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
        """Note a leak if a remembered secret is in anything that *record* would print."""
        if record.name.startswith(_CLIENTS):
            return
        if any(map(self.finds, _texts(record))):
            # The format string says which call it was; it may be the leak itself.
            message = _RUNS.sub("...", str(record.msg))
            place = f"{record.pathname}:{record.lineno}"
            told = f"{record.levelname} of {record.name} at {place}: {message}"
            # Another process reads it, and a lone surrogate would not get there.
            self.leaks.append(told.encode("ascii", "backslashreplace").decode())

    def report(self) -> str | None:
        """What was noted since the last report, without the secrets."""
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
    # What a JSON formatter would print besides.
    yield from (str(value) for name, value in vars(record).items() if name not in _USUAL)


watch = LogWatch()


def pytest_configure(config: pytest.Config) -> None:
    """Remember what is drawn and look at what is logged, until the run ends.

    The logging module itself is asked, for a handler would miss the loggers
    that do not propagate, and be lost where an ini file configures the root.
    Every logger is talkative; what its own level refuses is looked at and goes
    no further, so that a test sees the log as if nobody watched.
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
    """Fail the test that leaked, after everything of it is torn down.

    What was logged before the first test counts as that test's.
    """
    yield
    if leaks := watch.report():
        pytest.fail(leaks, pytrace=False)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run for what was logged after its last test, or in one whose teardown failed."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["leaks"] = watch.leaks
    elif watch.leaks:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what a process of pytest-xdist noted and told nobody."""
    watch.leaks += getattr(node, "workeroutput", {}).get("leaks", [])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say why the run failed, where no test failed for it."""
    if leaks := watch.report():
        terminalreporter.section("logged after the last test", sep="-")
        terminalreporter.line(leaks)
