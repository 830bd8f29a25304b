"""README.md: its application, with its ini, requires a token and accepts one."""

from __future__ import annotations

from webtest import TestApp

from pyramid_oauth2.testing import bearer, memory_backend
from tests.quick_templates import COMPILED

from .page import ROOT


def test_the_application(follow, load):
    page = follow("README.md")
    page.write_files()
    settings = page.settings("oauth2.issuer") | memory_backend() | COMPILED
    application = load("app").main({}, **settings)
    browser = TestApp(application, extra_environ={"wsgi.url_scheme": "https"})
    browser.get("/notes", status=401)
    browser.get("/notes", headers=bearer(application, "alice", "read"), status=200)
    # The two commands are covered by the demo's tests and by this test run.
    assert page.block("make demo").strip() == "make demo"
    assert page.block("make test").strip() == "make test"


def test_its_pictures_are_there():
    for name in ("consent.png", "consent-dark.png", "authorizations.png", "admin.png"):
        picture = (ROOT / "docs" / "pictures" / name).read_bytes()
        assert picture.startswith(b"\x89PNG")
        assert len(picture) < 150_000
