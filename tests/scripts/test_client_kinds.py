"""``client add --kind``, and the name that it asks for."""

from __future__ import annotations

import io
import json

import pytest

from pyramid_oauth2.protocol.clients.application_types import APPLICATION_TYPES
from pyramid_oauth2.scripts.poauth2 import main

BACK = ("--redirect-uri", "https://app.example/")
KINDS = {
    "web": (["authorization_code", "refresh_token"], "client_secret_basic", False),
    "single-page": (["authorization_code", "refresh_token"], "none", False),
    "native": (["authorization_code", "refresh_token"], "none", False),
    "machine": (["client_credentials"], "client_secret_basic", False),
    "api": ([], "client_secret_basic", True),
}


def added(poauth2, *words):
    """The client, as it was registered."""
    status, _, err = poauth2("client", "add", "--client-id", "new", "--name", "New", *words)
    assert status == 0, err
    client = json.loads(poauth2("client", "show", "new", "--json")[1])
    names = ("grant_types", "token_endpoint_auth_method", "resource_server")
    return tuple(client[name] for name in names)


def test_the_kinds_are_those_of_the_pages():
    assert set(KINDS) == set(APPLICATION_TYPES)


@pytest.mark.parametrize("kind", KINDS)
def test_what_follows_from_a_kind(with_tables, kind):
    back = BACK if "redirect_uris" in APPLICATION_TYPES[kind].field_names else ()
    assert added(with_tables, "--kind", kind, *back) == KINDS[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_its_response_types_go_with_its_grant_types(with_tables, kind):
    """RFC 7591 section 2: of one that is never redirected there are none to show, or to export."""
    back = BACK if "redirect_uris" in APPLICATION_TYPES[kind].field_names else ()
    added(with_tables, "--kind", kind, *back)
    shown = json.loads(with_tables("client", "show", "new", "--json")[1])
    (exported,) = json.loads(with_tables("client", "export")[1])
    expected = ["code"] if back else []
    assert shown["response_types"] == exported["response_types"] == expected
    assert ("response_types" in with_tables("client", "show", "new")[1]) is bool(back)


@pytest.mark.parametrize(
    ("words", "client"),
    [
        (BACK, KINDS["web"]),
        (("--resource-server",), KINDS["api"]),
        ((*BACK, "--auth-method", "none"), KINDS["native"]),
        (("--grant-type", "client_credentials"), KINDS["machine"]),
        (
            ("--kind", "machine", "--auth-method", "client_secret_post", "--resource-server"),
            (["client_credentials"], "client_secret_post", True),
        ),
    ],
)
def test_an_option_precedes_the_kind(with_tables, words, client):
    assert added(with_tables, *words) == client


def test_another_kind(with_tables):
    status, _, err = with_tables("client", "add", "--kind", "browser", "--name", "New", *BACK)
    assert (status, "option --kind: 'browser' is not one of 'web', " in err) == (2, True)


def test_without_a_name_it_refuses(with_tables):
    status, out, err = with_tables("client", "add", *BACK, "--secret-stdin", stdin="My app")
    assert (status, out) == (2, "")
    assert err.splitlines()[0] == "poauth2: name the client, as in: --name 'My app'"
    assert with_tables("client", "list")[1] == "0 clients\n"


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_on_a_terminal_it_asks(with_tables, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", Terminal("\nMy app\n"))
    assert main([str(with_tables.path), "client", "add", *BACK, "--json"]) == 0
    printed = capsys.readouterr()
    assert printed.err.count("The name of the client, as its users read it: ") == 2
    assert printed.out.startswith("{")
    client_id = json.loads(printed.out)["client_id"]
    shown = json.loads(with_tables("client", "show", client_id, "--json")[1])
    assert shown["client_name"] == "My app"


def test_on_a_terminal_where_the_input_ends(with_tables, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", Terminal(""))
    assert main([str(with_tables.path), "client", "add", *BACK]) == 130
    assert capsys.readouterr().err.endswith("poauth2: stopped\n")


@pytest.mark.parametrize(
    ("words", "noted"),
    [
        (("--kind", "single-page"), True),
        (("--kind", "single-page", "--allowed-origin", "https://page.example"), False),
        (("--kind", "native"), False),
    ],
)
def test_a_page_of_no_origin(with_tables, words, noted):
    uri = ("--redirect-uri", "https://page.example/", "--scope", "read")
    status, _, err = with_tables("client", "add", "--name", "New", *uri, *words)
    assert status == 0
    assert err.startswith("poauth2: note: the client has no --allowed-origin, so ") is noted
    assert bool(err) is noted
