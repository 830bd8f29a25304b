"""The headers and cookies of pages on which users sign in: those of ours, for any page."""

from __future__ import annotations

import pytest
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError

from pyramid_oauth2 import cookie_options, page_headers
from pyramid_oauth2.testing import memory_backend


def registry_of(issuer: str, **settings: str):
    settings = {"oauth2.issuer": issuer, "oauth2.scopes": "read = Read", **settings}
    config = Configurator(settings=settings | memory_backend())
    config.include("pyramid_oauth2")
    return config.registry


def test_a_policy_of_its_own():
    changed = page_headers("default-src 'self'")
    assert changed.pop("Content-Security-Policy") == "default-src 'self'"
    assert changed == {k: v for k, v in page_headers().items() if k in changed}


@pytest.mark.parametrize(
    ("issuer", "settings", "secure"),
    [
        ("https://auth.example.com", {}, True),
        ("http://localhost:6543", {}, False),
        # Browsers come to this URL.
        ("https://auth.example.com", {"oauth2.base_url": "http://localhost:6543"}, False),
    ],
)
def test_the_name_says_whether_it_is_secure(issuer: str, settings: dict[str, str], secure: bool):
    assert cookie_options(registry_of(issuer, **settings), "login") == {
        "cookie_name": "__Host-login" if secure else "login",
        "secure": secure,
        "httponly": True,
        "samesite": "Lax",
    }


def test_before_the_include():
    with pytest.raises(ConfigurationError, match="after config"):
        cookie_options(Configurator().registry, "login")
