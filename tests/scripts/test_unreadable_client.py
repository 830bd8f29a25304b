"""The commands where the stored record of one client cannot be read."""

from __future__ import annotations

import json
import re
import sqlite3

import pytest

# What a terminal would execute: a colour, and a line that looks like one of ours.
HOSTILE = "b\x1b[31m\nforged"
CANNOT = "the stored record of the client cannot be read"


@pytest.fixture
def damaged(with_tables, tmp_path):
    """Two clients, one of which another program has written."""
    machine = {"grant_types": ["client_credentials"]}
    names = ("bad", "ok")
    clients = [{"client_id": name, "client_name": name.title(), **machine} for name in names]
    assert with_tables("client", "import", stdin=json.dumps(clients))[0] == 0
    with sqlite3.connect(tmp_path / "oauth2.sqlite") as database:
        database.execute("UPDATE oauth2_client SET updated_at = ? WHERE client_id = 'bad'", [2**53])
    database.close()
    return with_tables


def test_it_is_listed_with_the_others(damaged):
    status, out, _ = damaged("client", "list")
    assert status == 0
    assert re.search(r"^bad +Bad +- +- +unreadable: delete it ", out, re.MULTILINE)
    assert re.search(r"^ok +Ok +- +operator +active ", out, re.MULTILINE)
    status, out, _ = damaged("client", "list", "--json")
    assert json.loads(out)[0] == {"client_id": "bad", "unreadable": True}
    assert json.loads(out)[1]["client_id"] == "ok"


@pytest.mark.parametrize(
    "words", [("show",), ("edit", "--name", "New"), ("rotate-secret",), ("enable",)]
)
def test_what_needs_the_record_says_so(damaged, words):
    status, out, err = damaged("client", words[0], "bad", *words[1:])
    assert (status, out) == (1, "")
    assert "record of the client cannot be read" in err
    assert "delete the client" in err


def test_an_export_leaves_it_out_and_says_so(damaged):
    status, out, err = damaged("client", "export")
    assert status == 1
    assert f"left out: bad: {CANNOT}" in err
    assert [client["client_id"] for client in json.loads(out)] == ["ok"]


def copy(poauth2, tmp_path):
    """Copy the store to a new one."""
    new = tmp_path / "new"
    new.mkdir()
    (new / "app.ini").write_text(poauth2.path.read_text())
    old, poauth2.path = poauth2.path, new / "app.ini"
    assert poauth2("db", "upgrade")[0] == 0
    poauth2.path = old
    return poauth2("copy", "--to", str(new / "app.ini"), "--live")


def test_a_copy_does_not_replace_it_by_less(damaged, tmp_path):
    status, _, err = copy(damaged, tmp_path)
    assert status == 1
    assert f"'bad': {CANNOT}" in err


def test_it_can_be_deleted(damaged):
    assert damaged("client", "delete", "bad", "--yes")[0] == 0
    assert damaged("client", "export")[0] == 0
    assert "bad" not in damaged("client", "list")[1]


@pytest.fixture
def hostile(damaged, tmp_path):
    """The client_id, too, is another program's: no rule of ours was applied to it."""
    with sqlite3.connect(tmp_path / "oauth2.sqlite") as database:
        database.execute(
            "UPDATE oauth2_client SET client_id = ? WHERE client_id = 'bad'", [HOSTILE]
        )
    database.close()
    return damaged


@pytest.mark.parametrize(
    "words",
    [
        ("client", "list"),
        ("client", "show", HOSTILE),
        ("client", "edit", HOSTILE, "--name", "New"),
        ("client", "export"),
        ("client", "rotate-secret", HOSTILE),
        ("client", "end-earlier-secret", HOSTILE),
        ("client", "disable", HOSTILE),
        ("client", "enable", HOSTILE),
        ("client", "delete", HOSTILE, "--yes"),
        ("grant", "revoke", "--client", HOSTILE),
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_a_terminal_executes_nothing_of_its_client_id(hostile, caplog, words):
    assert_harmless(hostile(*words), caplog)


def test_a_terminal_executes_nothing_of_it_after_a_copy(hostile, caplog, tmp_path):
    assert_harmless(copy(hostile, tmp_path), caplog)


def assert_harmless(answer, caplog):
    _, out, err = answer
    printed = f"{out}{err}{caplog.text}"
    assert out or err
    assert "\x1b" not in printed
    assert "\nforged" not in printed
