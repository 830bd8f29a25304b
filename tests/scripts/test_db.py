from __future__ import annotations

import sqlite3


def test_upgrade_makes_the_tables_and_may_be_repeated(poauth2):
    status, out, _ = poauth2("db", "current")
    assert (status, "There are no tables" in out) == (1, True)

    assert poauth2("db", "upgrade")[0] == 0
    status, out, _ = poauth2("db", "upgrade")
    assert (status, "they were" in out) == (0, True)

    status, out, _ = poauth2("db", "current")
    assert (status, "the newest" in out) == (0, True)


def test_upgrade_leaves_tables_of_another_history_alone(with_tables, tmp_path):
    with sqlite3.connect(tmp_path / "oauth2.sqlite") as connection:
        connection.execute("ALTER TABLE oauth2_alembic_version RENAME TO alembic_version")
        connection.execute("UPDATE alembic_version SET version_num = 'oauth2_0000'")
    connection.close()
    status, _, err = with_tables("db", "upgrade")
    assert (status, "alembic upgrade heads" in err) == (1, True)


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
    status, out, _ = poauth2("db", "check")
    assert status == 1
    assert "db upgrade" in out


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
