"""``client pin``, ``client verify`` and ``fetched``."""

from __future__ import annotations

import json

import pytest

from pyramid_oauth2.known_clients import known_clients
from pyramid_oauth2.protocol.clients.source import DOCUMENT, is_unchecked, source_of
from pyramid_oauth2.scripts.client.documents import FOLLOW
from tests.functional.documents import URL, document

from .test_grant import open_service


@pytest.fixture
def documents(with_tables):
    """With the feature; the documents are files beside the ini."""
    folder = with_tables.path.parent
    (folder / "client.json").write_text(json.dumps(document()))
    with_tables.write(
        f"oauth2.client_id_metadata = pinned\noauth2.client_id_metadata.scopes = read\n"
        f"tests.scripts.folder = {folder}"
    )
    text = with_tables.path.read_text()
    with_tables.path.write_text(text.replace("scripts.application", "scripts.with_documents"))
    return with_tables


def change(documents, **changes):
    change_to(documents, document(**changes))


def change_to(documents, document):
    """Let the document be at its URL."""
    name = document["client_id"].rpartition("/")[2]
    (documents.path.parent / name).write_text(json.dumps(document))


def stored(documents):
    with open_service(documents) as service:
        return service.server.clients.get(URL)


class TestPin:
    def test_what_is_at_the_url(self, documents):
        assert documents("client", "pin", URL) == (0, f"{URL}: pinned.\n{FOLLOW}\n", "")
        client = stored(documents)
        assert (client.client_name, client.scope) == ("Notes", {"read"})
        assert (source_of(client), is_unchecked(client)) == (DOCUMENT, False)

    def test_a_file(self, documents, tmp_path):
        file = tmp_path / "own.json"
        file.write_text(json.dumps(document(client_name="Own")))
        assert documents("client", "pin", URL, str(file))[0] == 0
        assert stored(documents).client_name == "Own"
        assert documents("fetched")[1] == "No document was fetched.\n"

    def test_again(self, documents):
        documents("client", "pin", URL)
        change(documents, client_name="New")
        assert documents("client", "pin", URL) == (0, f"{URL}: pinned again.\n{FOLLOW}\n", "")
        assert stored(documents).client_name == "New"

    @pytest.mark.parametrize(
        ("url", "says"),
        [
            ("https://app.example/oauth/other.json", "answers with the status 404"),
            ("https://app.example/oauth/../client.json", "has a segment of dots"),
            ("https://127.0.0.1/client.json", "has no host name"),
            ("https://app.example/client.json", "is that of another client"),
        ],
    )
    def test_what_cannot_be_pinned(self, documents, url, says):
        status, out, err = documents("client", "pin", url)
        assert (status, out) == (1, "")
        assert err.startswith(f"poauth2: {url} ")
        assert says in err
        assert ("client pin NAME FILE" in err) == ("status" in says)

    def test_a_file_that_is_not_there(self, documents):
        status, _, err = documents("client", "pin", URL, "/no/such")
        assert (status, "No such file" in err) == (1, True)

    def test_one_that_is_registered(self, documents):
        documents(
            "client", "add", "--name", "x", "--client-id", URL, "--redirect-uri", "https://a.b/"
        )
        status, _, err = documents("client", "pin", URL)
        assert (status, "is registered" in err) == (1, True)

    def test_one_that_was_deleted(self, documents):
        documents("client", "pin", URL)
        documents("client", "delete", URL, "--yes")
        assert documents("client", "pin", URL) == (
            1,
            "",
            f"poauth2: {URL} was deleted, and stays so\n",
        )

    def test_one_that_a_user_has_seen_by_a_clock_that_is_ahead(self, documents):
        """What the command says must have happened."""
        documents("client", "pin", URL)
        documents("client", "edit", URL, "--no-approved")
        with open_service(documents) as service:
            client = service.server.clients.get(URL)
            ahead = {"updated_at": client.updated_at + 3600}
            assert service.server.clients.edit(URL, client.version, ahead)
        assert documents("client", "pin", URL) == (0, f"{URL}: pinned again.\n{FOLLOW}\n", "")
        assert not is_unchecked(stored(documents))

    def test_where_the_server_knows_documents_without_a_pin(self, documents):
        text = documents.path.read_text()
        documents.path.write_text(text.replace("metadata = pinned", "metadata = open"))
        assert documents("client", "pin", URL) == (0, f"{URL}: pinned.\n", "")

    def test_where_it_is_off(self, with_tables):
        status, _, err = with_tables("client", "pin", URL)
        assert (status, "set oauth2.client_id_metadata" in err) == (2, True)


class TestByName:
    """``claude`` instead of the URL of its document."""

    @pytest.fixture
    def claude(self, documents):
        client = known_clients()["claude"]
        change_to(documents, dict(client.document))
        return client.client_id

    def test_pin_and_verify(self, documents, claude):
        assert documents("client", "pin", "claude") == (0, f"{claude}: pinned.\n{FOLLOW}\n", "")
        status, out, _ = documents("client", "verify", "claude")
        assert (status, out) == (0, f"{claude} is as it was pinned\n1 verified, 0 changed\n")

    def test_pin_a_file(self, documents, claude, tmp_path):
        file = tmp_path / "own.json"
        file.write_text(json.dumps({**known_clients()["claude"].document, "client_name": "Own"}))
        assert documents("client", "pin", "claude", str(file))[0] == 0
        status, out, _ = documents("client", "verify", "claude")
        assert (status, "has changed: client_name" in out) == (1, True)

    def test_verify_one_that_is_not_pinned(self, documents, claude):
        status, out, _ = documents("client", "verify", "claude", URL)
        assert (status, out.splitlines()) == (
            1,
            [
                f"{claude} is not pinned",
                f"{URL} is not pinned",
                "0 verified, 0 changed, 2 not verified",
            ],
        )

    def test_the_list(self, documents, claude):
        documents("client", "pin", "claude")
        status, out, err = documents("client", "pin")
        assert (status, err) == (0, "")
        states = {line.split()[0]: line for line in out.splitlines()[1:]}
        assert states.keys() == known_clients().keys()
        assert f" {claude}" in states["claude"]
        assert "  pinned  " in states["claude"]
        assert "  not pinned  " in states["claude-code"]
        assert "  registers itself  " in states["cursor"]

    def test_all_that_are_known(self, documents, claude):
        """What cannot be fetched keeps no other one from being pinned."""
        urls = {each.client_id for each in known_clients().values() if each.client_id}
        status, out, err = documents("client", "pin", "--known")
        assert (status, out) == (1, f"{claude}: pinned.\n{FOLLOW}\n")
        failed = {line.split()[1] for line in err.splitlines()}
        assert failed == urls - {claude}
        for each in known_clients().values():
            if each.document:
                change_to(documents, dict(each.document))
                documents("client", "pin", "--known")
        assert documents("client", "pin", "--known") == (0, "", "")
        assert "not pinned" not in documents("client", "pin")[1]

    def test_one_that_was_deleted_is_not_missing(self, documents, claude):
        documents("client", "pin", "claude")
        assert documents("client", "delete", claude, "--yes")[0] == 0
        out = documents("client", "pin")[1]
        assert "  deleted  " in next(line for line in out.splitlines() if f" {claude}" in line)
        _, out, err = documents("client", "pin", "--known")
        assert claude not in (out + err).split()

    def test_all_and_one(self, documents):
        status, _, err = documents("client", "pin", "claude", "--known")
        assert (status, "name a client, or write --known" in err) == (2, True)

    def test_one_without_a_document(self, documents):
        status, _, err = documents("client", "pin", "cursor")
        assert (status, "has no document: it registers itself" in err) == (2, True)

    @pytest.mark.parametrize("word", ["claud", "http://claude.ai/x"])
    def test_an_unknown_one(self, documents, word):
        status, _, err = documents("client", "pin", word)
        assert (status, "nor the name of a known client" in err) == (2, True)
        assert ("Did you mean claude?" in err) is (word == "claud")


def test_a_command_does_not_repeat_what_a_start_says_of_a_profile(documents, caplog):
    text = documents.path.read_text()
    line = "oauth2.client_id_metadata = pinned\n"
    documents.path.write_text(text.replace(line, "oauth2.profile = mcp\n"))
    caplog.set_level("INFO", "pyramid_oauth2")
    assert documents("client", "pin")[0] == 0
    assert [each for each in caplog.messages if "oauth2.profile" in each] == []


class TestVerify:
    def test_none(self, documents):
        assert documents("client", "verify") == (0, "0 verified, 0 changed\n", "")

    def test_as_it_was(self, documents):
        documents("client", "pin", URL)
        assert documents("client", "verify") == (
            0,
            f"{URL} is as it was pinned\n1 verified, 0 changed\n",
            "",
        )

    def test_what_has_changed(self, documents):
        documents("client", "pin", URL)
        change(documents, client_name="New", redirect_uris=["https://app.example/new"])
        status, out, _ = documents("client", "verify")
        assert status == 1
        assert f"{URL} has changed: client_name, redirect_uris, " in out
        assert stored(documents).client_name == "Notes"

    def test_one_that_is_gone(self, documents):
        documents("client", "pin", URL)
        (documents.path.parent / "client.json").unlink()
        status, out, _ = documents("client", "verify")
        assert (status, "answers with the status 404" in out) == (1, True)


class TestFetched:
    def test_what_was_fetched(self, documents):
        other = "https://app.example/oauth/other.json"
        documents("client", "pin", URL)
        documents("client", "pin", other)
        status, out, _ = documents("fetched", "--json")
        found = json.loads(out)
        assert status == 0
        assert {each["url"]: each["error"] for each in found} == {
            URL: None,
            other: "answers with the status 404",
        }
        assert {each["purpose"] for each in found} == {"client_id"}
        status, out, _ = documents("fetched")
        assert (status, len(out.splitlines())) == (0, 3)
        assert "usable" in out
