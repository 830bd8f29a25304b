"""``poauth2 OLD copy --to NEW``."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing

import pytest

from pyramid_oauth2.backends.contract.factories import new_client, new_consent, new_entry
from pyramid_oauth2.backends.memory import MemoryBackend
from pyramid_oauth2.protocol.listings import every
from pyramid_oauth2.scripts import copying
from pyramid_oauth2.scripts.ini import Ini
from pyramid_oauth2.service import ROLES

from .test_copying import RECORDS, fill

SUMS = {role: sum(kinds.values()) for role, kinds in RECORDS.items()}


class Move:
    """Two inis, each with its own SQLite file; the old one is read-only and has records."""

    def __init__(self, poauth2):
        self.poauth2 = poauth2
        self.old, self.new = poauth2.path, poauth2.path.with_name("new.ini")
        shutil.copy(self.old.with_name("oauth2.sqlite"), self.old.with_name("new.sqlite"))
        with Ini(str(self.old)).service() as service:
            fill(*service.backends.values())
        self.write_new()
        poauth2.write(more="oauth2.read_only = true")

    def write_new(self, file="new.sqlite", more=""):
        text = self.old.read_text().replace("oauth2.sqlite", file)
        self.new.write_text(text.replace("oauth2.read_only = true", "") + more)

    def __call__(self, *words):
        return self.poauth2("copy", "--to", str(self.new), *words)

    def summary(self, *words):
        status, out, _ = self("--json", *words)
        return status, json.loads(out)["roles"]

    def contents(self, path):
        with Ini(str(path)).service() as service:
            return {
                role: sorted(map(repr, every(getattr(backend, role).export)))
                for backend in service.backends.values()
                for role in ROLES
            }

    def tamper(self, statement):
        with closing(sqlite3.connect(self.new.with_name("new.sqlite"))) as connection:
            assert connection.execute(statement).rowcount == 1
            connection.commit()


@pytest.fixture
def move(with_tables):
    return Move(with_tables)


class TestCopying:
    def test_everything_is_there_afterwards(self, move):
        status, roles = move.summary()
        assert status == 0
        assert {role: each["read"] for role, each in roles.items()} == RECORDS
        assert {role: each["new"] for role, each in roles.items()} == SUMS
        assert move.contents(move.new) == move.contents(move.old)

    def test_as_text_and_once_more(self, move):
        status, out, err = move()
        assert status == 0
        note = f"poauth2: note: {move.new} is not read-only"
        assert (err.startswith(note), err.count("\n")) == (True, 1)
        assert "clients: 3 read, 3 new (client 2, tombstone 1)\n" in out
        assert "16 records copied and compared in" in out
        move.write_new(more="oauth2.read_only = true\n")
        status, out, err = move()
        assert (status, err) == (0, "")
        assert "clients: 3 read, 0 new" in out

    def test_it_may_be_stopped(self, move, monkeypatch):
        def stops(old, new, progress):
            def stop(number):
                raise KeyboardInterrupt

            return copying.copy_store(old, new, stop)

        monkeypatch.setattr("pyramid_oauth2.scripts.copy.copy_store", stops)
        status, out, err = move()
        assert (status, out, err.splitlines()[-1]) == (130, "", "poauth2: stopped")
        monkeypatch.undo()
        status, roles = move.summary()
        assert (status, roles["clients"]["new"], roles["grants"]["new"]) == (0, 0, 8)

    def test_a_new_server_that_is_read_only_itself(self, move):
        move.write_new(more="oauth2.read_only = true\n")
        assert move.summary()[0] == 0
        assert move.contents(move.new) == move.contents(move.old)

    def test_a_role_that_stays_where_it_is(self, move):
        """Tokens move; clients and consents are in the same database before and after."""
        move.write_new("oauth2.sqlite", "oauth2.backend.grants = memory\n")
        status, out, err = move()
        assert status == 0
        assert "clients: the same store in both" in out
        assert "grants: 8 read, 8 new" in out
        assert "memory: Everything is in this process's memory" in err

    def test_a_variable_of_the_new_ini(self, move):
        move.new.write_text(move.new.read_text().replace("new.sqlite", "%(name)s.sqlite"))
        assert move("--to-variable", "name=new")[0] == 0
        assert move("--to-variable", "name")[0] == 2


class TestComparing:
    def test_what_was_changed_is_found_and_left(self, move):
        move()
        move.tamper("UPDATE oauth2_grant SET revoked_at = NULL WHERE revoked_at > 0")
        before = move.contents(move.new)
        status, out, err = move()
        assert (status, "0 new" in out) == (1, True)
        assert "1 different in the new store, and left as they are" in err
        assert "\n  grant " in err
        assert move.contents(move.new) == before

    def test_what_is_missing_is_found(self, move, monkeypatch):
        monkeypatch.setattr("pyramid_oauth2.scripts.copy.copy_store", lambda *_: copying.Copied())
        status, roles = move.summary()
        assert (status, roles["clients"]["missing"]["count"]) == (1, 3)
        assert "tombstone gone" in roles["clients"]["missing"]["examples"]
        assert "16 missing in the new store" in move()[2]

    def test_a_name_does_not_command_the_terminal(self, move):
        """Nor does it look like a line of the report."""
        with Ini(str(move.new)).service() as service:
            forged = "\x1b[2Jmallory\nconsents: nothing is wrong"
            service.server.consents.put(new_consent(subject=forged), None)
        err = move()[2]
        assert "mallory" in err
        assert "\x1b" not in err
        assert "\nconsents: nothing" not in err

    def test_what_only_the_new_store_has_is_told_and_left(self, move):
        """For instance a consent that was withdrawn since a rehearsal."""
        move.poauth2.write()
        assert move("--live")[0] == 0
        with Ini(str(move.old)).service() as service:
            assert service.server.consents.forget("alice", "client")
        with Ini(str(move.new)).service() as service:
            service.server.clients.add(new_client(client_id="newcomer"))
        move.poauth2.write(more="oauth2.read_only = true")
        before = move.contents(move.new)
        status, _, err = move()
        assert status == 1, "the consent would be back"
        assert "2 in the new store only, and left there" in err
        assert "empty the new store, and copy again" in err
        assert "\n  client newcomer\n" in err
        assert "\n  consent of alice to client\n" in err
        assert move.contents(move.new) == before
        extra = move.summary()[1]["consents"]["extra"]
        assert extra == {"count": 1, "examples": ["consent of alice to client"]}

    def test_an_entry_that_was_deleted_since_would_be_back(self, move):
        assert move()[0] == 0
        with Ini(str(move.new)).service() as service:
            assert service.entries.put(new_entry(key="deleted in the old one"), None)
        status, _, err = move()
        assert (status, "\n  entry in feature\n" in err) == (1, True)


class TestBackendsWithoutEntries:
    """Such as one of a third party that was written before there were entries."""

    @pytest.fixture(params=["None", "absent"])
    def without(self, request, monkeypatch):
        class Without(MemoryBackend):
            def __init__(self):
                super().__init__()
                self.entries = None
                if request.param == "absent":
                    del self.entries

        monkeypatch.setattr("pyramid_oauth2.backends.memory.MemoryBackend", Without)

    @pytest.mark.usefixtures("without")
    def test_the_old_one(self, move):
        move.poauth2.write(more="oauth2.read_only = true\noauth2.backend.entries = memory\n")
        status, out, _ = move()
        assert (status, "entries: none are stored, left alone\n" in out) == (0, True)
        assert "entries" not in move.summary()[1]

    @pytest.mark.usefixtures("without")
    def test_the_new_one(self, move):
        move.write_new(more="oauth2.backend.entries = memory\n")
        status, out, err = move()
        assert (status, out) == (1, "")
        assert f"Set\noauth2.backend.entries in {move.new} to one that can." in err
        move.poauth2.write()
        with Ini(str(move.old)).service() as service:
            for entry in list(every(service.entries.export)):
                assert service.entries.delete(entry.namespace, entry.key)
        move.poauth2.write(more="oauth2.read_only = true")
        status, out, _ = move()
        assert (status, "entries: none are stored, left alone\n" in out) == (0, True)


class TestRefusals:
    def test_an_old_server_that_still_writes(self, move):
        move.poauth2.write()
        status, out, err = move()
        assert (status, out) == (1, "")
        assert "app.ini is not read-only" in err
        assert "oauth2.read_only = true" in err
        assert move.contents(move.new) == {role: [] for role in ROLES}
        assert move("--live")[0] == 0

    def test_one_store_on_both_sides(self, move):
        move.write_new("oauth2.sqlite")
        status, _, err = move()
        assert (status, "the same store" in err) == (1, True)

    def test_a_new_store_without_tables(self, move):
        move.write_new("empty.sqlite")
        status, _, err = move()
        assert (status, "db upgrade" in err) == (1, True)

    def test_it_wants_to_know_where_to(self, move):
        status, _, err = move.poauth2("copy")
        assert (status, "--to" in err) == (2, True)

    def test_a_missing_ini(self, move):
        move.new.unlink()
        status, _, err = move()
        assert (status, "cannot be read" in err) == (1, True)

    def test_other_commands_that_would_write(self, move):
        for words in (("purge",), ("client", "add", "--kind", "machine", "--name", "M")):
            status, _, err = move.poauth2(*words)
            assert (status, "oauth2.read_only" in err) == (1, True)
