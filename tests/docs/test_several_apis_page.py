"""docs/several-apis.md: its settings and its requests, with an application in process."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pyramid.config import Configurator
from webtest import TestApp

from pyramid_oauth2 import Client, get_service

from .page import Page

ISSUER = "http://localhost:6543"


def application(settings: dict[str, str], directive: str) -> Any:
    config = Configurator(
        settings={"oauth2.issuer": ISSUER, "oauth2.backend": "memory", "oauth2.secret": "a" * 43}
        | settings
    )
    config.include("pyramid_oauth2")
    exec(directive, {"config": config})
    for path in ("/notes", "/other"):
        config.add_route(path, path)
        config.add_view(lambda request: {}, route_name=path, renderer="json", oauth2_scope="read")
    return config.make_wsgi_app()


def form_of(page: Page, word: str) -> dict[str, str]:
    """What curl sends."""
    words = shlex.split(page.block(word, "sh"))
    return dict(words[at + 1].split("=", 1) for at, each in enumerate(words) if each == "-d")


def test_the_page(follow: Callable[..., Page], tmp_path: Path):
    page = follow("docs/several-apis.md")
    app = application(page.settings("oauth2.resources"), page.block("token_format", "python"))
    scope = frozenset({"read", "write", "pay"})
    client = Client("web", grant_types=("client_credentials", "refresh_token"), scope=scope)
    secret = get_service(app.registry).clients.add(client).secret
    browser = TestApp(app, extra_environ={"HTTP_HOST": "localhost:6543"})
    browser.authorization = ("Basic", ("web", secret))
    answer = browser.post("/oauth2/token", form_of(page, "client_credentials"))
    assert answer.json["scope"] == "read write"
    browser.authorization = ("Bearer", answer.json["access_token"])
    browser.get("/notes", status=200)
    browser.get("/other", status=401)
    browser.authorization = None
    challenge = browser.get("/notes", status=401).headers["WWW-Authenticate"]
    assert f"WWW-Authenticate: {challenge}" in page.text
    (url,) = re.findall('resource_metadata="(.*?)"', challenge)
    assert browser.get(url.removeprefix(ISSUER)).json["resource"] == f"{ISSUER}/notes"
    # The refresh token of the page is made up, so its request is understood and refused.
    browser.authorization = ("Basic", ("web", secret))
    refused = browser.post("/oauth2/token", form_of(page, "grant_type=refresh_token"), status=400)
    assert refused.json["error"] == "invalid_grant"
