"""docs/private-key-jwt.md: a key is made, a client registered, and its program gets a token."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import requests
from authlib.integrations.requests_client import OAuth2Session
from joserfc.jwk import ECKey

from pyramid_oauth2.extensions.private_key_jwt.assertion import LONGEST
from pyramid_oauth2.jose.algorithms import ALGORITHMS
from pyramid_oauth2.jose.claims import LEEWAY_AFTER, LEEWAY_BEFORE
from pyramid_oauth2.jose.uses import CLIENT_ASSERTION
from tests.live import LiveServer, live_server

from .page import ROOT, Page

NAME = "docs/private-key-jwt.md"
TEXT = (ROOT / NAME).read_text()


def test_the_page(follow: Callable[..., Page], tmp_path: Path) -> None:
    with live_server(tmp_path, {"client_cache": "0"}) as server:
        page = follow(NAME, {"http://localhost:6543": server.issuer})
        shutil.copy(server.ini, page.folder / "development.ini")
        page.write_files()
        page.shell("python3 make_key.py")
        assert (page.folder / "private.json").stat().st_mode & 0o077 == 0
        assert "private_key_jwt" in page.run("--auth-method private_key_jwt")
        for _ in range(2):
            assert opens(server, page.shell("python3 nightly.py").strip())
        check_authlib(page, server)
        shutil.copy(page.folder / "public.json", page.folder / "both.json")
        (edit,) = re.findall(r"`(client edit [^`]*)`", TEXT)
        page.shell(f"poauth2 development.ini {edit}")


def opens(server: LiveServer, token: str) -> bool:
    header = {"Authorization": f"Bearer {token}"}
    return requests.get(server.me, headers=header, timeout=60).status_code == 200


def check_authlib(page: Page, server: LiveServer) -> None:
    namespace: dict[str, type] = {}
    exec(page.block("class Assertion"), namespace)
    key = ECKey.import_key(json.loads((page.folder / "private.json").read_text()))
    session = OAuth2Session("nightly", key, token_endpoint_auth_method="private_key_jwt")
    session.register_client_auth_method(namespace["Assertion"]())
    for _ in range(2):
        assert opens(server, session.fetch_token(server.token)["access_token"])


def test_its_numbers() -> None:
    assert set(re.findall(r"`(\w+)`", TEXT[TEXT.index("| key |") : TEXT.index("## Register")])) == {
        *ALGORITHMS,
        "alg",
    }
    assert f"at most {LONGEST // 60} minutes away" in TEXT
    assert f"at most {CLIENT_ASSERTION.max_length:,} characters" in TEXT
    assert LEEWAY_AFTER == LEEWAY_BEFORE == 30
    assert "Clocks may differ by 30 seconds." in TEXT
