from __future__ import annotations

import json
import logging

import pytest

from pyramid_oauth2.protocol.token_strings import is_client_secret

WEB = ("client", "add", "--name", "Web", "--redirect-uri", "https://app.example/callback")


def clients(poauth2):
    return json.loads(poauth2("client", "list", "--json")[1])


def test_defaults(with_tables):
    status, out, _ = with_tables(*WEB, "--name", "My app", "--json")
    assert status == 0
    answer = json.loads(out)
    assert set(answer) == {"client_id", "client_secret"}
    assert is_client_secret(answer["client_secret"])

    (client,) = clients(with_tables)
    assert client["client_id"] == answer["client_id"]
    assert client["client_name"] == "My app"
    assert client["token_endpoint_auth_method"] == "client_secret_basic"
    assert client["grant_types"] == ["authorization_code", "refresh_token"]
    assert client["consent"] == "remember"
    assert client["redirect_uris"] == ["https://app.example/callback"]
    assert not client["resource_server"]


def test_it_is_in_the_audit_log(with_tables, caplog):
    caplog.set_level(logging.INFO, "pyramid_oauth2.audit")
    _, out, _ = with_tables(*WEB, "--json")
    client_id = json.loads(out)["client_id"]
    assert with_tables(*WEB, "--client-id", client_id)[0] == 1
    logged = [record for record in caplog.records if record.name == "pyramid_oauth2.audit"]
    assert [record.getMessage() for record in logged] == [
        f"event=ClientChanged client_id={client_id} change=registered"
    ]


def test_every_flag(with_tables):
    status, out, _ = with_tables(
        *("client", "add", "--client-id", "all", "--name", "All", "--json"),
        *("--redirect-uri", "https://a.example/cb", "--redirect-uri", "http://127.0.0.1/cb"),
        *("--grant-type", "authorization_code", "--grant-type", "password"),
        *("--scope", "read write", "--scope", "by-directive"),
        *("--auth-method", "client_secret_post", "--consent", "ask", "--resource-server"),
    )
    assert status == 0
    assert json.loads(out)["client_id"] == "all"
    (client,) = clients(with_tables)
    assert client["redirect_uris"] == ["https://a.example/cb", "http://127.0.0.1/cb"]
    assert client["grant_types"] == ["authorization_code", "password"]
    assert client["scope"].split() == ["by-directive", "read", "write"]
    assert client["token_endpoint_auth_method"] == "client_secret_post"
    assert client["consent"] == "ask"
    assert client["resource_server"]


def test_every_flag_of_the_code_flow(with_tables):
    status, _, _ = with_tables(
        *(*WEB, "--response-type", "code", "--response-type", "token", "--no-pkce"),
        *("--grant-type", "authorization_code implicit", "--owner", "42"),
        *("--scope", "read write", "--optional-scope", "write"),
        *("--allowed-origin", "https://spa.example", "--allowed-origin", "http://localhost:5173"),
        *("--access-token-lifetime", "10m"),
    )
    assert status == 0
    (client,) = clients(with_tables)
    assert client["response_types"] == ["code", "token"]
    assert client["allowed_origins"] == ["https://spa.example", "http://localhost:5173"]
    assert client["optional_scope"] == "write"
    assert client["require_pkce"] is False
    assert client["lifetimes"] == {"access_token": 600}
    assert client["owner"] == "42"


def test_what_the_code_flow_has_without_a_flag(with_tables):
    assert with_tables(*WEB)[0] == 0
    (client,) = clients(with_tables)
    assert client["response_types"] == ["code"]
    assert client["require_pkce"] is True
    assert not client.get("allowed_origins")
    assert not client.get("lifetimes")
    assert "owner" not in client


def test_a_lifetime_that_is_none(with_tables):
    status, _, err = with_tables(*WEB, "--access-token-lifetime", "soon")
    assert status == 2
    assert "--access-token-lifetime" in err
    assert clients(with_tables) == []


def test_a_public_client_has_no_secret(with_tables):
    status, out, _ = with_tables(*WEB, "--auth-method", "none", "--json")
    assert status == 0
    assert set(json.loads(out)) == {"client_id"}


def test_a_secret_is_never_listed(with_tables):
    secret = json.loads(with_tables(*WEB, "--json")[1])["client_secret"]
    for words in (["client", "list"], ["client", "list", "--json"]):
        out = with_tables(*words)[1]
        assert secret not in out
        assert "digest" not in out


@pytest.mark.parametrize(
    "chosen", ["correct horse battery staple", "ocs_not-one-of-ours", "pässwörd"]
)
def test_a_chosen_secret_is_read_from_stdin_and_not_repeated(with_tables, chosen):
    status, out, err = with_tables(*WEB, "--secret-stdin", stdin=chosen + "\n")
    assert status == 0
    assert chosen not in out + err
    (secret,) = secrets(with_tables)
    assert secret["scheme"] == "argon2id"


def test_a_client_that_anyone_can_register(with_tables):
    with_tables(*WEB, "--client-id", "hobby", "--source", "registered")
    words = ("client", "show", "hobby", "--json")
    assert json.loads(with_tables(*words)[1])["extra"] == {"source": "registered"}
    with_tables("client", "edit", "hobby", "--source", "operator")
    assert not json.loads(with_tables(*words)[1]).get("extra")


ENCODED = "must form-encode client_id and secret"


@pytest.mark.parametrize(
    ("chosen", "noted"),
    [("a+b", True), ("50%25", True), ("100%", False), ("a b:c", False), ("pässwörd", False)],
)
def test_a_chosen_secret_that_clients_must_encode(with_tables, chosen, noted):
    """RFC 6749 section 2.3.1, which curl -u does not follow."""
    status, out, err = with_tables(*WEB, "--secret-stdin", "--json", stdin=chosen)
    assert status == 0
    assert (ENCODED in err) is noted
    assert json.loads(out)
    assert chosen not in err


def test_a_chosen_client_id_that_clients_must_encode(with_tables):
    assert f"{ENCODED} (RFC" in with_tables(*WEB, "--client-id", "a+b")[2]
    assert f"{ENCODED} (RFC" in with_tables(*WEB, "--client-id", "urn:app:1")[2]
    assert ENCODED not in with_tables(*WEB, "--client-id", "a-b")[2]
    public = ("--auth-method", "none")
    assert ENCODED not in with_tables(*WEB, "--client-id", "c+d", *public)[2]


def test_a_secret_of_our_own_form_is_kept_as_sha256(with_tables):
    secret = json.loads(with_tables(*WEB, "--json")[1])["client_secret"]
    assert with_tables(*WEB, "--client-id", "second", "--secret-stdin", stdin=secret)[0] == 0
    assert {kept["scheme"] for kept in secrets(with_tables)} == {"sha256"}


def test_a_chosen_secret_without_argon2_names_the_extra(with_tables, monkeypatch):
    monkeypatch.setattr("pyramid_oauth2.protocol.clients.secrets._hasher", lambda: None)
    status, _, err = with_tables(*WEB, "--secret-stdin", stdin="chosen")
    assert status == 1
    assert "pip install argon2-cffi;" in err
    assert clients(with_tables) == []


def secrets(poauth2):
    """The stored secrets, which no command shows."""
    from pyramid_oauth2.protocol.clients.document import client_document
    from pyramid_oauth2.scripts.ini import Ini

    with Ini(str(poauth2.path)).service() as service:
        page = service.server.clients.search()
    return [kept for client in page.items for kept in client_document(client)["client_secrets"]]


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("client", "add", "--name", "Web"), "--redirect-uri"),
        ((*WEB, "--scope", "red"), "read, write"),
        ((*WEB, "--grant-type", "client_credential"), "client_credentials"),
        ((*WEB, "--auth-method", "client_secret_jwt"), "client_secret_post"),
        ((*WEB, "--redirect-uri", "http://app.example/"), "use https"),
        ((*WEB, "--redirect-uri", "javascript:alert(1)"), "--redirect-uri"),
        ((*WEB, "--redirect-uri", "https://app.example/#x"), "fragment"),
        ((*WEB, "--auth-method", "none", "--grant-type", "client_credentials"), "public client"),
        ((*WEB, "--response-type", "id_token"), "--response-type"),
        ((*WEB, "--allowed-origin", "https://spa.example/"), "--allowed-origin"),
        ((*WEB, "--allowed-origin", "*"), "--allowed-origin"),
        ((*WEB, "--scope", "read", "--optional-scope", "write"), "--optional-scope"),
        ((*WEB, "--access-token-lifetime", "500d"), "--access-token-lifetime"),
        ((*WEB, "--client-id", "café"), "ASCII"),
    ],
)
def test_a_mistake_is_told_and_nothing_is_stored(with_tables, words, hint):
    status, out, err = with_tables(*words)
    assert status == 1
    assert hint in err
    assert out == ""
    assert clients(with_tables) == []


def test_a_client_id_in_use(with_tables):
    assert with_tables(*WEB, "--client-id", "one")[0] == 0
    status, _, err = with_tables(*WEB, "--client-id", "one")
    assert (status, "is or was in use" in err) == (1, True)


def test_missing_tables_name_the_command(poauth2):
    status, _, err = poauth2("client", "list")
    assert (status, "db upgrade" in err) == (1, True)


def test_a_client_id_that_is_a_users(with_tables):
    with_tables.write("tests.scripts.users = alice bob")
    status, out, err = with_tables(*WEB, "--client-id", "bob")
    assert (status, out) == (1, "")
    assert "--client-id: a user has this identifier; choose another" in err
    assert with_tables(*WEB, "--client-id", "web")[0] == 0


def test_users_that_cannot_be_asked(with_tables):
    with_tables.write("tests.scripts.users = away")
    status, out, err = with_tables(*WEB, "--client-id", "web")
    assert (status, out) == (1, "")
    assert "exists() of the resource owners failed" in err
    # One that is drawn begins as no subject does.
    assert with_tables(*WEB)[0] == 0
