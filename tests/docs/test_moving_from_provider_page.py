"""docs/how-to/moving-from-django-oauth2-provider.md, and its users."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.ports import free_port
from tests.serving import serving

from .old_servers import make_provider
from .page import Page

NAME = "docs/how-to/moving-from-django-oauth2-provider.md"


def test_the_page(follow: Callable[..., Page]) -> None:
    port = free_port()
    page = follow(NAME, {"localhost:6543": f"localhost:{port}"})
    for other in ("docs/getting-started.md", "docs/how-to/django-users.md"):
        Page(other, page.folder).write_files()
    page.write_files()
    make_provider(page.folder / "django.sqlite")
    assert page.run("client import").endswith("\n2 imported, 0 left as they are\n")
    with serving(page.folder / "app.ini", port, PYTHONPATH="."):
        answer = json.loads(page.run("access_token/"))
    promised = json.loads(page.block("access_token", "json"))
    assert list(answer) == list(promised)
    for name in ("access_token", "refresh_token"):
        assert answer.pop(name).startswith(promised.pop(name)[:4])
    assert answer == promised


@pytest.fixture
def users(follow: Callable[..., Page], monkeypatch: pytest.MonkeyPatch) -> Any:
    page = follow("docs/how-to/django-users.md")
    page.write_files()
    make_provider(page.folder / "django.sqlite")
    monkeypatch.syspath_prepend(page.folder)
    module = importlib.import_module("users")
    yield module.Users(page.folder / "django.sqlite")
    del sys.modules["users"]


def test_the_users(users: Any) -> None:
    assert users.authenticate(None, "alice", "wonderland") == "7"
    assert users.authenticate(None, "alice", "Wonderland") is None
    assert users.authenticate(None, "nobody", "has this password") is None
    # An argon2 hash; and "!", which Django writes for a user who cannot log in by password.
    assert users.authenticate(None, "carol", "wonderland") is None
    assert users.authenticate(None, "dave", "!unusable") is None
    assert (users.is_active("7"), users.is_active("8"), users.is_active("9")) == (
        True,
        False,
        False,
    )
    assert users.userid("7") == 7
