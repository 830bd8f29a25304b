"""The application behind the ini, as a command starts it."""

from __future__ import annotations

import pytest
from pyramid.threadlocal import get_current_request

from pyramid_oauth2.scripts import poauth2
from pyramid_oauth2.scripts.ini import Ini

from . import guarded_root
from .test_client import WEB


@pytest.fixture
def guarded(with_tables):
    text = with_tables.path.read_text()
    with_tables.path.write_text(text.replace("scripts.application", "scripts.guarded_root"))
    return with_tables


def test_its_root_factory_is_not_called(guarded):
    """It may refuse a request without a user."""
    for words in (("client", "list"), ("views",), ("purge",), ("settings",)):
        status, _, err = guarded(*words)
        assert (status, err) == (0, "")


def test_its_code_finds_a_request_with_its_own_methods(guarded, monkeypatch):
    """And what a request method leaves to the end of the request is done."""
    monkeypatch.setattr(guarded_root, "FINISHED", [])
    status, _, err = guarded(*WEB, "--scope", "read")
    assert (status, err) == (0, "")
    assert guarded_root.FINISHED == ["the session"]


def test_the_request_is_current_for_as_long_as_the_command_runs(guarded):
    with Ini(str(guarded.path)).registry() as registry:
        request = get_current_request()
        assert request.registry is registry
        assert request.own_session == "the session"
        request.session_name = ""
    assert get_current_request() is None


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("app.in", "No such file or directory. Did you mean app.ini?"),
        ("ap.ini", "No such file or directory. Did you mean app.ini?"),
        ("app", "No such file or directory. Did you mean app.ini?"),
        ("app.in#main", "No such file or directory. Did you mean app.ini?"),
        ("production.ini", "No such file or directory"),
        ("app.conf", "The name of an ini file ends in .ini"),
        ("folder", "The name of an ini file ends in .ini"),
    ],
)
def test_a_name_that_is_no_ini(tmp_path, monkeypatch, capsys, name, reason):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.ini").touch()
    (tmp_path / "app.conf").touch()
    (tmp_path / "folder").mkdir()
    assert poauth2.main([name, "db", "upgrade"]) == 1
    assert capsys.readouterr() == ("", f"poauth2: {name} cannot be read: {reason}\n")


def test_the_ini_that_is_meant_is_named_with_its_folder(tmp_path, capsys):
    (tmp_path / "app.ini").touch()
    assert poauth2.main([f"{tmp_path}/app.in", "db", "upgrade"]) == 1
    assert capsys.readouterr().err.endswith(f"Did you mean {tmp_path}/app.ini?\n")


@pytest.mark.parametrize("words", [["app.ini"], ["app.ini", "x=1"], ["app.ini", "client"]])
def test_without_a_command(words, capsys):
    assert poauth2.main(words) == 2
    out, err = capsys.readouterr()
    assert (out, err.startswith("Usage: ")) == ("", True)
    assert err.endswith("\n\npoauth2: name a command: one of the list above\n")
