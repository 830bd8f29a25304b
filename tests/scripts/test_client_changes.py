"""``poauth2 INI client show|edit|rotate-secret|disable|enable|delete``."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

from pyramid_oauth2.protocol.clients.secrets import verify_secret
from pyramid_oauth2.protocol.records import Client

from .test_grant import open_service

ADD = ("client", "add", "--client-id", "web", "--name", "My app", "--scope", "read", "--json")
WEB = (*ADD, "--redirect-uri", "https://app.example/callback")


@pytest.fixture
def web(with_tables):
    """The command line, and a registered client's secret."""
    with_tables.secret = json.loads(with_tables(*WEB)[1])["client_secret"]
    return with_tables


def show(poauth2, client_id="web"):
    return json.loads(poauth2("client", "show", client_id, "--json")[1])


def counts(poauth2, secret, later=0, client_id="web"):
    with open_service(poauth2) as service:
        client = service.clients.get(client_id)
        return verify_secret(secret, client.client_secrets, service.server.clock() + later)


class TestShow:
    def test_as_text(self, web):
        status, out, _ = web("client", "show", "web")
        assert status == 0
        assert "client_name:                 My app\n" in out
        assert "redirect_uris:               https://app.example/callback\n" in out
        assert "created_at:                  20" in out
        assert "secret:                      of 20" in out
        assert web.secret not in out

    def test_a_value_does_not_command_the_terminal(self, web):
        """Nor does it look like a line of another field."""
        forged = "\x1b[2Jmallory\nconsent: skip"
        with open_service(web) as service:
            service.server.clients.add(
                Client("forged", client_name=forged, owner=forged, contacts=(forged,))
            )
        for words in (("show", "forged"), ("list",)):
            out = web("client", *words)[1]
            assert "mallory" in out
            assert "\x1b" not in out
            assert "\nconsent: skip" not in out

    def test_as_json_without_secrets(self, web):
        client = show(web)
        assert (client["client_id"], client["scope"]) == ("web", "read")
        assert "client_secrets" not in client
        assert None not in client.values()

    def test_unknown(self, web):
        status, out, err = web("client", "show", "nobody")
        assert (status, out) == (1, "")
        assert "client list" in err


class TestEdit:
    def test_what_is_named_changes_and_nothing_else(self, web):
        before = show(web)
        status, out, _ = web(
            *("client", "edit", "web", "--name", "New", "--scope", "read write", "--json"),
            *("--no-pkce", "--logo-uri", "https://app.example/logo.png"),
        )
        assert status == 0
        after = json.loads(out)
        assert after == show(web)
        assert {name for name in after if after[name] != before.get(name)} - {"updated_at"} == {
            "client_name",
            "scope",
            "require_pkce",
            "logo_uri",
            "version",
        }
        assert counts(web, web.secret)

    def test_what_a_later_version_wrote_stays_until_then(self, web, tmp_path):
        """An older version that is installed again ignores it."""

        def later(change=None):
            with closing(sqlite3.connect(tmp_path / "oauth2.sqlite")) as database, database:
                if change:
                    database.execute(f"UPDATE oauth2_client SET document = {change}")
                (document,) = database.execute("SELECT document FROM oauth2_client").fetchone()
            return "later" in json.loads(document)

        assert later("json_set(document, '$.later', 1)")
        assert show(web)["client_name"] == "My app"
        assert later()
        web("client", "edit", "web", "--name", "New")
        assert not later()

    def test_a_repeated_flag_replaces(self, web):
        uris = ("--redirect-uri", "https://a.example/", "--redirect-uri", "https://b.example/")
        web("client", "edit", "web", *uris)
        assert show(web)["redirect_uris"] == ["https://a.example/", "https://b.example/"]

    def test_cleared(self, web):
        web("client", "edit", "web", "--owner", "bob", "--access-token-lifetime", "10m")
        assert (show(web)["owner"], show(web)["lifetimes"]) == ("bob", {"access_token": 600})
        web("client", "edit", "web", "--clear", "owner", "--clear", "lifetimes")
        assert "owner" not in show(web)
        assert show(web)["lifetimes"] == {}

    def test_a_broken_rule_names_the_flag(self, web):
        status, out, err = web("client", "edit", "web", "--redirect-uri", "http://app.example/")
        assert (status, out) == (1, "")
        assert "the client was not changed" in err
        assert "  --redirect-uri: 'http://app.example/'" in err

    def test_a_public_client_it_does_not_become(self, web):
        _, _, err = web("client", "edit", "web", "--auth-method", "none")
        assert "--auth-method: a public client cannot become confidential" in err

    @pytest.mark.parametrize("words", [("web",), ("web", "--clear", "client_id"), ()])
    def test_asked_wrongly(self, web, words):
        assert web("client", "edit", *words)[0] == 2

    def test_unknown(self, web):
        assert web("client", "edit", "nobody", "--name", "x")[0] == 1


class TestRotateSecret:
    def test_at_once(self, web):
        status, out, _ = web("client", "rotate-secret", "web")
        assert status == 0
        assert "The old secret does not count any more." in out
        assert not counts(web, web.secret)
        assert counts(web, out.split()[1])

    def test_with_an_overlap(self, web):
        _, out, _ = web("client", "rotate-secret", "web", "--overlap", "1h")
        assert "The old secret counts until 20" in out
        assert counts(web, web.secret, later=3500)
        assert not counts(web, web.secret, later=3700)

    def test_the_old_one_is_ended_before_its_time(self, web):
        words = web("client", "rotate-secret", "web", "--overlap", "1h")[1].split()
        assert words[-1] == "end-earlier-secret", "how to is said where it is wanted"
        status, out, _ = web("client", "end-earlier-secret", "web")
        assert status == 0
        assert out.startswith("Only the newest secret of web counts now.\n")
        assert not counts(web, web.secret)
        assert counts(web, words[1])
        again = web("client", "end-earlier-secret", "web", "--json")[1]
        assert json.loads(again) == {"client_id": "web", "done": "earlier secret ended"}

    def test_as_json(self, web):
        out = json.loads(web("client", "rotate-secret", "web", "--json")[1])
        assert counts(web, out["client_secret"])

    def test_to_a_chosen_one_which_is_not_printed(self, web):
        out = web("client", "rotate-secret", "web", "--secret-stdin", stdin="chosen-secret\n")[1]
        assert "chosen-secret" not in out
        assert counts(web, "chosen-secret")

    def test_to_one_that_clients_must_encode(self, web):
        rotate = ("client", "rotate-secret", "web", "--secret-stdin")
        assert "form-encode" in web(*rotate, stdin="chosen+secret\n")[2]
        assert "form-encode" not in web(*rotate, stdin="chosen-secret\n")[2]

    def test_of_a_client_id_that_clients_must_encode(self, web):
        """Also with a secret that the server draws."""
        web(*WEB, "--client-id", "urn:app:1")
        assert "form-encode" in web("client", "rotate-secret", "urn:app:1")[2]

    @pytest.mark.parametrize(
        ("words", "status"),
        [(("nobody",), 1), (("web", "--overlap", "1y"), 2), (("web", "--overlap", "91d"), 1)],
    )
    def test_refused(self, web, words, status):
        assert web("client", "rotate-secret", *words)[0] == status
        assert counts(web, web.secret)

    def test_of_a_public_client(self, web):
        public = ("--auth-method", "none", "--redirect-uri", "https://spa.example/")
        web("client", "add", "--client-id", "spa", "--name", "SPA", *public)
        for command in ("rotate-secret", "end-earlier-secret"):
            line = "poauth2: spa was not changed: a public client has no secret\n"
            assert web("client", command, "spa") == (1, "", line)


class TestEnd:
    def test_disabled_and_enabled(self, web):
        status, out, _ = web("client", "disable", "web")
        assert (status, out.splitlines()[0][:17]) == (0, "web is disabled: ")
        assert show(web)["disabled_at"]
        assert " disabled " in web("client", "list")[1]
        assert web("client", "enable", "web", "--json")[1] == (
            '{"client_id": "web", "done": "enabled"}\n'
        )
        assert "disabled_at" not in show(web)

    def test_deleted(self, web):
        assert web("client", "delete", "web", "--yes")[0] == 0
        assert web("client", "show", "web")[0] == 1
        status, _, err = web(*WEB)
        assert (status, "is or was in use" in err) == (1, True)

    def test_nothing_is_deleted_unasked(self, web):
        status, _, err = web("client", "delete", "web")
        assert (status, "--yes" in err) == (1, True)
        assert show(web)

    @pytest.mark.parametrize("command", ["disable", "enable", "delete", "end-earlier-secret"])
    def test_unknown(self, web, command):
        more = ("--yes",) if command == "delete" else ()
        assert web("client", command, "nobody", *more)[0] == 1
