"""What is wrong is said in a line, without a traceback, and without a token."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import click
import pytest

from pyramid_oauth2.protocol.token_strings import new_client_secret, new_family, new_token
from pyramid_oauth2.scripts.failures import report
from pyramid_oauth2.scripts.poauth2 import main

from .test_client import WEB

LOGGING = """
[loggers]
keys = root
[handlers]
keys = console, file
[formatters]
keys =
[logger_root]
level = INFO
handlers = console, file
[handler_console]
class = StreamHandler
args = (sys.stderr,)
[handler_file]
class = FileHandler
args = ('%(here)s/app.log',)
"""
JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl"


def process(poauth2, *words, out=subprocess.PIPE, err=subprocess.PIPE, options=()):
    """Run a process of its own; return the exit status, and the output."""
    program = [sys.executable, "-m", "pyramid_oauth2.scripts.poauth2"]
    command = [*program, *options, str(poauth2.path), *words]
    ended = subprocess.run(command, stdout=out, stderr=err, text=True, timeout=60)
    return ended.returncode, ended.stdout, ended.stderr


def on_terminal(poauth2, *words, options=()):
    """The same, with a terminal for stderr."""
    terminal, end = os.openpty()
    status, out, _ = process(poauth2, *words, err=end, options=options)
    os.close(end)
    printed = b""
    # Linux reports EIO, not the end of a file, once nothing has the other end open.
    with suppress(OSError):
        while read := os.read(terminal, 4096):
            printed += read
    os.close(terminal)
    return status, out, printed.decode()


class TestWords:
    @pytest.mark.parametrize(
        ("words", "line"),
        [
            (("client", "lst"), "there is no command lst; did you mean list?"),
            (("clint", "list"), "there is no command clint; did you mean client?"),
            (("frobnicate",), "there is no command frobnicate"),
            (("client", "list", "--jsn"), "there is no option --jsn; did you mean --json?"),
            (("client", "show", "--frob"), "there is no option --frob"),
            (("client", "show"), "missing argument 'CLIENT_ID'"),
            (("copy",), "missing option '--to'"),
            (("client", "list", "web"), "unexpected word"),
            (("token", "inspct"), "unexpected word; did you mean inspect?"),
        ],
    )
    def test_a_wrong_one(self, poauth2, words, line):
        status, out, err = poauth2(*words)
        assert (status, out) == (2, "")
        assert err.splitlines()[0] == f"poauth2: {line}"
        assert err.splitlines()[1].startswith("Try: poauth2 ")
        assert len(err.splitlines()) == 2

    @pytest.mark.parametrize("option", ["--scop", "--na", "--redirect", "--js"])
    def test_an_abbreviated_option_is_none(self, with_tables, option):
        with_tables(*WEB, "--client-id", "web")
        before = with_tables("client", "show", "web", "--json")[1]
        status, _, err = with_tables("client", "edit", "web", option, "write")
        assert (status, f"there is no option {option}" in err) == (2, True)
        assert with_tables("client", "show", "web", "--json")[1] == before

    @pytest.mark.parametrize("words", [("client", "list"), ("db", "upgrade"), ("purge",)])
    def test_without_an_ini(self, words, capsys):
        assert main(words) == 2
        err = capsys.readouterr().err
        assert err == (
            "poauth2: name the ini file first, as in: poauth2 development.ini db upgrade\n"
        )


SECRETS = [
    new_client_secret(os.urandom),
    new_token("access_token", new_family(os.urandom), os.urandom).value,
    new_token("access_token", new_family(os.urandom), os.urandom).value[:-1] + "!",
    JWT,
]


class TestSecrets:
    @pytest.mark.parametrize("secret", SECRETS, ids=["client secret", "token", "cut", "JWT"])
    @pytest.mark.parametrize(
        "words",
        [
            ("{}",),
            ("{}", "list"),
            ("client", "{}"),
            ("client", "list", "{}"),
            ("client", "list", "--{}"),
            ("client", "list", "--json={}"),
            ("client", "edit", "web", "--clear", "{}"),
            ("client", "add", "--access-token-lifetime", "{}"),
            ("client", "add", "--consent", "{}"),
            ("user", "show", "alice", "{}"),
            ("token", "inspect", "{}"),
            ("token", "inspect", "--token={}"),
        ],
    )
    def test_no_message_repeats_one(self, poauth2, secret, words):
        status, out, err = poauth2(*(word.format(secret) for word in words))
        assert status == 2
        assert secret[8:40] not in out + err

    @pytest.mark.parametrize(
        "words",
        [
            ("client", "add", "--name", "x", "--secret-stdin", "hunter2"),
            ("client", "add", "--name", "x", "--secret-stdin=hunter2"),
            ("client", "rotate-secret", "x", "hunter2"),
            ("client", "rotate-secret", "x", "--secret-stdin", "hunter2"),
            ("client", "end-earlier-secret", "x", "hunter2"),
            ("client", "edit", "x", "hunter2"),
            ("token", "hunter2"),
            ("token", "hunter2", "inspect"),
            ("token", "inspect", "hunter2"),
        ],
    )
    def test_no_message_repeats_a_word_that_may_be_one(self, poauth2, words):
        status, out, err = poauth2(*words)
        assert (status, out) == (2, "")
        assert err
        assert "hunter2" not in err

    def test_the_content_of_a_file_that_is_no_ini(self, poauth2):
        """As of a file that has a secret, named by mistake."""
        poauth2.path.write_text("hunter2\n")
        for command in ("client list", "db current", "settings"):
            status, out, err = poauth2(*command.split())
            assert (status, out) == (1, "")
            assert (
                err
                == f"poauth2: {poauth2.path} cannot be read: File contains no section headers.\n"
            )

    def test_a_value_of_the_ini(self, poauth2):
        poauth2.write(more="oauth2.redis.url = redis://:hunter2@%(nowhere)s/0")
        status, _, err = poauth2("client", "list")
        assert (status, len(err.splitlines())) == (1, 1)
        assert "interpolation key 'nowhere'" in err
        assert "hunter2" not in err


class TestIni:
    def test_it_is_a_folder(self, poauth2):
        poauth2.path.unlink()
        poauth2.path.mkdir()
        line = f"poauth2: {poauth2.path} cannot be read: Is a directory\n"
        assert poauth2("client", "list") == (1, "", line)

    def test_it_is_no_text(self, poauth2):
        poauth2.path.write_bytes(b"\xff\xfe")
        status, out, err = poauth2("settings")
        assert (status, out, len(err.splitlines())) == (1, "", 1)
        assert err.startswith(f"poauth2: {poauth2.path} cannot be read: 'utf-8' codec")

    def test_its_logging_is_wrong(self, poauth2):
        poauth2.write(more=LOGGING.replace("keys = console, file", "keys = file"))
        line = f"poauth2: The logging of {poauth2.path} cannot be set up: KeyError: 'console'\n"
        assert process(poauth2, "client", "list") == (1, "", line)

    def test_its_application_cannot_be_imported(self, poauth2):
        text = poauth2.path.read_text().replace("tests.scripts.application", "no_such_module")
        poauth2.path.write_text(text)
        status, out, err = poauth2("client", "list")
        assert (status, out, len(err.splitlines())) == (1, "", 1)
        assert "names code that cannot be imported: No module named 'no_such_module'" in err


class TestImport:
    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("{", "it is no JSON: line 1, column 2: Expecting property name enclosed"),
            ('[\n{"client_id"}]', "it is no JSON: line 2, column 13: Expecting ':' delimiter"),
            ('{"a": 1}', "a JSON list of clients is needed, as client export writes it"),
            ("[" * 100_000, "it is no list of clients: its values are nested too deeply"),
        ],
    )
    def test_bad_json(self, poauth2, text, why):
        status, out, err = poauth2("client", "import", stdin=text)
        assert (status, out, len(err.splitlines())) == (1, "", 1)
        assert err.startswith(f"poauth2: standard input cannot be read: {why}")

    def test_a_file_that_is_no_text(self, poauth2, tmp_path):
        file = tmp_path / "clients.json"
        file.write_bytes(b"\xff")
        line = f"poauth2: {file} cannot be read: it is no UTF-8 text\n"
        assert poauth2("client", "import", str(file)) == (1, "", line)


class TestOutput:
    @pytest.mark.parametrize(
        "words",
        [("--help",), ("client", "list"), ("client", "export"), ("settings", "--json")],
    )
    def test_a_full_disk(self, with_tables, words):
        with Path("/dev/full").open("w") as full:
            status, _, err = process(with_tables, *words, out=full)
        line = "poauth2: the output cannot be written: No space left on device\n"
        assert (status, err) == (1, line)

    def test_a_reader_that_has_gone(self, with_tables):
        reading, writing = os.pipe()
        os.close(reading)
        with os.fdopen(writing, "w") as gone:
            status, _, err = process(with_tables, "client", "list", out=gone)
        assert (status, err) == (1, "")

    def test_without_an_output(self, with_tables):
        command = (
            f"{sys.executable} -m pyramid_oauth2.scripts.poauth2 {with_tables.path} db current"
        )
        ended = subprocess.run(["sh", "-c", f"{command} >&-"], capture_output=True, timeout=60)
        assert (ended.returncode, ended.stderr) == (0, b"")

    def test_another_error_is_not_taken_for_one(self, capsys):
        assert report(OSError(errno.ENOENT, "nowhere")) is None
        assert report(ValueError("a mistake of ours")) is None
        assert capsys.readouterr().err == ""

    @pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort()])
    def test_it_is_stopped(self, capsys, error):
        assert report(error) == 130
        assert capsys.readouterr().err == "poauth2: stopped\n"


class TestLog:
    @pytest.fixture
    def logging_ini(self, with_tables):
        with_tables.write(more=LOGGING)
        return with_tables

    def test_lines_for_the_log_alone_are_not_printed_on_a_terminal(self, logging_ini, tmp_path):
        status, out, err = on_terminal(logging_ini, *WEB, "--scope", "read", "--json")
        assert (status, err) == (0, "")
        (audit,) = [line for line in (tmp_path / "app.log").read_text().splitlines() if "=" in line]
        assert audit == (
            f"event=ClientChanged client_id={json.loads(out)['client_id']} change=registered"
        )
        assert on_terminal(logging_ini, "db", "upgrade")[2] == ""

    def test_a_file_has_all_lines(self, logging_ini):
        """As under cron and systemd, where stderr is the log."""
        status, _, err = process(logging_ini, *WEB, "--client-id", "web")
        assert status == 0
        assert "event=ClientChanged client_id=web change=registered\n" in err

    def test_verbose(self, logging_ini):
        status, _, err = on_terminal(logging_ini, *WEB, options=["--verbose"])
        assert (status, "event=ClientChanged" in err) == (0, True)

    def test_warnings_are_printed(self, poauth2):
        poauth2.write(more="oauth2.read_only = true\noauth2.login_return_param = to\n" + LOGGING)
        status, _, err = process(poauth2, "client", "list")
        assert status == 1
        assert "oauth2.login_return_param has no effect" in err
        # Not what a start says about the same as well.
        assert err.endswith(
            "\npoauth2: The tables of pyramid_oauth2 are missing or out of date: run "
            f"poauth2 {poauth2.path} db upgrade\n"
        )
        assert "The store" not in err
        assert "read_only" not in err
