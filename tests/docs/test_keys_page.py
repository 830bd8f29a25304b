"""docs/keys.md: its commands in order, its times, and its signer of an application."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from pyramid.config import Configurator
from webtest import TestApp

from pyramid_oauth2 import get_service
from pyramid_oauth2.interfaces import ISigner
from pyramid_oauth2.keys.schedule import DAY, Schedule
from pyramid_oauth2.scripts.ini import Ini
from pyramid_oauth2.scripts.poauth2 import main as poauth2
from pyramid_oauth2.testing import memory_backend
from tests.jose import judges

from .page import ROOT, Page

NAME = "docs/keys.md"
# What the page calls "what speaks to your key service".
KMS = """
from tests.keys.key_service import COMMANDS
import base64

class Unreachable(Exception):
    pass

class Service:
    away = False
    def current_key(self, algorithm):
        if self.away:
            raise Unreachable("no route")
        return COMMANDS["key_for"](algorithm)
    def sign(self, kid, data):
        return base64.b64decode(COMMANDS["sign"](kid, base64.b64encode(data).decode()))
    def public_keys(self):
        return COMMANDS["published"]()
    def revoked_keys(self):
        return []

connect = Service
"""


def test_the_page(follow: Callable[..., Page], load: Callable[[str], ModuleType]) -> None:
    page = follow(NAME)
    shutil.copy(ROOT / "development.ini", page.folder)
    page.run("poauth2 secret")
    assert (page.folder / "server.secret").stat().st_mode & 0o777 == 0o600
    name(page, page.settings("oauth2.secret")["oauth2.secret"])
    ini = page.folder / "development.ini"
    assert poauth2([str(ini), "db", "upgrade"]) == 0
    kid = signing_key(ini)
    assert kid in page.run("keys list")
    assert "signs from" in page.run("keys rotate")
    replace_the_secret(page)
    assert f"{kid} is revoked" in page.run("keys revoke", KID=kid)
    assert signing_key(ini) != kid
    page.write_files()
    check_the_signer(page, load)


def name(page: Page, secret: str) -> None:
    """Write the value of ``oauth2.secret``, as it is on the page."""
    ini = page.folder / "development.ini"
    lines = [each for each in ini.read_text().splitlines() if not each.startswith("oauth2.secret")]
    at = lines.index("[app:main]") + 1
    ini.write_text("\n".join([*lines[:at], f"oauth2.secret = {secret}", *lines[at:]]) + "\n")


def signing_key(ini: Path) -> str:
    with Ini(str(ini)).service() as service:
        return str(service.server.signer.key_for("ES256"))


def replace_the_secret(page: Page) -> None:
    """The steps of the page; the value of each is in it."""
    ini = page.folder / "development.ini"
    kid = signing_key(ini)
    page.shell("(umask 077; poauth2 secret > new.secret)")
    old, new = (f"file:%(here)s/{file}.secret" for file in ("server", "new"))
    for value in (f"{old} {new}", f"{new} {old}"):
        assert f"`oauth2.secret = {value}`" in page.text
        name(page, value)
        assert signing_key(ini) == kid
    assert "2 keys sealed by the first secret" in page.run("keys reseal")
    name(page, new)
    assert signing_key(ini) == kid


def check_the_signer(page: Page, load: Callable[[str], ModuleType]) -> None:
    (page.folder / "kms.py").write_text(KMS)
    signer = load("key_service")
    settings = {"oauth2.issuer": "http://localhost", "oauth2.scopes": "read = Read"}
    with Configurator(settings=settings | memory_backend()) as config:
        signer.includeme(config)  # before or after the add-on
        config.include("pyramid_oauth2")
        app = config.make_wsgi_app()
    browser = TestApp(app, extra_environ={"HTTP_HOST": "localhost"})
    service = get_service(app.registry)
    client = service.clients.add(
        grant_types=("client_credentials",),
        scope=frozenset({"read"}),
        extra={"access_token_format": "jwt"},
    )
    browser.authorization = ("Basic", (client.client.client_id, client.secret))
    token = browser.post("/oauth2/token", {"grant_type": "client_credentials"}).json
    keys = browser.get("/oauth2/jwks").json
    assert judges.by_pyjwt(token["access_token"], keys, "http://localhost")["scope"] == "read"
    assert set(ISigner) <= {*dir(signer.KeyService)}
    service.server.signer.service.away = True
    browser.post("/oauth2/token", {"grant_type": "client_credentials"}, status=503)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("`oauth2.keys.announced` has passed (a day)", Schedule().announced - DAY),
        ("`oauth2.keys.rotation` later (90 days)", Schedule().rotation - 90 * DAY),
        ("has expired: a day, and", Schedule().lifetime - DAY),
        ("a day, and 20 minutes and 30 seconds", Schedule().kept - Schedule().lifetime - 1230),
        ("at most\nevery 30 seconds", Schedule().cache - 30),
        ("for 15 minutes, as `Cache-Control`", Schedule().max_age - 900),
    ],
)
def test_the_times(text: str, seconds: float) -> None:
    assert text in (ROOT / NAME).read_text()
    assert seconds == 0


def test_the_states() -> None:
    page = (ROOT / NAME).read_text()
    for state in ("announced", "active", "retired", "gone", "revoked"):
        assert f"\n| {state} |" in page
