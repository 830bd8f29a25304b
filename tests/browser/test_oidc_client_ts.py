"""oidc-client-ts in a real browser: a single-page application of another origin."""

from __future__ import annotations

import functools
import json
import shutil
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Page

from tests.functional.openid_provider import parts
from tests.live import LiveServer
from tests.ports import free_port
from tests.relying_parties.dishonest import OTHER_USERINFO
from tests.relying_parties.environment import HERE, NODE_MODULES, node_with
from tests.relying_parties.parties import SCOPE

LIBRARY = NODE_MODULES / "oidc-client-ts/dist/browser/oidc-client-ts.min.js"


class SilentHandler(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture(scope="module")
def application(server: LiveServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the page, with the library beside it."""
    node_with("oidc-client-ts")
    folder, port = tmp_path_factory.mktemp("page"), free_port()
    url = f"http://127.0.0.1:{port}"
    client = server.add_client(
        *("--kind", "single-page", "--name", "Page", "--scope", SCOPE),
        *("--redirect-uri", f"{url}/", "--allowed-origin", url),
        *("--post-logout-redirect-uri", f"{url}/"),
    )
    settings = {"authority": server.issuer, "client_id": client.id, "scope": SCOPE}
    (folder / "settings.json").write_text(json.dumps(settings))
    shutil.copy(LIBRARY, folder)
    shutil.copy(HERE / "sites/with_oidc_client_ts.html", folder / "index.html")
    shutil.copy(HERE / "sites/with_oidc_client_ts.js", folder / "page.js")
    handler = functools.partial(SilentHandler, directory=folder)
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as files:
        threading.Thread(target=files.serve_forever, args=(0.01,), daemon=True).start()
        yield url
        files.shutdown()


def sign_in(page: Page, application: str) -> Any:
    page.goto(f"{application}/")
    page.click("#sign-in")
    page.fill("[name=username]", "alice")
    page.fill("[name=password]", "wonderland")
    page.click("main button")
    page.click("[value=allow]")
    return shown(page)


def shown(page: Page, without: str = "...") -> Any:
    """What the page shows of the user, once this text is not there any more."""
    there = "text => document.querySelector('#user')?.textContent.includes(text) === false"
    page.wait_for_function(there, arg=without)
    return json.loads(page.inner_text("#user"))


def test_a_user_signs_in(page: Page, application: str) -> None:
    user = sign_in(page, application)
    assert user["profile"]["sub"] == "alice"
    # Of the userinfo endpoint.
    assert user["profile"]["email"] == "alice@example.com"
    assert set(user["scope"].split()) == set(SCOPE.split())


def test_a_refresh(page: Page, application: str) -> None:
    """Without a hidden frame, and it refuses one whose auth_time has moved."""
    before = sign_in(page, application)
    page.click("#refresh")
    after = shown(page, without=before["refresh_token"])
    assert after["profile"]["email"] == "alice@example.com"
    (_, new), (_, old) = (parts(each["id_token"]) for each in (after, before))
    assert new["at_hash"] != old["at_hash"]
    assert new["auth_time"] == old["auth_time"]


def test_the_user_signs_out(page: Page, application: str, server: LiveServer) -> None:
    """At the server too: the next sign-in asks for the password."""
    user = sign_in(page, application)
    page.click("#sign-out")
    page.wait_for_url(lambda url: url.startswith(application))
    assert shown(page) is None
    assert user["profile"]["sid"] not in server.run("session", "list", "alice")
    page.click("#sign-in")
    page.fill("[name=password]", "wonderland")


def test_a_revocation(page: Page, application: str, server: LiveServer) -> None:
    """Both tokens; it reads the type of the empty response."""
    user = sign_in(page, application)
    page.click("#revoke")
    assert "refused" not in shown(page, without=user["refresh_token"])
    headers = {"Authorization": f"Bearer {user['access_token']}"}
    answer = requests.get(f"{server.issuer}/oauth2/userinfo", headers=headers, timeout=60)
    assert answer.status_code == 401


@pytest.mark.parametrize("lie", ["another nonce", OTHER_USERINFO])
def test_what_is_wrong_is_refused(
    page: Page,
    application: str,
    dishonesty: Path,
    lie: str,
) -> None:
    """It leaves the signature and the rest to TLS (Core section 3.1.3.7, rule 6)."""
    dishonesty.write_text(lie)
    assert "refused" in sign_in(page, application)
