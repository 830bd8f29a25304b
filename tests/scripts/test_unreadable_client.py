"""The commands where the stored record of one client cannot be read."""

from __future__ import annotations

import json
import sqlite3

import pytest

CANNOT = "bad: the stored record of the client cannot be read"


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
    assert "bad  'Bad'  (its record cannot be read: delete it)" in out
    assert "ok  'Ok'" in out
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
    assert f"left out: {CANNOT}" in err
    assert [client["client_id"] for client in json.loads(out)] == ["ok"]


def test_a_copy_does_not_replace_it_by_less(damaged, tmp_path):
    new = tmp_path / "new"
    new.mkdir()
    (new / "app.ini").write_text(damaged.path.read_text())
    old, damaged.path = damaged.path, new / "app.ini"
    assert damaged("db", "upgrade")[0] == 0
    damaged.path = old
    status, _, err = damaged("copy", "--to", str(new / "app.ini"), "--live")
    assert status == 1
    assert CANNOT in err


def test_it_can_be_deleted(damaged):
    assert damaged("client", "delete", "bad", "--yes")[0] == 0
    assert damaged("client", "export")[0] == 0
    assert "bad" not in damaged("client", "list")[1]
