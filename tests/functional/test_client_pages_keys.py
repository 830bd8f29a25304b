"""Clients that authenticate by a key, on the pages for operators and for owners."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from .client_pages import ADMIN, APPLICATIONS, BACK, ClientPages, words
from .signing import JWKS, KEY, METHOD, assertion, signed

PRIVATE = dict(KEY.as_dict(private=True))


@pytest.fixture
def pages(start_pages: Callable[..., ClientPages]) -> ClientPages:
    return start_pages()


@pytest.mark.parametrize("root", [ADMIN, APPLICATIONS])
def test_a_client_is_registered_with_its_keys(pages: ClientPages, root: str) -> None:
    """No secret is made, and none is shown."""
    own = ClientPages(pages.server, root)
    fields = {"token_endpoint_auth_method": METHOD, "jwks": json.dumps(JWKS)}
    page = own.register("web", client_name="Signer", redirect_uris=BACK, **fields)
    page = page.follow()
    assert "It authenticates by its key, so it has no secret." in words(page)
    assert "Public keys one" in words(page)
    assert "Secrets" not in words(page)
    client_id = page.html.select_one("code.copy").string
    client = pages.client(client_id)
    assert (client.jwks, client.client_secrets) == (JWKS, ())
    form = signed(assertion(client_id), grant_type="refresh_token", refresh_token="ort_x")
    assert pages.server.post(form).json["error"] == "invalid_grant"


@pytest.mark.parametrize("root", [ADMIN, APPLICATIONS])
def test_a_client_turns_from_its_secret_to_a_url(pages: ClientPages, root: str) -> None:
    web = pages.server.register("web", grant_types=("refresh_token",), owner="bob")
    form = ClientPages(pages.server, root).get("edit", client_id="web").form
    form["token_endpoint_auth_method"] = METHOD
    page = form.submit(status=422)
    assert "private_key_jwt needs the public keys: write jwks, or a jwks_uri" in words(page)
    form = page.form
    form["jwks_uri"] = "https://app.example/keys"
    form.submit(status=303)
    changed = pages.client("web")
    assert changed.jwks_uri == "https://app.example/keys"
    assert (web.client_secrets != (), changed.client_secrets) == (True, ())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "this is not JSON"),
        ("[]", "an object is needed"),
        ("{}", "write an object with the member keys"),
        ('{"keys": [{"kty": "EC", "crv": "P-256"}]}', "key 1 has a member that is not base64url"),
    ],
)
def test_what_are_no_keys(pages: ClientPages, text: str, says: str) -> None:
    fields = {"token_endpoint_auth_method": METHOD, "jwks": text}
    page = pages.register("machine", client_name="Signer", **fields)
    assert page.status_int == 422
    assert says in words(page)
    assert page.form["jwks"].value == text


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"keys": [PRIVATE]}),
        json.dumps({"keys": [PRIVATE]})[:-1],
        KEY.as_pem(private=True).decode(),
    ],
    ids=["JSON", "cut off", "PEM"],
)
def test_a_private_key_is_not_shown_again(pages: ClientPages, text: str) -> None:
    """RFC 7517 section 9.2; no page has it, also not for who has just sent it."""
    fields = {"token_endpoint_auth_method": METHOD, "jwks": text}
    page = pages.register("machine", client_name="Signer", **fields)
    assert page.status_int == 422
    assert PRIVATE["d"] not in page.text
    assert "PRIVATE KEY" not in page.text
    assert page.form["jwks"].value == ""


@pytest.mark.parametrize(
    ("language", "says"),
    [("de", "braucht die öffentlichen Schlüssel"), ("fr", "a besoin des clés publiques")],
)
def test_in_other_languages(pages: ClientPages, language: str, says: str) -> None:
    pages.browser.extra_environ["HTTP_ACCEPT_LANGUAGE"] = language
    fields = {"token_endpoint_auth_method": METHOD}
    assert says in words(pages.register("machine", client_name="Signer", **fields))
