"""``poauth2 INI db``."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import create_engine

from pyramid_oauth2 import migrations
from pyramid_oauth2.backends.sqlalchemy import metadata


def test_upgrade_makes_the_tables_and_may_be_repeated(poauth2):
    status, out, _ = poauth2("db", "current")
    assert (status, "There are no tables" in out) == (1, True)

    status, out, _ = poauth2("db", "upgrade")
    assert (status, out.startswith("The tables are made: ")) == (0, True)
    status, out, _ = poauth2("db", "upgrade")
    assert (status, out.startswith("Nothing to do: the tables are up to date")) == (0, True)

    status, out, _ = poauth2("db", "current")
    assert (status, "the newest" in out) == (0, True)


def test_a_database_with_a_history_of_the_application(poauth2, tmp_path):
    change(tmp_path, "CREATE TABLE alembic_version (version_num VARCHAR(32))")
    status, out, _ = poauth2("db", "upgrade")
    assert status == 0
    assert out.endswith(
        "    from pyramid_oauth2.migrations import include_name\n\n"
        "    context.configure(..., include_name=include_name)\n"
    )
    # Once: a deployment that repeats the upgrade says nothing new.
    assert "include_name" not in poauth2("db", "upgrade")[1]


def test_a_backend_without_tables_needs_no_upgrade(poauth2):
    poauth2.write(backend="memory")
    status, out, _ = poauth2("db", "upgrade")
    assert (status, "Nothing to do" in out) == (0, True)


def test_a_wrong_ini_is_told(poauth2):
    poauth2.write(issuer="http://auth.example.com")
    status, _, err = poauth2("db", "upgrade")
    assert status == 1
    assert "https://auth.example.com" in err


def test_a_missing_ini_is_told(poauth2):
    poauth2.path.unlink()
    status, _, err = poauth2("db", "upgrade")
    assert (status, "cannot be read" in err) == (1, True)


def test_an_ini_with_a_key_twice(poauth2):
    poauth2.write(more="oauth2.backend = redis")
    status, _, err = poauth2("db", "current")
    assert (status, "cannot be read" in err, "oauth2.backend" in err) == (1, True, True)
    assert "Traceback" not in err


def test_the_application_is_not_started(poauth2, monkeypatch):
    def starts(global_config, **settings):
        raise AssertionError("the application was started")

    monkeypatch.setattr("tests.scripts.application.main", starts)
    assert poauth2("db", "upgrade")[0] == 0


def test_variables_of_the_ini_come_before_the_command(poauth2):
    poauth2.write(more="demo.name = %(name)s")
    assert poauth2("name=value", "db", "upgrade")[0] == 0


def test_help_without_an_ini(capsys):
    from pyramid_oauth2.scripts.poauth2 import main

    for words, status in ([["--help"], 0], [["db", "upgrade"], 2], [[], 2]):
        try:
            result = main(words)
        except SystemExit as exit_:
            result = exit_.code
        assert result == status
    assert "poauth2 INI [name=value ...] COMMAND" in capsys.readouterr().out


def test_check_tells_what_can_be_used(with_tables):
    status, out, _ = with_tables("db", "check")
    assert status == 0
    assert "sqlalchemy: can be used" in out
    assert "the newest" in out


def test_check_tells_what_is_missing(poauth2):
    status, out, err = poauth2("db", "check")
    assert status == 1
    reason = f"There are no tables. Make them with: poauth2 {poauth2.path} db upgrade"
    assert (out, err) == (f"sqlalchemy: cannot be used: {reason}\n", "")


def test_check_says_once_what_is_wrong_with_a_database(poauth2, tmp_path):
    file = tmp_path / "oauth2.sqlite"
    file.write_bytes(b"something else" * 1000)
    reason = "The database does not answer: file is not a database"
    assert poauth2("db", "check") == (1, f"sqlalchemy: cannot be used: {reason}\n", "")


def test_a_folder_that_does_not_exist(poauth2, tmp_path):
    text = poauth2.path.read_text().replace("oauth2.sqlite", "data/oauth2.sqlite")
    poauth2.path.write_text(text)
    file = tmp_path / "data" / "oauth2.sqlite"
    reason = (
        f"The database file {file} cannot be opened: its folder does not exist. Make it, or name "
        "another file in oauth2.sqlalchemy.url.\n"
    )
    assert poauth2("db", "upgrade") == (1, "", f"poauth2: {reason}")
    assert poauth2("db", "check") == (1, f"sqlalchemy: cannot be used: {reason}", "")


def test_check_warns(poauth2):
    poauth2.write(backend="memory")
    status, out, _ = poauth2("db", "check")
    assert (status, "gone when it ends" in out) == (0, True)


def test_sql_prints_what_upgrade_would_run(poauth2, tmp_path):
    status, out, _ = poauth2("db", "sql")
    assert status == 0
    with sqlite3.connect(tmp_path / "by-hand.sqlite") as connection:
        connection.executescript(out)
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    connection.close()
    assert {"oauth2_grant", "oauth2_token", "oauth2_client"} <= tables


def change(tmp_path, *statements):
    with closing(sqlite3.connect(tmp_path / "oauth2.sqlite")) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def test_an_upgrade_that_was_interrupted_is_completed(poauth2, tmp_path):
    """As MariaDB and MySQL leave it, which commit each statement."""
    migrations.upgrade(f"sqlite:///{tmp_path}/oauth2.sqlite", "oauth2_0001")
    change(tmp_path, "DELETE FROM oauth2_alembic_version", "DROP TABLE oauth2_reservation")
    status, out, _ = poauth2("db", "check")
    assert (status, "An upgrade was interrupted. Complete it with" in out) == (1, True)
    assert poauth2("db", "upgrade")[0] == 0
    assert poauth2("db", "check")[0] == 0


def test_tables_of_a_later_version_are_left_alone(with_tables, tmp_path):
    change(tmp_path, "UPDATE oauth2_alembic_version SET version_num = 'oauth2_9999'")
    for command in ("upgrade", "current", "check"):
        status, out, _ = with_tables("db", command)
        assert (status, "oauth2_9999: the tables are of a later version" in out) == (0, True)


@pytest.fixture
def taken(poauth2, tmp_path):
    """The command line, with a table of our name that belongs to another program."""
    with closing(sqlite3.connect(tmp_path / "oauth2.sqlite")) as connection:
        connection.execute("CREATE TABLE oauth2_client (id INTEGER PRIMARY KEY)")
    return poauth2


def test_a_table_of_another_program_is_left_alone(taken):
    status, _, err = taken("db", "upgrade")
    said = "poauth2: table oauth2_client already exists. It is another program's"
    assert (status, said in err) == (1, True)
    status, out, _ = taken("db", "current")
    assert (status, "There are no tables" in out) == (1, True)


def test_tables_that_another_history_made_can_be_used(poauth2, tmp_path):
    """As when the application's own Alembic names our revisions beside its own."""
    metadata.create_all(create_engine(f"sqlite:///{tmp_path}/oauth2.sqlite"))
    status, out, _ = poauth2("db", "check")
    assert status == 0
    assert out.splitlines()[1].startswith("The tables are there, made by another history")
    status, _, err = poauth2("db", "upgrade")
    assert (status, "go on with that history" in err) == (1, True)


@pytest.mark.parametrize("command", ["upgrade", "current"])
def test_a_database_that_does_not_answer_is_told(poauth2, tmp_path, command):
    (tmp_path / "oauth2.sqlite").mkdir()
    status, _, err = poauth2("db", command)
    assert (status, "oauth2.sqlite cannot be opened: " in err) == (1, True)
