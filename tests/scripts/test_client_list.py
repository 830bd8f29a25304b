"""``poauth2 INI client list``."""

from __future__ import annotations

import json

import pytest

from pyramid_oauth2.scripts.table import table

ADD = ("client", "add", "--kind", "machine", "--scope", "read")


@pytest.fixture
def three(with_tables):
    for name, *words in (("Ant", "--owner", "bob"), ("anteater",), ("Bee", "--owner", "bob")):
        assert with_tables(*ADD, "--client-id", name.lower(), "--name", name, *words)[0] == 0
    assert with_tables("client", "disable", "bee")[0] == 0
    return with_tables


def ids(poauth2, *words):
    return [client["client_id"] for client in json.loads(poauth2(*words, "--json")[1])]


def test_it_is_a_table(three):
    status, out, _ = three("client", "list")
    assert status == 0
    assert out.splitlines() == [
        "CLIENT_ID  NAME      OWNER  SOURCE    STATE     AUTHENTICATION       GRANT TYPES         "
        "SCOPE",
        "ant        Ant       bob    owner     active    client_secret_basic  client_credentials  "
        "read",
        "anteater   anteater  -      operator  active    client_secret_basic  client_credentials  "
        "read",
        "bee        Bee       bob    owner     disabled  client_secret_basic  client_credentials  "
        "read",
        "3 clients",
    ]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ((), ["ant", "anteater", "bee"]),
        (("--disabled",), ["bee"]),
        (("--owner", "bob"), ["ant", "bee"]),
        (("--name", "ANT"), ["ant", "anteater"]),
        (("--name", "bee"), ["bee"]),
        (("--owner", "bob", "--name", "a"), ["ant"]),
        (("--owner", "alice"), []),
        (("--source", "owner"), ["ant", "bee"]),
        (("--source", "operator"), ["anteater"]),
        (("--source", "registered"), []),
        (("--owner", "bob", "--disabled", "--name", "b"), ["bee"]),
    ],
)
def test_some_of_them(three, words, found):
    assert ids(three, "client", "list", *words) == found
    lines = three("client", "list", *words)[1].splitlines()
    assert [line.split()[0] for line in lines[1:-1]] == found
    assert lines[-1] == f"{len(found)} client{'' if len(found) == 1 else 's'}"


def test_an_owner_that_is_none(three):
    """As from an unset variable of the shell."""
    status, out, err = three("client", "list", "--owner", "")
    assert (status, out, err.startswith("poauth2: option --owner: ")) == (2, "", True)


def test_columns_of_wide_characters_are_aligned():
    lines = list(table([("NAME", "X"), ("\u65e5\u672c", "1"), ("e\u0301t\u00e9", "2")]))
    assert lines == ["NAME  X", "\u65e5\u672c  1", "e\u0301t\u00e9   2"]
