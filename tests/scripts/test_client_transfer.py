"""``poauth2 INI client export`` and ``import``."""

from __future__ import annotations

import json

import pytest

from .test_client_changes import WEB, counts, show


@pytest.fixture
def web(with_tables):
    with_tables.secret = json.loads(with_tables(*WEB)[1])["client_secret"]
    return with_tables


def export(poauth2):
    status, out, _ = poauth2("client", "export")
    assert status == 0
    return out


def load(poauth2, documents, *words):
    text = documents if isinstance(documents, str) else json.dumps(documents)
    return poauth2("client", "import", *words, stdin=text)


def test_there_and_back(web, tmp_path):
    web("client", "add", "--name", "Nightly", "--grant-type", "client_credentials")
    text = export(web)
    assert len(json.loads(text)) == 2
    assert web.secret not in text

    (tmp_path / "oauth2.sqlite").unlink()
    web("db", "upgrade")
    file = tmp_path / "clients.json"
    file.write_text(text)
    status, out, _ = web("client", "import", str(file))
    assert (status, out) == (0, "2 imported, 0 left as they are\n")
    assert export(web) == text
    assert counts(web, web.secret)


def test_none(with_tables):
    assert json.loads(export(with_tables)) == []
    assert load(with_tables, [])[0] == 0


def test_many(with_tables):
    names = [f"client-{number:04}" for number in range(1201)]
    machine = {"grant_types": ["client_credentials"]}
    load(with_tables, [{"client_id": name, **machine} for name in names])
    assert [client["client_id"] for client in json.loads(export(with_tables))] == names


def test_what_is_there_is_left(web):
    changed = [{**json.loads(export(web))[0], "client_name": "Another"}]
    out = load(web, changed, "--json")[1]
    assert json.loads(out) == {"imported": 0, "left": 1}
    assert show(web)["client_name"] == "My app"


def test_what_was_deleted_stays_so(web):
    text = export(web)
    web("client", "delete", "web", "--yes")
    assert load(web, text)[1].startswith("0 imported, 1 left")
    assert json.loads(export(web)) == []


def test_from_another_program(with_tables):
    """A client_id is enough, with what the rules want; a secret comes afterwards."""
    client = {
        "client_id": "old",
        "client_name": "Old",
        "redirect_uris": ["https://old.example/cb"],
        "scope": "read write",
        "id_from_there": 7,
    }
    out = load(with_tables, [client])[1]
    assert "give them one by rotate-secret: old" in out
    assert show(with_tables, "old")["scope"] == "read write"
    assert show(with_tables, "old")["created_at"] > 0


@pytest.mark.parametrize(
    ("documents", "says"),
    [
        ("", "cannot be read"),
        ("{", "cannot be read"),
        ("{}", "a JSON list"),
        (["web"], "client 1: it is no JSON object"),
        ([{}], "client 1: "),
        ([{"client_id": 5}], "client 1: "),
        ([{"client_id": "a", "redirect_uris": "https://a.example/"}], "a list is needed"),
        ([{"client_id": "a", "grant_types": ["magic"]}], "client 1: grant_types: 'magic'"),
    ],
)
def test_what_cannot_be_imported(with_tables, documents, says):
    status, out, err = load(with_tables, documents)
    assert (status, out) == (1, "")
    assert says in err


def test_all_or_nothing(with_tables):
    good = {"client_id": "good", "grant_types": ["client_credentials"]}
    status, _, err = load(with_tables, [good, {"client_id": "bad"}])
    assert status == 1
    assert "client 2: redirect_uris" in err
    assert json.loads(export(with_tables)) == []


def test_a_file_that_is_not_there(with_tables):
    status, _, err = with_tables("client", "import", "nowhere.json")
    assert (status, "nowhere.json cannot be read" in err) == (1, True)
