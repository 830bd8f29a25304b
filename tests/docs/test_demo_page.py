"""docs/demo.md: its clients are the demo's, and its static page is served from another origin."""

from __future__ import annotations

import re
from collections.abc import Callable
from configparser import RawConfigParser
from contextlib import closing
from pathlib import Path

from pyramid.config import Configurator

from pyramid_oauth2 import Client, get_service
from pyramid_oauth2.backends.redis import RedisBackend
from pyramid_oauth2.demo import clients
from tests.ports import free_port

from .page import ROOT, Page

NAME = "docs/demo.md"
# Appended to a command that starts a server: request what it serves, then stop it.
ASK = """ &> /dev/null &
trap "kill $!" EXIT
curl -s --retry 100 --retry-delay 0 --retry-connrefused http://localhost:{port}/
"""


def test_on_redis_only_the_backend_is_another(tmp_path: Path):
    changed = Page(NAME, tmp_path).settings("oauth2.backend")
    assert changed.keys() == {"oauth2.backend"}
    ini = RawConfigParser()
    ini.read(ROOT / "development.ini")
    there = dict(ini["app:main"])
    assert changed.keys() <= there.keys()
    kept = {key: there[key] for key in ("oauth2.issuer", "oauth2.scopes", "oauth2.redis.url")}
    config = Configurator(settings=kept | changed)
    config.include("pyramid_oauth2")
    with closing(get_service(config.make_wsgi_app().registry)) as service:
        assert isinstance(service.backends["redis"], RedisBackend)


def test_the_single_page_application(follow: Callable[..., Page]):
    port = free_port()
    page = follow(NAME, {clients.ELSEWHERE: f"http://localhost:{port}", "8000": str(port)})
    (page.folder / "pyramid_oauth2").mkdir()
    (page.folder / "pyramid_oauth2/demo").symlink_to(ROOT / "pyramid_oauth2/demo")
    page.block("oauth2.backend")
    served = page.shell(page.block("http.server").rstrip() + ASK.format(port=port))
    assert served == (ROOT / "pyramid_oauth2/demo/static/index.html").read_text()


def test_the_clients():
    text = (ROOT / NAME).read_text()
    known = {each.client_id for each in vars(clients).values() if isinstance(each, Client)}
    assert set(re.findall(r"^\| `([\w-]+)` \|", text, re.MULTILINE)) == known
    for suffix in clients.SECRET_FILES.values():
        assert f"`demo-client{suffix}.secret`" in text
