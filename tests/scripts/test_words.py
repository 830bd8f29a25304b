"""Each word of each command: none is taken that is empty, or no text."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest

from pyramid_oauth2.scripts.poauth2 import main

from .test_client import WEB
from .test_help import COMMANDS

NO_UTF8 = "\udcff"  # as Python has the byte FF of a word
PATHS = {
    ("client import", "[FILE]"),
    ("client pin", "[FILE]"),
    ("copy", "--to"),
    ("keys import", "[FILE]"),
}
VARIABLE = ("copy", "--to-variable")
# What stands before a word, though the command may do without both.
BEFORE = {("client pin", "[FILE]"): ("https://app.example/client.json",)}
OTHERS = {"copy": ("--to", "new.ini"), "client add": ("--name", "New")}


def parameters() -> Iterator[tuple[str, click.Parameter]]:
    for name, command in COMMANDS.items():
        for parameter in command.get_params(click.Context(command)):
            if not getattr(parameter, "is_flag", False):
                yield name, parameter


def name_of(parameter: click.Parameter) -> str:
    if isinstance(parameter, click.Option):
        return parameter.opts[-1] if len(parameter.opts) == 1 else parameter.opts[0]
    try:
        return parameter.make_metavar(click.Context(click.Command("")))
    except TypeError:  # click before 8.2
        return parameter.make_metavar()


NAMED = {(command, name_of(parameter)): parameter for command, parameter in parameters()}


def words_with(command: str, name: str, value: str) -> list[str]:
    """The command with *value* for one of its parameters, and what it needs for the others."""
    words = command.split()
    for other in COMMANDS[command].params:
        if isinstance(other, click.Argument) and other.required and name_of(other) != name:
            words.append("web")
    words += BEFORE.get((command, name), ())
    needed = OTHERS.get(command, ())
    words += () if name in needed else needed
    return [*words, name, value] if name.startswith("-") else [*words, value]


def mistake_of(command: str, name: str) -> str:
    """How the message about it begins."""
    return f"poauth2: {NAMED[command, name].param_type_name} {name}: "


def test_every_kind_of_word_is_here():
    assert {("client show", "CLIENT_ID"), ("client edit", "--scope")} <= set(NAMED)
    assert {*PATHS, VARIABLE} <= set(NAMED)


@pytest.mark.parametrize(("command", "name"), NAMED)
def test_an_empty_word_is_refused(poauth2, command, name):
    """As one from an unset variable of the shell."""
    status, out, err = poauth2(*words_with(command, name, ""))
    assert (status, out) == (2, "")
    assert err.startswith(mistake_of(command, name)), err


@pytest.mark.parametrize(("command", "name"), [each for each in NAMED if each not in PATHS])
def test_a_word_that_is_no_text_is_refused(poauth2, command, name):
    status, out, err = poauth2(*words_with(command, name, NO_UTF8))
    assert (status, out) == (2, "")
    assert err.startswith(mistake_of(command, name)), err


@pytest.mark.parametrize(("command", "name"), sorted(PATHS))
def test_the_name_of_a_file_may_be_no_text(with_tables, command, name):
    with_tables.write("oauth2.client_id_metadata = pinned\noauth2.client_id_metadata.scopes = read")
    status, out, err = with_tables(*words_with(command, name, NO_UTF8))
    assert (status, out) == (1, "")
    assert "cannot be read: " in err


@pytest.mark.parametrize("name", ["--scope", "--name", "--redirect-uri", "--owner"])
@pytest.mark.parametrize("value", ["", " "])
def test_an_empty_option_does_not_take_a_field_away(with_tables, name, value):
    assert with_tables(*WEB, "--client-id", "web", "--scope", "read")[0] == 0
    before = with_tables("client", "show", "web", "--json")[1]
    status, _, err = with_tables("client", "edit", "web", "--no-pkce", name, value)
    assert (status, "client edit CLIENT_ID --clear " in err) == (2, True)
    assert with_tables("client", "show", "web", "--json")[1] == before


def test_an_empty_ini_is_none(capsys):
    assert main(["", "client", "list"]) == 2
    assert capsys.readouterr().err.startswith("poauth2: name the ini file first")


@pytest.mark.parametrize("command", ["client show", "client edit", "client delete", "try"])
def test_a_client_id_that_is_longer_than_any(poauth2, command):
    status, _, err = poauth2(*command.split(), "x" * 513)
    assert (status, "at most 512 are allowed" in err) == (2, True)


def test_a_client_id_to_register_that_is_longer_than_any(with_tables):
    status, _, err = with_tables(*WEB, "--client-id", "x" * 513)
    assert (status, "at most 512 are allowed" in err) == (2, True)
    assert with_tables("client", "list")[1] == "0 clients\n"
