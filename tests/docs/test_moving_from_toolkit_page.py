"""docs/how-to/moving-from-django-oauth-toolkit.md."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import requests
from argon2 import PasswordHasher

from tests.ports import free_port
from tests.serving import environment, serving

from .old_servers import SECRET_OF_THE_WIKI, make_toolkit
from .page import Page

NAME = "docs/how-to/moving-from-django-oauth-toolkit.md"


def test_the_page(follow: Callable[..., Page]) -> None:
    port = free_port()
    page = follow(NAME, {"localhost:6543": f"localhost:{port}"})
    make_toolkit(page.folder / "django.sqlite")
    for other in ("docs/getting-started.md", "docs/how-to/django-users.md"):
        Page(other, page.folder).write_files()
    write_old_urls(page)
    page.write_files()
    imported = page.run("client import")
    assert page.block("It stays", "text").endswith(imported.partition("\n")[2])
    look_right(page)
    assert page.run("rotate-secret wiki").startswith("client_secret: ocs_")
    with serving(page.folder / "app.ini", port, PYTHONPATH="."):
        goes_on(f"http://localhost:{port}", "shop", "kept in clear")
        goes_on(f"http://localhost:{port}", "blog", "secret-of-the-blog")


def write_old_urls(page: Page) -> None:
    """The file of the other page, changed as this page says."""
    said = 'OLD = {"/o/revoke_token/": "/o/revoke"}'
    assert f"`{said}`" in page.text
    code = Page("docs/how-to/moving.md", page.folder).block("# old_urls.py")
    (page.folder / "old_urls.py").write_text(re.sub(r"(?s)OLD = \{.*?\}", said, code))


def look_right(page: Page) -> None:
    """Check the imported clients."""
    command = ["poauth2", "app.ini", "client", "export"]
    exported = subprocess.check_output(command, cwd=page.folder, env=environment(PYTHONPATH="."))
    moved = {client["client_id"]: client for client in json.loads(exported)}
    assert moved.keys() == {"shop", "blog", "wiki", "app", "spa"}
    assert (moved["shop"]["consent"], moved["blog"]["consent"]) == ("skip", "remember")
    assert moved["app"]["redirect_uris"] == ["com.example.app:/back"]
    assert moved["wiki"]["grant_types"] == ["client_credentials"]
    assert moved["spa"]["response_types"] == ["token"]
    assert moved["spa"]["allowed_origins"] == ["https://spa.example"]


def goes_on(issuer: str, client_id: str, secret: str) -> None:
    """Check that it works with its old secret, at its old URLs."""
    old, login = {"grant_type": "refresh_token", "refresh_token": "x"}, (client_id, secret)
    answer = requests.post(f"{issuer}/o/token/", old, auth=login, timeout=60)
    assert answer.json()["error"] == "invalid_grant"
    answer = requests.post(f"{issuer}/o/revoke_token/", {"token": "x"}, auth=login, timeout=60)
    assert answer.status_code == 200


def test_a_secret_is_learnt_when_it_is_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Django and the toolkit are not installed here: stubs replace what the validator needs."""
    kept: dict[str, str] = {}

    class Validator:
        def _check_secret(self, provided: str, stored: str) -> bool:
            return (provided, stored) == ("secret-of-the-wiki", SECRET_OF_THE_WIKI)

    class Objects:
        def filter(self, client_secret: str) -> Any:
            return SimpleNamespace(
                update=lambda **new: kept.update({client_secret: new["client_secret"]})
            )

    def make_password(secret: str, hasher: str) -> str:
        return hasher + PasswordHasher().hash(secret)

    for name, members in {
        "django.contrib.auth.hashers": {"make_password": make_password},
        "oauth2_provider.models": {"Application": SimpleNamespace(objects=Objects())},
        "oauth2_provider.oauth2_validators": {"OAuth2Validator": Validator},
    }.items():
        module = ModuleType(name)
        vars(module).update(members)
        monkeypatch.setitem(sys.modules, name, module)
    names: dict[str, Any] = {}
    exec(Page(NAME, tmp_path).block("LearningValidator", "python"), names)
    validator = names["LearningValidator"]()
    assert not validator._check_secret("wrong", SECRET_OF_THE_WIKI)
    assert not kept
    assert validator._check_secret("secret-of-the-wiki", SECRET_OF_THE_WIKI)
    assert kept[SECRET_OF_THE_WIKI].startswith("argon2$argon2id$")
