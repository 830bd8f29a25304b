"""docs/client-registration.md: its settings, its command, and the limits that it names."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable

import pytest
from pyramid.config import Configurator
from webtest import TestApp

from pyramid_oauth2.extensions.client_registration.registration import GRACE
from pyramid_oauth2.extensions.client_registration.settings import MODES, RegistrationSettings
from pyramid_oauth2.extensions.client_registration.sweeping import IDLE, NEVER_USED
from pyramid_oauth2.protocol.throttling import Limit
from pyramid_oauth2.scripts.poauth2 import main
from pyramid_oauth2.settings import Settings
from tests.functional.registering import CURSOR

from .page import ROOT, Page

NAME = "docs/client-registration.md"
TEXT = (ROOT / NAME).read_text()
INI = """
[app:main]
use = call:tests.scripts.application:main
pyramid.includes = pyramid_oauth2
oauth2.issuer = http://localhost:6543
oauth2.backend = memory
oauth2.scopes = read = Read
oauth2.registration = token
"""


def test_the_page(follow: Callable[..., Page], capsys: pytest.CaptureFixture[str]) -> None:
    page = follow(NAME)
    chosen = page.settings("oauth2.registration = open")
    browser = TestApp(application(chosen))
    *_, sent = shlex.split(page.block("curl", "sh"))
    browser.post(
        "/oauth2/registration", sent, headers={"Content-Type": "application/json"}, status=201
    )
    body = {"redirect_uris": CURSOR, "scope": "read write"}
    answer = browser.post_json("/oauth2/registration", body, status=201)
    assert answer.json["scope"] == "read"
    named = TestApp(application(chosen, page.block("IClientPolicy", "python")))
    answer = named.post_json("/oauth2/registration", {**body, "client_name": "Acme"}, status=400)
    assert answer.json["error_description"].startswith("client_name: the name of this site")
    trusting = page.settings("oauth2.registration.software_issuers")
    assert TestApp(application({**chosen, **trusting}))
    (page.folder / "development.ini").write_text(INI)
    program, ini, *words = shlex.split(page.block("registration-token add", "sh"))
    assert (program, main([str(page.folder / ini), *words])) == ("poauth2", 0)
    assert capsys.readouterr().out.startswith("oia_")


def application(chosen: dict[str, str], policy: str = "") -> object:
    settings = {
        "oauth2.issuer": "http://localhost",
        "oauth2.backend": "memory",
        "oauth2.scopes": "read = Read\nwrite = Write",
        **chosen,
    }
    with Configurator(settings=settings) as config:
        config.include("pyramid_oauth2")
        exec(policy, {"config": config})
    return config.make_wsgi_app()


def test_what_it_says_is_so() -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", TEXT, re.MULTILINE)) == set(MODES)
    assert (NEVER_USED, IDLE, GRACE) == (86_400, 90 * 86_400, 600)
    assert "(1000)" in TEXT
    assert RegistrationSettings().max_unused == 1000
    assert "(20 an hour)" in TEXT
    defaults = {each.name: each for each in Settings.__dataclass_fields__.values()}
    assert defaults["throttle_client_registrations"].default_factory() == Limit(20, "hour")
