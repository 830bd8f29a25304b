"""docs/jwt-access-tokens.md: its client, what its tokens say, and how others validate them."""

from __future__ import annotations

import base64
import json
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import jwt
import pytest
import requests

from pyramid_oauth2.extensions.jwt_access_tokens.jwt_format import MAX_LENGTH
from pyramid_oauth2.extensions.jwt_access_tokens.settings import JWTAccessTokenSettings
from pyramid_oauth2.jose.algorithms import ALGORITHMS
from pyramid_oauth2.jose.claims import LEEWAY_AFTER
from pyramid_oauth2.settings import setting_fields
from tests.live import LiveClient, LiveServer, live_server

from .page import ROOT, Page

NAME = "docs/jwt-access-tokens.md"
TEXT = (ROOT / NAME).read_text()
MACHINE = {"grant_type": "client_credentials"}
ALICE = {"grant_type": "password", "username": "alice", "password": "wonderland"}


def test_the_page(
    follow: Callable[..., Page], load: Callable[[str], ModuleType], tmp_path: Path
) -> None:
    with live_server(tmp_path, {"client_cache": "0"}) as server:
        page = follow(NAME, {"http://localhost:6543": server.issuer})
        shutil.copy(server.ini, page.folder / "development.ini")
        client = registered(page.run("--access-token-format"))
        token = token_of(server, client, MACHINE)
        page.write_files()
        check_the_validation(load("validate"), server, token)
        check_the_claims(server, token)
        opaque = token_of(server, server.register(), ALICE)
        assert len(opaque) == 69
        assert "| length | 69 characters | about 500 |" in TEXT
        assert 450 < len(token) < 550
        check_introspection(page, server, token)
        revoke(server, client, token)
        assert requests.get(server.me, headers=bearer(token), timeout=60).status_code == 401
        assert load("validate").claims_of(token)["client_id"] == client.id
        (edit,) = re.findall(r"`(client edit [^`]*)`", TEXT)
        page.shell(f"poauth2 development.ini {edit}")
        assert token_of(server, client, MACHINE).startswith("oat_")


def registered(printed: str) -> LiveClient:
    found = dict(re.findall(r"^(client_\w+): +(\S+)$", printed, re.MULTILINE))
    return LiveClient(found["client_id"], found["client_secret"])


def token_of(server: LiveServer, client: LiveClient, form: dict[str, str]) -> str:
    answer = requests.post(server.token, form, auth=(client.id, client.secret or ""), timeout=60)
    return str(answer.json()["access_token"])


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def revoke(server: LiveServer, client: LiveClient, token: str) -> None:
    login = (client.id, client.secret or "")
    requests.post(server.revoke, {"token": token}, auth=login, timeout=60).raise_for_status()


def check_the_validation(module: ModuleType, server: LiveServer, token: str) -> None:
    assert module.claims_of(token)["iss"] == server.issuer
    header, claims, signature = token.split(".")
    said = {**decoded(claims), "sub": "alice"}
    forged = base64.urlsafe_b64encode(json.dumps(said).encode()).rstrip(b"=").decode()
    for wrong in (f"{header}.{forged}.{signature}", f"{header}.{claims}.", "garbage"):
        with pytest.raises(jwt.InvalidTokenError):
            module.claims_of(wrong)


def decoded(part: str) -> dict[str, Any]:
    return dict(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))))


def check_the_claims(server: LiveServer, token: str) -> None:
    """The example and the table have the members of a token."""
    header, claims = (decoded(part) for part in token.split(".")[:2])
    (block,) = re.findall(r"^```text\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    shown_header, _, shown_claims = block.partition("\n")
    assert json.loads(shown_header).keys() == header.keys()
    assert json.loads(shown_claims).keys() == claims.keys()
    rows = re.findall(r"^\| (`\w+`[^|]*) \|", TEXT.partition("## How long")[0], re.MULTILINE)
    named = set(re.findall(r"`(\w+)`", " ".join(rows)))
    assert claims.keys() <= named
    assert named - claims.keys() == {"auth_time", "acr", "amr"}
    assert (claims["aud"], claims["sub"]) == (server.issuer, "reports")
    assert claims["exp"] - claims["iat"] == 600
    assert abs(claims["iat"] - time.time()) < 60


def check_introspection(page: Page, server: LiveServer, token: str) -> None:
    api = server.register_resource_server()
    variables = {"CLIENT_ID": api.id, "CLIENT_SECRET": api.secret or "", "TOKEN": token}
    signed = page.run("token-introspection+jwt", **variables)
    header, claims = (decoded(part) for part in signed.split(".")[:2])
    assert header["alg"] == "RS256"
    assert claims["aud"] == api.id
    assert claims["token_introspection"]["client_id"] == "reports"
    archive = registered(page.run("--introspection-signed-response-alg"))
    login = (archive.id, archive.secret or "")
    answer = requests.post(server.introspect, {"token": "unknown"}, auth=login, timeout=60).text
    assert decoded(answer.split(".")[0])["alg"] == "ES256"
    assert decoded(answer.split(".")[1])["token_introspection"] == {"active": False}


@pytest.mark.parametrize(
    ("text", "is_so"),
    [
        ("lifetime`, 10 minutes", JWTAccessTokenSettings().lifetime == 600),
        ("algorithm`, for all of them: `ES256`", JWTAccessTokenSettings().algorithm == "ES256"),
        ("At most 4,096 characters", MAX_LENGTH == 4096),
        ("and 30 seconds more", LEEWAY_AFTER == 30),
        (
            "seconds, 10 unless you change it",
            setting_fields()["introspection.cache"].metadata["default"] == 10,
        ),
    ],
)
def test_the_numbers(text: str, is_so: bool) -> None:
    assert text in TEXT
    assert is_so


def test_the_algorithms() -> None:
    (paragraph,) = re.findall(r"^\*\*Algorithm\.\*\*.*?\n\n", TEXT, re.MULTILINE | re.DOTALL)
    for name in ALGORITHMS:
        assert f"`{name}`" in paragraph
