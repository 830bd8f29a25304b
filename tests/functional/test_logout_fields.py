"""What is registered for logout, and by whom.

OpenID Connect RP-Initiated Logout 1.0 section 3.1, Back-Channel Logout 1.0 section 2.2.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pyramid_oauth2 import InvalidClientMetadata

from .client_pages import APPLICATIONS, ClientPages, words
from .openid_provider import PROVIDER, provider

NOTIFIED = "https://client.example/logout?tenant=1"
AFTER = "https://client.example/bye"


@pytest.fixture
def storage() -> dict[str, str]:
    """Nothing here depends on the store."""
    return {"oauth2.backend": "memory"}


@pytest.fixture
def pages(start_pages: Callable[..., ClientPages]) -> ClientPages:
    return start_pages(provider, **PROVIDER)


def edited(pages: ClientPages, client_id: str, **values: Any) -> Any:
    form = pages.get("edit", client_id=client_id).form
    for name, value in values.items():
        form[name] = value
    return form.submit(status="*")


def test_by_an_operator(pages: ClientPages):
    client_id = pages.registered().client_id
    values = {"post_logout_redirect_uris": AFTER, "backchannel_logout_uri": NOTIFIED}
    page = edited(pages, client_id, **values).follow()
    assert pages.client(client_id).extra == {
        "post_logout_redirect_uris": [AFTER],
        "backchannel_logout_uri": NOTIFIED,
    }
    assert NOTIFIED in words(page)


def test_the_owner_says_where_users_go_and_not_where_the_server_sends_requests(pages: ClientPages):
    own = ClientPages(pages.server, APPLICATIONS, "alice")
    client = own.registered()
    form = own.get("edit", client_id=client.client_id).form
    assert "post_logout_redirect_uris" in form.fields
    assert "backchannel_logout_uri" not in form.fields
    sent: dict[str, Any] = {}
    for name, value in form.submit_fields():
        sent.setdefault(name, []).append(value)
    forged = {**sent, "post_logout_redirect_uris": AFTER, "backchannel_logout_uri": NOTIFIED}
    own.browser.post(form.action, forged, status=303)
    assert own.client(client.client_id).extra == {"post_logout_redirect_uris": [AFTER]}


@pytest.mark.parametrize(
    "uri",
    [
        "http://client.example/logout",
        "client.example/logout",
        "//client.example/logout",
        "ftp://client.example/logout",
        "https:///logout",
        "https://client.example/logout#here",
        "https://client.example/log out",
        "https://bob:secret@client.example/logout",
        "https://client.example:0/logout",
        "javascript:alert(1)",
        "",
    ],
)
def test_where_the_server_sends_no_request(pages: ClientPages, uri: str):
    with pytest.raises(InvalidClientMetadata, match="https URL"):
        pages.server.service.clients.edit("robot", backchannel_logout_uri=uri)


@pytest.mark.parametrize("uri", [NOTIFIED, "http://localhost:5000/out", "http://127.0.0.1/out"])
def test_where_it_does(pages: ClientPages, uri: str):
    client_id = pages.registered().client_id
    clients = pages.server.service.clients
    clients.edit(client_id, backchannel_logout_uri=uri, backchannel_logout_session_required=True)
    assert clients.get(client_id).extra["backchannel_logout_uri"] == uri


@pytest.mark.parametrize(
    "uri", ["http://client.example/", "/bye", "https://*.client.example/", "x:"]
)
def test_where_no_user_is_sent(pages: ClientPages, uri: str):
    with pytest.raises(InvalidClientMetadata, match="post_logout_redirect_uris"):
        pages.server.service.clients.edit("robot", post_logout_redirect_uris=(uri,))


def test_the_metadata(pages: ClientPages):
    """Back-Channel Logout 1.0 section 2.1."""
    found = pages.server.get("/.well-known/openid-configuration").json
    assert found["backchannel_logout_supported"] is True
    assert found["backchannel_logout_session_supported"] is True
