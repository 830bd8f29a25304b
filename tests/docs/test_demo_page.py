"""docs/demo.md: its clients are the demo's, and its static page is served from another origin."""

from __future__ import annotations

import re
from collections.abc import Callable

from pyramid_oauth2 import Client
from pyramid_oauth2.demo import clients
from tests.serving import free_port

from .page import ROOT, Page

NAME = "docs/demo.md"
# Beside a server that the page starts: what it serves, and its end.
ASK = """ &> /dev/null &
trap "kill $!" EXIT
curl -s --retry 100 --retry-delay 0 --retry-connrefused http://localhost:{port}/
"""


def test_the_single_page_application(follow: Callable[..., Page]):
    port = free_port()
    page = follow(NAME, {clients.ELSEWHERE: f"http://localhost:{port}", "8000": str(port)})
    (page.folder / "pyramid_oauth2").mkdir()
    (page.folder / "pyramid_oauth2/demo").symlink_to(ROOT / "pyramid_oauth2/demo")
    served = page.shell(page.block("http.server").rstrip() + ASK.format(port=port))
    assert served == (ROOT / "pyramid_oauth2/demo/static/index.html").read_text()


def test_the_clients():
    text = (ROOT / NAME).read_text()
    known = {each.client_id for each in vars(clients).values() if isinstance(each, Client)}
    assert set(re.findall(r"^\| `([\w-]+)` \|", text, re.MULTILINE)) == known
    for suffix in clients.SECRET_FILES.values():
        assert f"`demo-client{suffix}.secret`" in text
