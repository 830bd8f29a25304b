"""What the shell offers after ``poauth2``: an ini, then commands, then options."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from pyramid_oauth2.scripts.poauth2 import COMMANDS, main
from tests.docs.page import ROOT
from tests.serving import environment


@pytest.fixture
def complete(poauth2, monkeypatch, capsys):
    """What fish offers for the last of the words."""

    def offered(*words):
        *before, incomplete = words
        monkeypatch.setenv("_POAUTH2_COMPLETE", "fish_complete")
        monkeypatch.setenv("COMP_WORDS", " ".join(["poauth2", *before]))
        monkeypatch.setenv("COMP_CWORD", incomplete)
        assert main([]) == 0
        printed = capsys.readouterr()
        assert printed.err == ""
        lines = [line for line in printed.out.splitlines() if line.startswith(("plain", "file"))]
        return [line.partition(",")[2].partition("\t")[0] for line in lines]

    monkeypatch.chdir(poauth2.path.parent)
    return offered


def test_first_the_ini_files(complete, tmp_path):
    (tmp_path / "other.ini").touch()
    (tmp_path / "notes.txt").touch()
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "deep.ini").touch()
    assert complete("") == ["app.ini", "other.ini"]
    assert complete("o") == ["other.ini"]
    assert complete("conf/") == ["conf/deep.ini"]
    assert complete(f"{tmp_path}/a") == [f"{tmp_path}/app.ini"]


def test_where_no_ini_begins_so_the_shell_completes_files(complete):
    assert complete("conf") == ["conf"]


def test_then_the_commands(complete):
    assert complete("app.ini", "") == list(COMMANDS)
    assert complete("app.ini", "c") == ["client", "copy"]
    assert complete("app.ini", "a=b", "c") == ["client", "copy"]
    assert complete("app.ini", "db", "") == ["upgrade", "current", "check", "sql"]
    assert complete("app.ini", "client", "e") == ["edit", "end-earlier-secret", "enable", "export"]


def test_then_the_options(complete):
    assert complete("--") == ["--verbose", "--version", "--help"]
    assert complete("app.ini", "grant", "list", "--") == [
        *("--user", "--client", "--all", "--json", "--help")
    ]
    assert complete("app.ini", "client", "add", "--red") == ["--redirect-uri"]
    assert complete("app.ini", "client", "add", "--consent", "") == ["remember", "ask", "skip"]


def test_those_that_the_application_declares(poauth2, with_field, complete):
    for command in ("add", "edit"):
        assert complete(str(poauth2.path), "client", command, "--cust") == ["--customer-number"]
        assert complete(str(poauth2.path), "client", command, "--no-li") == ["--no-likes-json"]


def test_an_application_that_does_not_start(poauth2, complete):
    poauth2.write(issuer="nowhere")
    assert complete(str(poauth2.path), "client", "add", "--na") == ["--name"]


def test_what_the_application_prints_is_not_offered(poauth2, complete, monkeypatch):
    def main(global_config, **settings):
        print("plain,--made-up")
        print("starting", file=sys.stderr)
        raise ValueError

    monkeypatch.setattr("tests.scripts.application.main", main)
    assert complete(str(poauth2.path), "client", "add", "--na") == ["--name"]


def test_an_application_that_exits(poauth2, complete, monkeypatch):
    def main(global_config, **settings):
        raise SystemExit("The database is away.")

    monkeypatch.setattr("tests.scripts.application.main", main)
    assert complete(str(poauth2.path), "client", "add", "--na") == ["--name"]


NOISY = """
import os, subprocess, sys

def main(global_config, **settings):
    for descriptor in (1, 2):
        os.write(descriptor, b"plain,--made-up")
    subprocess.run(["sh", "-c", "echo plain,--made-up; echo warning >&2"])
    sys.exit("The database is away.")
"""


def process(environ, folder):
    environ = environment(PYTHONPATH=f"{ROOT}:{folder}", **environ)
    done = subprocess.run(["poauth2"], env=environ, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def test_what_other_programs_print_is_not_offered(poauth2, tmp_path):
    (tmp_path / "noisy.py").write_text(NOISY)
    text = poauth2.path.read_text().replace("tests.scripts.application", "noisy")
    poauth2.path.write_text(text)
    words = f"poauth2 {poauth2.path} client add --na"
    environ = {"COMP_WORDS": words, "COMP_CWORD": "4", "_POAUTH2_COMPLETE": "bash_complete"}
    assert process(environ, tmp_path) == (0, "plain,--name\n", "")


@pytest.mark.parametrize(
    "environ",
    [
        {"_POAUTH2_COMPLETE": "bash_complete"},
        {"_POAUTH2_COMPLETE": "bash_complete", "COMP_WORDS": "poauth2", "COMP_CWORD": ""},
        {"_POAUTH2_COMPLETE": "fish_complete", "COMP_WORDS": "poauth2"},
        {"_POAUTH2_COMPLETE": "bash"},
        {"_POAUTH2_COMPLETE": "csh_complete"},
    ],
)
def test_without_the_words_of_the_shell_it_ends_quietly(environ, tmp_path):
    assert process(environ, tmp_path) == (1, "", "")


def test_a_word_of_blanks_alone_ends_quietly(tmp_path):
    environ = {"COMP_WORDS": "poauth2", "COMP_CWORD": " ", "_POAUTH2_COMPLETE": "fish_complete"}
    # click raises IndexError; before 8.2 it offers the files, which is fish's word for the ini.
    assert process(environ, tmp_path) in [(1, "", ""), (0, "file, \n", "")]


def line_for(shell):
    """The line that the reference has for the start-up file of a shell."""
    page = (ROOT / "docs/reference/command-line.md").read_text()
    (line,) = re.findall(rf"^(.*{shell}_source.*?) +#", page, re.MULTILINE)
    return line


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_for_a_shell(shell, monkeypatch, capsys):
    assert f"_POAUTH2_COMPLETE={shell}_source poauth2" in line_for(shell)
    monkeypatch.setenv("_POAUTH2_COMPLETE", f"{shell}_source")
    assert main([]) == 0
    assert "_poauth2_completion" in capsys.readouterr().out


def test_in_bash(poauth2):
    program = Path(sys.executable).with_name("poauth2")
    script = f"""
        PATH={program.parent}:$PATH
        {line_for("bash")}
        COMP_WORDS=(poauth2 app.ini client rot) COMP_CWORD=3
        _poauth2_completion poauth2
        echo "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(
        ["bash", "-c", script], cwd=poauth2.path.parent, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("rotate-secret\n", "")
