"""An application in an ini file, and the command line for it."""

from __future__ import annotations

import io

import pytest

from pyramid_oauth2.scripts.poauth2 import main
from tests.backends.sqlite_databases import empty_database

INI = """
[app:main]
use = call:tests.scripts.application:main
pyramid.includes = pyramid_oauth2
oauth2.issuer = {issuer}
oauth2.backend = {backend}
oauth2.sqlalchemy.url = sqlite:///%(here)s/oauth2.sqlite
oauth2.scopes =
    read = Read
    write = Write
{more}
"""


class CommandLine:
    """``poauth2 INI ...``, in this process."""

    def __init__(self, folder, capsys, monkeypatch):
        self.path = folder / "app.ini"
        self._capsys, self._monkeypatch = capsys, monkeypatch
        self.write()

    def write(self, more="", issuer="http://localhost:6543", backend="sqlalchemy"):
        self.path.write_text(INI.format(more=more, issuer=issuer, backend=backend))

    def __call__(self, *words, stdin=""):
        """Return the exit status, and the output to stdout and to stderr."""
        self._monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        try:
            status = main([str(self.path), *words])
        except SystemExit as exit_:
            status = exit_.code
        printed = self._capsys.readouterr()
        return status, printed.out, printed.err


@pytest.fixture
def poauth2(tmp_path, capsys, monkeypatch):
    return CommandLine(tmp_path, capsys, monkeypatch)


@pytest.fixture
def with_tables(poauth2):
    poauth2.path.with_name("oauth2.sqlite").write_bytes(empty_database())
    return poauth2


@pytest.fixture
def with_field(with_tables):
    """With the fields of a client that an application has added."""
    text = with_tables.path.read_text()
    with_tables.path.write_text(text.replace("scripts.application", "scripts.with_field"))
    return with_tables
