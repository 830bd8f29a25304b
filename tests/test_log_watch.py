"""The watch over the log finds leaked credentials, and nothing else."""

from __future__ import annotations

import base64
import logging
import os
import sys
from typing import Any

import pytest

from pyramid_oauth2.protocol.token_kinds import registered_kinds
from pyramid_oauth2.protocol.token_strings import new_client_secret, new_family, new_token

from .log_watch import LENGTH, LogWatch, credentials_in

pytest_plugins = ["pytester"]

TOKENS = [
    new_token(kind.name, new_family(os.urandom), os.urandom).value for kind in registered_kinds()
]
CREDENTIALS = [*TOKENS, new_client_secret(os.urandom)]


def watch_for(credential: str) -> LogWatch:
    watch = LogWatch()
    watch.remember(credential[-6 - LENGTH : -6])
    return watch


def logged(message: object, *args: object, exc_info: Any = None, **more: Any) -> logging.LogRecord:
    make = logging.Logger("quiet").makeRecord
    return make("quiet", logging.DEBUG, "views.py", 7, message, args, exc_info, **more)


def raised(*errors: Exception) -> Any:
    """The value of ``sys.exc_info`` if each error was raised while the previous was handled."""
    try:
        try:
            raise errors[0]
        except Exception:
            raise errors[-1]  # noqa: B904
    except Exception:
        return sys.exc_info()


def basic(secret: str, client_id: str) -> str:
    return base64.b64encode(f"{client_id}:{secret}".encode()).decode()


PLACES = {
    "the message": lambda it: logged(f"issued {it}"),
    "no text": lambda it: logged(ValueError(it)),
    "an argument": lambda it: logged("issued %s to %s", it, "web"),
    "an argument's inside": lambda it: logged("read %r", {"form": [it.encode()]}),
    "a URL": lambda it: logged("GET %s", f"/callback?code={it}&state=x"),
    "between letters": lambda it: logged(f"xx{it}yy"),
    "an exception": lambda it: logged("failed", exc_info=raised(ValueError(it))),
    "an exception's cause": lambda it: logged(
        "failed", exc_info=raised(ValueError(it), KeyError("x"))
    ),
    "a note": lambda it: logged("failed", exc_info=raised(noted(it))),
    "the stack": lambda it: logged("here", sinfo=f"Stack:\n  {it}"),
    "what is there besides": lambda it: logged("issued", extra={"token": it}),
}


def noted(note: str) -> Exception:
    error = ValueError("wrong")
    error.add_note(note)
    return error


@pytest.mark.parametrize("credential", CREDENTIALS, ids=lambda credential: credential[:3])
@pytest.mark.parametrize("place", PLACES)
def test_a_credential_is_found_in(place: str, credential: str):
    watch = watch_for(credential)
    watch.look(PLACES[place](credential))
    assert watch.report()


@pytest.mark.parametrize("client_id", ["w", "we", "web"])
def test_a_credential_is_found_in_a_basic_header(client_id: str):
    secret = CREDENTIALS[-1]
    watch = watch_for(secret)
    watch.look(logged("headers: %s", {"Authorization": f"Basic {basic(secret, client_id)}"}))
    assert watch.report()


def test_a_report_names_the_place_and_not_the_credential():
    watch = watch_for(TOKENS[0])
    watch.look(logged(f"issued {TOKENS[0]} to %s", "web"))
    report = watch.report()
    assert report is not None
    assert "DEBUG of quiet at views.py:7: issued " in report
    assert "to %s" in report
    assert TOKENS[0][-20:-6] not in report
    assert watch.report() is None, "it is told once"


def test_what_may_be_logged():
    """A digest, a family and a token of another run are no credentials of this run."""
    token = new_token("access_token", new_family(os.urandom), os.urandom)
    watch = watch_for(token.value)
    watch.look(logged("%s %s %r", token.ref.family, token.ref.digest.hex(), token))
    watch.look(logged("%s", TOKENS[0]))
    watch.look(logged("%s", token.value[: len(token.value) // 2]))
    watch.look(logged("x" * 1000, exc_info=(None, None, None)))
    assert watch.report() is None


def test_what_a_client_logs_is_its_own():
    watch = watch_for(TOKENS[0])
    record = logged("%s", TOKENS[0])
    record.name = "requests_oauthlib.oauth2_session"
    watch.look(record)
    assert watch.report() is None


@pytest.mark.parametrize("credential", CREDENTIALS, ids=lambda credential: credential[:3])
def test_another_process_shows_its_credentials_by_their_form(credential: str):
    assert credentials_in(f"DEBUG sqlalchemy: ('{credential}', 1)\n") == [credential]
    assert credentials_in(f"{credential[:-1]} {credential[:-6]}") == []


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("Authorization: Basic d2ViOnNlY3JldHNlY3JldA==", ["Basic d2ViOnNlY3JldHNlY3JldA=="]),
        ("{'authorization': 'bearer another-servers.token'}", ["bearer another-servers.token"]),
        ('WWW-Authenticate: Bearer resource_metadata="https://x"', []),
        ('WWW-Authenticate: Basic realm="oauth2"', []),
    ],
)
def test_a_header_is_not_a_challenge(line: str, found: list[str]):
    assert credentials_in(line) == found


SUITE = """
import logging, os, pytest
from pyramid_oauth2.protocol import token_strings

log = logging.getLogger("quiet")
log.propagate = False
log.setLevel("ERROR")

@pytest.fixture(scope="module")
def late():
    yield
    leak()

def leak():
    log.debug("issued %s", token_strings.new_client_secret(os.urandom))

def test_leaks(caplog):
    leak()
    assert not caplog.records

def test_leaks_no_more(caplog):
    log.debug("issued %s", token_strings.new_family(os.urandom))

def test_sees_the_log_as_if_nobody_watched(caplog):
    logging.getLogger("other").info("too quiet")
    with caplog.at_level("INFO"):
        logging.getLogger("other").info("loud enough")
    assert caplog.messages == ["loud enough"]

def test_is_the_last(late):
    pass
"""


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest):
    """Run another suite in a separate process, and watch its log."""
    monkeypatch.setenv("PYTHONPATH", str(request.config.rootpath), prepend=os.pathsep)
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)

    def run(suite: str, *more: str) -> pytest.RunResult:
        pytester.makepyfile(suite)
        usual = ("-p", "tests.log_watch", "-p", "no:cacheprovider")
        return pytester.runpytest_subprocess(*usual, *more)

    return run


def test_the_test_that_leaks_fails(run):
    result = run(SUITE)
    result.assert_outcomes(passed=4, errors=2)
    result.stdout.fnmatch_lines(
        [
            "*ERROR at teardown of test_leaks *",
            "A credential is in the log:",
            "DEBUG of quiet at *: issued %s",
            "*ERROR at teardown of test_is_the_last *",
        ]
    )
    result.stdout.no_fnmatch_line("*ocs_*")


@pytest.mark.parametrize("processes", ["0", "1"])
def test_a_leak_after_the_last_test_fails_the_run(run, pytester: pytest.Pytester, processes: str):
    leak = SUITE.partition("def test_")[0]
    pytester.makeconftest(f"{leak}\ndef pytest_sessionfinish(): leak()\n")
    result = run("def test_nothing(): pass\n", "-n", processes)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*logged after the last test*", "DEBUG of quiet at *: issued %s"])
