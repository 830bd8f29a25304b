"""Registering a client on the admin pages."""

from __future__ import annotations

from typing import Any

import pytest

from pyramid_oauth2.protocol.token_strings import is_client_secret

from .client_pages import BACK, SECRET, ClientPages, names, words
from .server import basic

APPLICATION_TYPES: dict[str, dict[str, Any]] = {
    "web": {
        "grant_types": ("authorization_code", "refresh_token"),
        "token_endpoint_auth_method": "client_secret_basic",
        "redirect_uris": (BACK,),
    },
    "single-page": {
        "grant_types": ("authorization_code", "refresh_token"),
        "token_endpoint_auth_method": "none",
        "allowed_origins": ("https://client.example",),
        "redirect_uris": (BACK,),
    },
    "native": {
        "grant_types": ("authorization_code", "refresh_token"),
        "token_endpoint_auth_method": "none",
        "redirect_uris": ("com.example.app:/back", "http://127.0.0.1/back"),
    },
    "machine": {
        "grant_types": ("client_credentials",),
        "token_endpoint_auth_method": "client_secret_basic",
    },
    "api": {"grant_types": (), "resource_server": True, "scope": frozenset()},
}


def test_the_application_types_are_explained(pages: ClientPages):
    page = pages.get("register")
    links = [item.a["href"].rpartition("=")[2] for item in page.html.select(".records > li")]
    assert links == list(APPLICATION_TYPES)
    assert "Public: it has none, and proves itself by PKCE alone." in words(page)
    assert names(pages.get("register", kind="mainframe")) == names(page)


@pytest.mark.parametrize("application_type", APPLICATION_TYPES)
def test_an_application_type_is_asked_only_what_it_needs(pages: ClientPages, application_type: str):
    page = pages.get("register", kind=application_type)
    form = page.form
    asked = {name for name in form.fields if name} - {"oauth2_browser_token", "client_id"}
    typed = {
        name
        for name in ("redirect_uris", "allowed_origins")
        if name in APPLICATION_TYPES[application_type]
    }
    scope = {"scope"} if application_type != "api" else set()
    public = APPLICATION_TYPES[application_type].get("token_endpoint_auth_method") == "none"
    # Below the fold: a client that keeps a secret may have a key instead.
    folded = {field["name"] for field in page.html.select("details [name]")}
    assert folded == (set() if public else {"token_endpoint_auth_method", "jwks", "jwks_uri"})
    assert asked == {"client_name"} | typed | scope | folded


@pytest.mark.parametrize("application_type", APPLICATION_TYPES)
def test_what_follows_from_the_application_type(pages: ClientPages, application_type: str):
    expected = {
        "client_name": "Nightly",
        "scope": frozenset({"read"}),
        **APPLICATION_TYPES[application_type],
    }
    lines = {
        name: "\r\n".join(expected[name])
        for name in ("redirect_uris", "allowed_origins")
        if name in expected
    }
    client = pages.registered(application_type, **lines)
    assert {name: getattr(client, name) for name in expected} == expected
    assert (client.owner, client.require_pkce, client.consent) == (None, True, "remember")
    assert len(client.client_secrets) == (0 if client.public else 1)


def test_the_secret_is_shown_once_and_gets_a_token(pages: ClientPages):
    page = pages.register("machine")
    assert page.status_int == 200
    client_id = page.html.find("code", class_="copy").string
    secret = page.html.find("textarea", id="secret").string
    assert is_client_secret(secret)
    assert page.headers["Cache-Control"] == "no-store"
    assert "It is shown this once" in words(page)
    answer = pages.server.post({"grant_type": "client_credentials"}, basic(client_id, secret))
    assert answer.json["scope"] == "read"
    for other in ("", "client", "edit", "secret"):
        assert not SECRET.search(pages.get(other, client_id=client_id).text)


def test_a_form_that_is_sent_twice_registers_one_client(pages: ClientPages):
    form = pages.get("register", kind="machine").form
    form["client_name"] = "Nightly"
    form.fields["scope"][0].checked = True
    assert form.submit().status_int == 200
    again = form.submit(status=409)
    assert "The client is registered, once." in words(again)
    assert not SECRET.search(again.text)
    assert names(pages.get(q="Nightly")) == ["Nightly"]
    assert "New secret" in words(again.click("Go to the client"))


def test_of_a_public_client_the_second_response_is_the_first(pages: ClientPages):
    form = pages.get("register", kind="single-page").form
    form["client_name"], form["redirect_uris"] = "Board", BACK
    form.fields["scope"][0].checked = True
    first, again = form.submit(status=303), form.submit(status=303)
    assert again.location == first.location
    assert names(pages.get(q="Board")) == ["Board"]


def test_what_was_typed_stays_beside_what_is_wrong(pages: ClientPages):
    page = pages.register(
        "web", client_name="Shop", redirect_uris="http://shop.example/\n/back", scope=["write"]
    )
    assert page.status_int == 422
    form, problems = page.form, page.html.select(".problem")
    assert form["client_name"].value == "Shop"
    assert form["redirect_uris"].value == "http://shop.example/\r\n/back".replace("\r", "")
    assert [box.checked for box in form.fields["scope"]] == [False, True]
    (problem,) = problems
    assert problem["id"] == "redirect_uris-problem"
    assert "http on a public host" in problem.string
    assert "'/back' is relative" in problem.string
    field = page.html.find(id="redirect_uris")
    assert problem["id"] in field["aria-describedby"].split()
    assert page.html.select_one(".problems a")["href"] == "#redirect_uris"


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("client_name", " ", "write the name that users know"),
        ("client_name", "x" * 256, "use at most 255"),
        ("redirect_uris", "", "the authorization_code grant type needs"),
        ("redirect_uris", "javascript:alert(1)", "'javascript:alert(1)' has a scheme"),
        ("scope", [], "select at least one"),
    ],
)
def test_a_mistake(pages: ClientPages, field: str, value: Any, problem: str):
    page = pages.register("web", **{field: value})
    assert page.status_int == 422
    assert problem in page.html.find(id=f"{field}-problem").string
    assert names(pages.get()) == ["robot"]
