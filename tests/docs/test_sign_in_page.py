"""docs/sign-in.md: its provider, and a client that verifies the ID token by another library."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
import requests

from pyramid_oauth2.openid.scopes import DESCRIPTIONS
from pyramid_oauth2.openid.standard_claims import SCOPES
from tests.functional.flow import VERIFIER, challenge_of
from tests.ports import free_port
from tests.relying_parties import environment
from tests.relying_parties.catalog import PARTIES
from tests.serving import serving
from tests.visitor import Visitor

from .page import ROOT, Page
from .test_getting_started import browser

NAME = "docs/sign-in.md"
BACK = "http://localhost:8000/callback"


@pytest.fixture
def page(follow: Callable[..., Page]) -> Page:
    page = follow(NAME, {"localhost:6543": f"localhost:{free_port()}"})
    page.write_files()
    page.run("poauth2 secret")
    return page


@pytest.fixture
def client(page: Page) -> Any:
    page.run("client add")
    page.shell("export PYTHONPATH=.; python3 add_user.py")
    return json.loads((page.folder / "shop.json").read_text())


@pytest.fixture
def address(page: Page, client: Any) -> Iterator[str]:
    ini = page.folder / "accounts.ini"
    port = int(ini.read_text().rpartition("localhost:")[2])
    with serving(ini, port, PYTHONPATH="."):
        yield f"http://localhost:{port}"


def test_a_client_learns_who_signs_in(page: Page, address: str, client: Any) -> None:
    server = requests.get(f"{address}/.well-known/openid-configuration", timeout=10).json()
    query = {
        "response_type": "code",
        "client_id": client["client_id"],
        "redirect_uri": BACK,
        "scope": "openid profile email",
        "nonce": "n-0S6_WzA2Mj",
        "code_challenge": challenge_of(VERIFIER),
        "code_challenge_method": "S256",
    }
    back = Visitor("alice").send(f"{server['authorization_endpoint']}?{urlencode(query)}")
    (code,) = parse_qs(urlsplit(back).query)["code"]
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
    }
    credentials = (client["client_id"], client["client_secret"])
    tokens = requests.post(server["token_endpoint"], form, auth=credentials, timeout=10).json()
    key = jwt.PyJWKClient(server["jwks_uri"]).get_signing_key_from_jwt(tokens["id_token"])
    claims = jwt.decode(
        tokens["id_token"], key, ["RS256"], audience=client["client_id"], issuer=address
    )
    assert (claims["sub"], claims["nonce"], claims["amr"]) == ("1", "n-0S6_WzA2Mj", ["pwd"])
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    userinfo = requests.get(server["userinfo_endpoint"], headers=headers, timeout=10).json()
    said = page.block('"sub"', "json")
    assert userinfo == json.loads(said)
    assert said in page.run("accounts.ini try", BROWSER=str(browser(page.folder)))


def test_its_table_of_scopes_is_that_of_the_code() -> None:
    text = (ROOT / NAME).read_text()
    rows = {row.split("|")[1].strip(): row for row in text.splitlines() if row.startswith("| `")}
    for scope, words in DESCRIPTIONS.items():
        assert f"| {words} |" in rows[f"`{scope}`"]
        assert all(f"`{claim}`" in rows[f"`{scope}`"] for claim in SCOPES.get(scope, ()))


def test_its_table_of_libraries_is_what_the_tests_run() -> None:
    _, _, section = (ROOT / NAME).read_text().partition("## Libraries of clients")
    rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in section.splitlines()]
    table = {row[0].replace("`", "").split()[0]: row for row in rows if len(row) == 4}
    pins = (ROOT / "constraints.txt").read_text().replace("==", " ").splitlines()
    versions = dict(line.split() for line in pins if not line.startswith("#"))
    described = json.loads((environment.HERE / "package.json").read_text())
    versions |= described["dependencies"]
    scripts = [*environment.HERE.glob("sites/*"), *environment.HERE.glob("*.py")]
    written = "".join("".join(script.read_text() for script in scripts).split())
    for name, (title, options, settings, signs_out) in table.items():
        if name in versions:
            assert f"{title} ".split(",")[0].split()[1] == ".".join(versions[name].split(".")[:2])
        if name in PARTIES:
            assert options == (f"`{' '.join(PARTIES[name].options)}`" if options else "")
            assert bool(options) == bool(PARTIES[name].options)
            assert ("at the server" in signs_out) == (PARTIES[name].logout is not None)
            assert ("by notice" in signs_out) == (PARTIES[name].back_channel is not None)
        for setting in settings.split("`")[1::2]:
            assert "".join(setting.split()) in written
    assert set(PARTIES) < set(table)
