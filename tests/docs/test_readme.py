"""README.md: its application, with its ini, is closed without a token and open with one."""

from __future__ import annotations

import sys
from configparser import ConfigParser
from importlib.util import module_from_spec, spec_from_file_location

from webtest import TestApp

from pyramid_oauth2.testing import bearer, memory_backend
from tests.quick_templates import COMPILED

from .page import ROOT


def test_the_application(follow, monkeypatch):
    page = follow("README.md")
    page.write_files()
    ini = ConfigParser()
    ini.read_string("[app:main]\n" + page.block("oauth2.issuer"))
    spec = spec_from_file_location("readme_app", page.folder / "app.py")
    app = module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, app)
    spec.loader.exec_module(app)
    application = app.main({}, **{**ini["app:main"], **memory_backend(), **COMPILED})
    browser = TestApp(application, extra_environ={"wsgi.url_scheme": "https"})
    browser.get("/notes", status=401)
    browser.get("/notes", headers=bearer(application, "alice", "read"), status=200)
    # The two commands are what the demo's tests and this run are about.
    assert page.block("make demo").strip() == "make demo"
    assert page.block("make test").strip() == "make test"


def test_its_pictures_are_there():
    for name in ("consent.png", "admin.png"):
        assert (ROOT / "docs" / "pictures" / name).read_bytes().startswith(b"\x89PNG")
