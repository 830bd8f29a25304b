"""``poauth2 INI client export`` and ``import``."""

from __future__ import annotations

import base64
import json
import os

import pytest
from argon2 import PasswordHasher

from pyramid_oauth2 import new_client_secret
from pyramid_oauth2.protocol.clients.codecs import LAST_TIME

from .test_client_changes import WEB, counts, show

CHOSEN = "e53ddb9736f9eea65100885a1b20fb5f2bb0fb4d"
DIGEST = {"digest": "", "scheme": "argon2id", "created_at": 0}

MACHINE = {"client_id": "old", "grant_types": ["client_credentials"]}
PUBLIC = {
    "client_id": "app",
    "redirect_uris": ["com.example.app:/back"],
    "token_endpoint_auth_method": "none",
}
MADE = {**DIGEST, "digest": base64.b64encode(bytes(32)).decode(), "scheme": "sha256"}


def deep(levels):
    """An object within objects."""
    return {"a": deep(levels - 1)} if levels else {}


def argon2(m=1024, t=2):
    """A digest with these parameters."""
    text = f"$argon2id$v=19$m={m},t={t},p=1${'a' * 22}${'a' * 43}"
    digest = base64.b64encode(text.encode()).decode()
    return {"digest": digest, "scheme": "argon2id", "created_at": 1}


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
    """A client_id is enough, with what the rules require; a secret is added afterwards."""
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


def test_an_import_that_is_repeated_names_no_client_that_has_a_secret(with_tables):
    clients = [{"client_id": name, "redirect_uris": ["https://a.example/"]} for name in "abc"]
    load(with_tables, clients)
    with_tables("client", "rotate-secret", "a")
    with_tables("client", "delete", "b", "--yes")
    out = load(with_tables, [*clients, clients[2]])[1]
    assert out.endswith("give them one by rotate-secret: c\n")


def test_a_secret_that_was_kept_in_clear_goes_on(with_tables):
    status, out, _ = load(with_tables, [{**MACHINE, "client_secret": CHOSEN}])
    assert (status, out) == (0, "1 imported, 0 left as they are\n")
    assert counts(with_tables, CHOSEN, client_id="old")
    assert CHOSEN not in export(with_tables)


def test_secrets_that_clients_must_encode(with_tables):
    """RFC 6749 section 2.3.1."""
    secrets = {"plain": CHOSEN, "plus": "a+b", "percent": "%41", "none": None}
    clients = [
        {**MACHINE, "client_id": name, "client_secret": secret} for name, secret in secrets.items()
    ]
    status, _, err = load(with_tables, clients)
    assert status == 0
    assert "form-encode" in err
    assert "a colon in the client_id: plus, percent." in err
    assert "a+b" not in err
    assert load(with_tables, [{**PUBLIC, "client_id": "c+d"}])[2] == ""


@pytest.mark.parametrize("secret", [{"client_secret": CHOSEN}, {"client_secrets": [argon2()]}, {}])
def test_client_ids_that_clients_must_encode(with_tables, secret):
    """RFC 7617 section 2: a colon ends the client_id, also where only a digest is known."""
    clients = [{**MACHINE, "client_id": name, **secret} for name in ("urn:app:1", "a+b", "old")]
    status, _, err = load(with_tables, clients)
    assert status == 0
    assert "a colon in the client_id: urn:app:1, a+b." in err


@pytest.mark.parametrize(("ends", "counted"), [(0, True), (2**33, True), (1_000_000_000, False)])
def test_a_secret_ends_when_it_would_have_there(with_tables, ends, counted):
    """RFC 7591 section 3.2.1."""
    client = {**MACHINE, "client_secret": CHOSEN, "client_secret_expires_at": ends}
    assert load(with_tables, [client])[0] == 0
    assert counts(with_tables, CHOSEN, client_id="old") is counted


@pytest.mark.parametrize("ends", [-1, "never", None, True, 1.5, 10**19, LAST_TIME + 1])
def test_an_end_that_is_none(with_tables, ends):
    client = {**MACHINE, "client_secret": CHOSEN, "client_secret_expires_at": ends}
    status, _, err = load(with_tables, [client])
    assert (status, "client 1 ('old'): client_secret_expires_at" in err) == (1, True)


def test_two_columns_changed_for_each_other(with_tables):
    """A client_id that is in fact a secret is not repeated."""
    secret = new_client_secret(os.urandom)
    status, _, err = load(with_tables, [{**MACHINE, "client_id": secret}])
    assert (status, "client 1 ('ocs_...')" in err, secret in err) == (1, True, False)


def test_a_secret_that_django_kept_as_argon2_goes_on(with_tables):
    """Django writes the algorithm's name before the standard form of the hash."""
    django = "argon2" + PasswordHasher(memory_cost=1024, parallelism=8).hash(CHOSEN)
    kept = base64.b64encode(django.removeprefix("argon2").encode()).decode()
    secret = {"digest": kept, "scheme": "argon2id", "created_at": 1_700_000_000}
    assert load(with_tables, [{**MACHINE, "client_secrets": [secret]}])[0] == 0
    assert counts(with_tables, CHOSEN, client_id="old")
    assert not counts(with_tables, CHOSEN + "x", client_id="old")


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
        ([{"client_id": "a", "grant_types": ["magic"]}], "client 1 ('a'): grant_types: 'magic'"),
        (
            [{**MACHINE, "lifetimes": {"a\x1b": 1}}],
            "lifetimes: 'a\\x1b' is not one of access_token",
        ),
        ([{**MACHINE, "lifetimes": {"access_token": 0}}], "access_token: choose between one"),
        ([{**MACHINE, "client_secret": 5}], "client 1 ('old'): client_secret: a text is needed"),
        ([{**MACHINE, "client_secret": ""}], "client 1 ('old'): a secret is Unicode text"),
        ([{**MACHINE, "client_secret": CHOSEN, "client_secrets": [DIGEST]}], "not both"),
        ([{**PUBLIC, "client_secret": CHOSEN}], "client_secrets: a public client has no secret"),
        ([{**MACHINE, "created_at": 2**53}], "created_at: UTC seconds up to the year 9999"),
        ([{**MACHINE, "updated_at": LAST_TIME + 1}], "updated_at: UTC seconds up to the year"),
        ([{**MACHINE, "disabled_at": 2**53}], "disabled_at: UTC seconds up to the year 9999"),
        ([{**MACHINE, "client_secrets": [{**DIGEST, "created_at": 2**53}]}], "UTC seconds up to"),
        ([{**MACHINE, "client_secrets": [{**DIGEST, "expires_at": 2**53}]}], "UTC seconds up to"),
        ([{**MACHINE, "version": 2**53}], "version: a number up to"),
        ([{**MACHINE, "epoch": 10**8 + 1}], "epoch: a number up to"),
        ([{**MACHINE, "extra": {"a": float("nan")}}], "extra: a number is needed, not NaN"),
        ([{**MACHINE, "extra": {"a": [{"b": 10**30}]}}], "extra: a whole number is needed"),
        ([{**MACHINE, "extra": {"a": "\ud800"}}], "extra: a text is needed that can be UTF-8"),
        ([{**MACHINE, "extra": {"\ud800": 1}}], "extra: a text is needed that can be UTF-8"),
        ([{**MACHINE, "extra": deep(60)}], "levels deep"),
        ("[" * 100_000, "cannot be read"),
        ([{**MACHINE, "contacts": ["\ud800"]}], "contacts: a text is needed that can be UTF-8"),
        ([{**MACHINE, "client_secrets": [{**DIGEST, "scheme": "argon2id"}]}], "each is a digest"),
        ([{**MACHINE, "client_secrets": [argon2(m=2**30)]}], "each is a digest by"),
        ([{**MACHINE, "client_secrets": [argon2(t=0)]}], "each is a digest by"),
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
    assert "client 2 ('bad'): redirect_uris" in err
    assert json.loads(export(with_tables)) == []


def test_a_client_id_that_is_a_users(with_tables):
    with_tables.write("tests.scripts.users = alice old")
    status, out, err = load(with_tables, [MACHINE])
    assert (status, out) == (1, "")
    assert "client 1 ('old'): client_id: a user has this identifier" in err


def test_the_largest_numbers_can_be_read_again_and_changed(with_tables):
    far = {"created_at": LAST_TIME, "version": 10**8, "epoch": 10**8, "updated_at": LAST_TIME}
    secrets = [{**MADE, "expires_at": LAST_TIME}]
    client = {**MACHINE, "extra": {"a": [2**53, -1.5, None, "\U0001d11e"]}, **far}
    assert load(with_tables, [{**client, "client_secrets": secrets}])[0] == 0
    assert show(with_tables, "old")["extra"] == client["extra"]
    assert with_tables("client", "edit", "old", "--name", "New")[0] == 0
    assert with_tables("client", "disable", "old")[0] == 0
    assert "New" in with_tables("client", "list")[1]


def test_a_file_that_is_not_there(with_tables):
    status, _, err = with_tables("client", "import", "nowhere.json")
    assert (status, "nowhere.json cannot be read" in err) == (1, True)
