"""``poauth2 INI doctor``: what it prints, and that the store of the ini stays as it is."""

from __future__ import annotations

import json
import shlex
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pyramid_oauth2.known_clients import known_clients
from pyramid_oauth2.scripts.poauth2 import main
from tests.backends.sqlite_databases import empty_database
from tests.simulation.applications import API, with_prefix


class Doctor:
    """The command, and the ini that it works on."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.ini = folder / "app.ini"
        self.store = folder / "oauth2.sqlite"
        self.store.write_bytes(empty_database())
        self._capsys = capsys

    def __call__(self, *words: str, **changes: str | None) -> tuple[int, str, str]:
        settings = with_prefix(changes)
        lines = [
            f"{name} =\n    " + value.replace("\n", "\n    ") for name, value in settings.items()
        ]
        self.ini.write_text(
            "\n".join(
                [
                    "[app:main]",
                    "use = call:tests.simulation.applications:main",
                    "oauth2.backend = sqlalchemy",
                    f"oauth2.sqlalchemy.url = sqlite:///{self.store}",
                    *lines,
                ]
            )
        )
        status = main([str(self.ini), "doctor", *words])
        printed = self._capsys.readouterr()
        return status, printed.out, printed.err

    def rows(self) -> list[str]:
        """Everything in the store."""
        with closing(sqlite3.connect(self.store)) as connection:
            return list(connection.iterdump())


UNPINNED = {"client_id_metadata": "pinned", "client_id_metadata.hosts": None}


@pytest.fixture
def doctor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Doctor:
    return Doctor(tmp_path, capsys)


def test_every_client_gets_through_and_nothing_is_written(doctor: Doctor):
    before = doctor.rows()
    status, out, err = doctor("--json")
    assert (status, err) == (0, "")
    assert [each["client"] for each in json.loads(out)] == list(known_clients())
    assert all(each["green"] and each["api"] == API for each in json.loads(out))
    assert doctor.rows() == before


def test_what_stops_a_client(doctor: Doctor):
    status, out, _ = doctor("--client", "cursor", private_schemes=None)
    assert status == 1
    lines = [line.strip() for line in out.splitlines()]
    assert lines[0] == f"Cursor at {API}"
    assert "check: registered_redirect_uris (RFC 7591 section 3.2.2)" in lines
    assert "to let it pass: oauth2.private_schemes = cursor" in lines
    assert "not reached  token" in lines


def test_what_is_left_to_do(doctor: Doctor):
    status, out, _ = doctor("--client", "zed", **UNPINNED)
    assert status == 0
    assert f"left to do: poauth2 {doctor.ini} client pin zed" in out


@pytest.mark.parametrize("name", ["cursor", "claude"])
def test_the_command_that_registers_a_client(
    name: str, doctor: Doctor, capsys: pytest.CaptureFixture[str]
):
    """It is enough, to the letter; Claude then has a secret, which is not known here."""
    off = {"registration": None, "client_id_metadata": None, "client_id_metadata.hosts": None}
    words = ("--client", name, "--json")
    (found,) = json.loads(doctor(*words, **off)[1])
    cures = [cure for step in found["steps"] for cure in step["cures"]]
    (command,) = (cure for cure in cures if "client add" in cure)
    _, _, *arguments = shlex.split(command, comments=True)
    assert main([str(doctor.ini), *arguments]) == 0
    capsys.readouterr()
    status, out, _ = doctor(*words, **off)
    (found,) = json.loads(out)
    assert status == 0, found
    assert f"By the client_id {name}, which you have registered" in out


def test_as_json(doctor: Doctor):
    changes = {"client_id_metadata.hosts": "claude.ai"}
    status, out, _ = doctor("--client", "grok", "--json", **changes)
    (found,) = json.loads(out)
    steps = {each["step"]: each for each in found["steps"]}
    assert (status, found["green"], found["client"]) == (1, False, "grok")
    assert steps["authorization"]["check"] == "document_allowed"
    assert "poauth2 INI client pin grok" in steps["authorization"]["cures"]


def test_a_command_has_the_name_of_the_ini(doctor: Doctor):
    _, out, _ = doctor("--client", "claude", "--resource", f"{API}/x/y")
    assert f"poauth2 {doctor.ini} doctor --resource URL" in out


def test_several_apis(doctor: Doctor):
    _, out, _ = doctor("--client", "codex", "--json", resources=f"{API} = read\n{API}/b = write")
    assert [each["api"] for each in json.loads(out)] == [API, f"{API}/b"]


@pytest.mark.parametrize(
    ("words", "changes", "message"),
    [
        ((), {"scopes": None}, "names unknown scopes: read"),
        ((), {"mode": "resource_server"}, "oauth2."),
        (("--client", "netscape"), {}, "netscape"),
        (("--resource", ""), {}, "--resource"),
        (("--resource", "https://[::1/mcp"), {}, "it has no host"),
        (("--url", "app.example/mcp"), {}, "it is no absolute URI"),
        (("--url", "ftp://app.example/mcp"), {}, "it is no URL with https"),
    ],
)
def test_an_ini_or_a_word_that_is_wrong(
    words: tuple[str, ...], changes: dict[str, str | None], message: str, doctor: Doctor
):
    status, out, err = doctor(*words, **changes)
    assert status in (1, 2)
    assert message in err
    assert out == ""


def test_a_store_that_is_away(doctor: Doctor):
    doctor.store.unlink()
    status, _, err = doctor("--client", "claude")
    assert status == 1
    assert "db upgrade" in err


def test_the_log_has_nothing_of_it(doctor: Doctor, caplog: Any):
    with caplog.at_level("INFO"):
        doctor("--client", "cursor", registration=None)
    assert [record for record in caplog.records if record.name.startswith("pyramid_oauth2")] == []
