"""A command whose standard input or output is closed, or has an encoding without a character."""

from __future__ import annotations

import io
import json
import shlex
import subprocess
import sys

import pytest

from pyramid_oauth2.scripts.poauth2 import main

from .test_client import WEB

NAME = "日本"
EMPTY = "poauth2: there is no token on standard input\n"
NO_LIST = "poauth2: standard input cannot be read: it is no JSON: "


@pytest.fixture
def web(with_tables):
    assert with_tables(*WEB, "--client-id", "web")[0] == 0
    return with_tables


def shell(poauth2, *words, streams="", encoding="utf-8"):
    """Run a process by a shell, with what closes its streams; its status, stdout and stderr."""
    program = [sys.executable, "-m", "pyramid_oauth2.scripts.poauth2", str(poauth2.path), *words]
    ended = subprocess.run(
        ["sh", "-c", f"{shlex.join(program)} {streams}"],
        capture_output=True,
        timeout=60,
        env={"PYTHONIOENCODING": encoding, "PATH": "/usr/bin:/bin"},
    )
    return ended.returncode, ended.stdout.decode(encoding), ended.stderr.decode(encoding)


@pytest.mark.parametrize(
    ("words", "status", "err"),
    [
        (("client", "import"), 1, NO_LIST),
        (("token", "inspect"), 1, EMPTY),
        (("client", "delete", "web"), 1, "poauth2: to delete without being asked, add --yes\n"),
        (("client", "add", "--kind", "machine"), 2, "poauth2: name the client, as in: "),
        (("client", "rotate-secret", "web", "--secret-stdin"), 1, "poauth2: web was not changed: "),
        ((*WEB, "--secret-stdin"), 1, "poauth2: the client was not registered:\n  --secret-stdin"),
    ],
)
def test_a_closed_input_is_empty(web, monkeypatch, capsys, words, status, err):
    before = web("client", "list", "--json")[1]
    monkeypatch.setattr("sys.stdin", None)
    assert main([str(web.path), *words]) == status
    said = capsys.readouterr()
    assert (said.out, said.err[: len(err)]) == ("", err)
    assert web("client", "list", "--json")[1] == before


def test_an_input_that_is_closed_at_the_start_of_the_process(web):
    status, out, err = shell(web, "client", "import", streams="<&-")
    assert (status, out, err[: len(NO_LIST)]) == (1, "", NO_LIST)
    assert web("client", "show", "web")[0] == 0


@pytest.mark.parametrize(
    ("words", "streams"),
    [
        (("purge",), ">&-"),
        (("client", "list"), ">&-"),
        (("db", "upgrade"), ">&-"),
        (("db", "upgrade"), "2>&-"),
        (("db", "upgrade"), "<&- >&- 2>&-"),
    ],
)
def test_a_closed_output_takes_nothing(web, words, streams):
    status, _, err = shell(web, *words, streams=streams)
    assert (status, err) == (0, "")
    assert web("client", "show", "web")[0] == 0


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_what_the_encoding_does_not_have_is_escaped(web, encoding):
    assert web("client", "edit", "web", "--name", NAME)[0] == 0
    for words in (("client", "list"), ("client", "show", "web")):
        status, out, err = shell(web, *words, encoding=encoding)
        assert (status, err) == (0, "")
        assert r"\u65e5\u672c" in out


@pytest.mark.parametrize(
    ("words", "status", "hint"),
    [
        (("client", "rotate-secret", "web", "--secret-stdin"), 1, "a secret is Unicode text"),
        ((*WEB, "--secret-stdin"), 1, "a secret is Unicode text"),
        (("client", "import"), 1, "it is no UTF-8 text"),
        (("token", "inspect"), 1, "this is no token of this server"),
    ],
)
def test_an_input_that_is_no_text(web, monkeypatch, capsys, words, status, hint):
    before = json.loads(web("client", "list", "--json")[1])
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b'"secret-\xff"\n'), "utf-8"))
    assert main([str(web.path), *words]) == status
    assert hint in capsys.readouterr().err
    assert json.loads(web("client", "list", "--json")[1]) == before


def test_an_input_that_ends_at_the_prompt_for_a_secret(web, monkeypatch, capsys):
    def end_of_input(prompt: str) -> str:
        raise EOFError

    stdin = io.StringIO()
    monkeypatch.setattr(stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stdin", stdin)
    monkeypatch.setattr("getpass.getpass", end_of_input)
    assert main([str(web.path), "client", "rotate-secret", "web", "--secret-stdin"]) == 130
    assert capsys.readouterr().err == "poauth2: stopped\n"
