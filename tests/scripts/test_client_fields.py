"""A field that the application adds, on the command line."""

from __future__ import annotations

import json

import pytest
from pyramid.exceptions import ConfigurationError

from . import with_field as with_field_module

BOT = ("client", "add", "--client-id", "bot", "--name", "Bot", "--kind", "machine")


@pytest.mark.parametrize("command", ["add", "edit"])
def test_it_is_in_the_help(with_field, command):
    status, out, _ = with_field("client", command, "--help")
    assert status == 0
    assert "--customer-number CUSTOMER_NUMBER" in out
    assert "the customer that it belongs to, 100% of it" in " ".join(out.split())


def test_set_shown_changed_and_cleared(with_field):
    words = (*BOT, "--customer-number", "10", "--team", "a", "--team", "b c", "--likes-json")
    assert with_field(*words)[0] == 0
    _, out, _ = with_field("client", "show", "bot")
    assert out.splitlines().count("customer_number:             10") == 1
    assert "teams:                       a b c\n" in out
    assert "extra" not in out
    _, out, _ = with_field("client", "show", "bot", "--json")
    assert json.loads(out)["extra"] == {
        **{"customer_number": "10", "json": True, "teams": ["a", "b c"]}
    }
    status, out, _ = with_field("client", "edit", "bot", "--customer-number", "12")
    assert (status, "customer_number:             12" in out) == (0, True)
    clear = ("--clear", "customer_number", "--clear", "teams", "--clear", "json")
    status, out, _ = with_field("client", "edit", "bot", *clear)
    assert status == 0
    assert "customer_number" not in out


def test_several_words_of_an_added_scope(with_field):
    assert with_field(*BOT, "--likes", "tea cake", "--likes", "tea")[0] == 0
    _, out, _ = with_field("client", "show", "bot", "--json")
    assert json.loads(out)["extra"] == {"likes": "cake tea"}


@pytest.mark.parametrize("starts", [True, False])
def test_the_application_is_started_once(with_field, monkeypatch, starts):
    calls = []

    def main(global_config, **settings):
        calls.append(settings)
        if not starts:
            raise ConfigurationError("it does not start")
        return application(global_config, **settings)

    application = with_field_module.main
    monkeypatch.setattr(with_field_module, "main", main)
    status, _, err = with_field(*BOT, "--scope", "read")
    assert status == (0 if starts else 1)
    assert err == ("" if starts else "poauth2: it does not start\n")
    assert len(calls) == 1


def test_a_rule_is_broken(with_field):
    status, _, err = with_field(*BOT, "--customer-number", "7")
    assert status == 1
    assert "  --customer-number: a customer number is even\n" in err
    with_field(*BOT)
    status, _, err = with_field("client", "edit", "bot", "--customer-number", "7")
    assert "  --customer-number: a customer number is even\n" in err


def test_exported_and_imported(with_field):
    with_field(*BOT, "--customer-number", "10")
    (document,) = json.loads(with_field("client", "export")[1])
    assert document["extra"] == {"customer_number": "10"}
    with_field("client", "delete", "bot", "--yes")
    copy = json.dumps([document | {"client_id": "copy"}])
    assert with_field("client", "import", stdin=copy)[0] == 0
    assert "customer_number:             10" in with_field("client", "show", "copy")[1]


@pytest.mark.parametrize(
    ("members", "problem"),
    [
        ({"customer_number": "7"}, "customer_number: a customer number is even"),
        ({"customer_number": 7}, "customer_number: a text is needed"),
        ({"extra": {"customer_number": "7"}}, "customer_number: a customer number is even"),
    ],
)
def test_an_import_that_breaks_its_rule(with_field, members, problem):
    document = {"client_id": "bot", "grant_types": ["client_credentials"], **members}
    status, _, err = with_field("client", "import", stdin=json.dumps([document]))
    assert status == 1
    assert problem in err


def test_another_program_writes_it_as_rfc_7591_does(with_field):
    document = {"client_id": "bot", "grant_types": ["client_credentials"], "customer_number": "10"}
    unknown = {"client_number": "x"}
    assert with_field("client", "import", stdin=json.dumps([document | unknown]))[0] == 0
    (exported,) = json.loads(with_field("client", "export")[1])
    assert exported["extra"] == {"customer_number": "10"}


def test_another_application_has_no_such_option(with_tables):
    status, _, err = with_tables(*BOT, "--customer-number", "10")
    assert status == 2
    assert "there is no option --customer-number" in err


def test_an_application_that_does_not_start(with_field):
    text = with_field.path.read_text()
    with_field.path.write_text(text.replace("oauth2.issuer = http", "oauth2.issuer = x"))
    status, out, _ = with_field("client", "add", "--help")
    assert (status, "--customer-number" in out) == (0, False)
    status, _, err = with_field("client", "add")
    assert status == 1
    assert "oauth2.issuer" in err
