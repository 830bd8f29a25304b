"""A cure is enough when it is followed to the letter, under the profile too."""

from __future__ import annotations

import re

import pytest

from pyramid_oauth2 import get_service
from pyramid_oauth2.protocol.clients.source import DOCUMENT, from_source
from pyramid_oauth2.protocol.records import Client

from .applications import API, make
from .test_play import PROFILE, play, refused

LINE = re.compile(r"(?:in )?oauth2\.([a-z_.]+)(?: = |: )(.+)")
OFF = {"registration": "off", "client_id_metadata": "off"}


@pytest.mark.parametrize(
    ("name", "changes", "setting"),
    [
        ("grok", {"client_id_metadata": "off"}, "client_id_metadata"),
        ("zed", OFF, "client_id_metadata"),
        ("claude", OFF, "registration"),
        ("cursor", {"registration": "off"}, "registration"),
        ("cursor", {"registration": "token"}, "registration"),
        ("cursor", {"private_schemes": ""}, "private_schemes"),
        ("cursor", {"registration.redirect_hosts": "a.example"}, "registration.redirect_hosts"),
        ("grok", {"client_id_metadata.scopes": "write"}, "client_id_metadata.scopes"),
        ("cursor", {"registration.scopes": "write"}, "registration.scopes"),
        ("cursor", {"registration.grant_types": "authorization_code"}, "registration.grant_types"),
        ("chatgpt", {"grant_types": "authorization_code"}, "grant_types"),
        ("codex", {"refresh_needs_offline_access": "true"}, "refresh_needs_offline_access"),
        ("vscode", {"read_only": "true"}, "read_only"),
        ("claude", {"resources": f"{API} = write"}, "resources"),
        ("claude", {"issuer": "http://localhost:6543"}, "issuer"),
        ("cursor", {"base_url": "https://internal.example", "resources": None}, "base_url"),
    ],
)
def test_each_line_of_the_ini(name: str, changes: dict[str, str | None], setting: str):
    step = refused(play(name, make(**PROFILE | changes)))
    lines = [found.groups() for cure in step.cures if (found := LINE.fullmatch(cure))]
    assert setting in [key for key, _ in lines], step
    for key, value in lines:
        app = make(**PROFILE | changes | {key: value})
        assert all(each.is_green for each in play(name, app)), (key, value)


def test_what_a_line_would_replace_stays():
    """The setting has other APIs as well."""
    app = make(resources="https://other.example/ = write")
    step = refused(play("claude", app, "https://third.example/"))
    assert step.cures[0] == "in oauth2.resources: https://third.example/"


@pytest.mark.parametrize("issuer", ["http://localhost:6543", "https://localhost:6543"])
def test_a_client_on_the_internet_does_not_reach_the_device(issuer: str):
    app = make(issuer=issuer, resources=None)
    step = refused(play("claude", app, f"{issuer}/mcp"))
    assert (step.name, step.cures) == (
        "set-up",
        (
            "oauth2.issuer = https://... with a name that the internet knows, in place of "
            "localhost:6543",
        ),
    )


def test_a_client_that_was_deleted_stays_so():
    app = make(**PROFILE | {"registration": "off"})
    url = "https://claude.ai/oauth/mcp-oauth-client-metadata"
    clients = get_service(app.registry).clients
    clients.add(from_source(Client(url, redirect_uris=("https://claude.ai/",)), DOCUMENT))
    clients.delete(url)
    step = refused(play("claude", app))
    assert step.name == "client"
    assert step.cures[0] == "poauth2 INI client pin claude, which says what is wrong"
