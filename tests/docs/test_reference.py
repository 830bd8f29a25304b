"""docs/reference matches the code, and its examples run."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pyramid.config import Configurator
from pyramid.request import Request
from sqlalchemy import create_engine

import pyramid_oauth2
from docs.reference.pages import FOLDER, PAGES, plug_ins, python, settings
from pyramid_oauth2 import extension, interfaces
from pyramid_oauth2.testing import bearer, memory_backend
from tests.scripts.with_settings import BadgeSettings

from .page import Page

SETTINGS = {
    "oauth2.issuer": "http://localhost",
    "oauth2.scopes": "read = Read",
    **memory_backend(),
}
Follow = Callable[..., Page]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_what_the_code_says(name: str):
    written, says = (FOLDER / name).read_text(), PAGES[name]()
    if name == "command-line.md" and sys.version_info[:2] > (3, 11):
        # argparse breaks lines at other places in other Python versions.
        written, says = " ".join(written.split()), " ".join(says.split())
    assert written == says, "write it anew: make reference"


def test_every_page_is_made():
    assert {path.name for path in FOLDER.glob("*.md")} == PAGES.keys()


def test_every_public_name_has_an_entry():
    elsewhere = {"includeme", "TokenIssued", "Client", "DuplicateRecord", "StoreUnavailable"}
    sections = [*python.ENTRIES.values(), *plug_ins.ENTRIES.values()]
    entries = {entry.name for section in sections for entry in section}
    assert set(pyramid_oauth2.__all__) - elsewhere <= entries
    for name in elsewhere - {"includeme"}:
        assert any(f"\n## `{name}`\n" in page() for page in PAGES.values())


def test_every_name_for_plug_ins_is_documented() -> None:
    """By a heading, or in a table of the page of plug-ins."""
    text = "".join(page() for page in PAGES.values())
    values = {"REQUIRED", "OWN_RULE", "Settings", "StoreUnavailable", "format_scope", "parse_scope"}
    missing = {
        name
        for name in extension.__all__
        if f"# `{name}`" not in text and f"| `{name}` |" not in text
    }
    elsewhere = {"AccessToken", "Authentication", "OAuth2Event", "GrantEvent"}
    assert missing - values - elsewhere == set()


def plug_in(interface: type[Any], **attributes: Any) -> Callable[..., SimpleNamespace]:
    """A factory of a plug-in that has these attributes, and all others of its interface."""
    every: Any = interface
    others = dict.fromkeys(every.names(all=True), lambda *values: None)
    return lambda server, settings: SimpleNamespace(**others | attributes)


def test_the_directives(follow: Follow):
    page = follow("docs/reference/directives.md")
    config = Configurator(settings=SETTINGS)
    config.include("pyramid_oauth2")
    config.add_route("notes", "/notes")
    names = {
        "config": config,
        "engine": create_engine("sqlite://"),
        "BadgeGrant": plug_in(interfaces.IGrantType, parameters=()),
        "BadgeAuthentication": plug_in(
            interfaces.IClientAuthentication, confidential=True, challenge=None, parameters=()
        ),
        "SignedAccessToken": plug_in(
            interfaces.IAccessTokenFormat, lifetime=None, suits=lambda client, access: False
        ),
        "DeviceKey": plug_in(
            interfaces.ISenderConstraint, scheme=None, members=("device",), parameters=()
        ),
        "TenantMember": plug_in(
            interfaces.ITokenResponseExtension,
            names=("tenant",),
            members=lambda issuing: {"tenant": "t"},
        ),
        "BadgeResponse": plug_in(
            interfaces.IResponseType,
            grant_type="badge",
            redeemed=True,
            default_mode="query",
            fragment_only=False,
        ),
        "TenantParameter": plug_in(
            interfaces.IAuthorizationRequestExtension, parameters=(), place="grant", critical=False
        ),
        "PushedRequests": plug_in(
            interfaces.IAuthorizationRequestSource,
            parameter=pyramid_oauth2.Parameter("request_uri"),
        ),
        "CompanyDirectory": plug_in(interfaces.IClientResolver, recognises=lambda client_id: False),
        "PartnersAlone": plug_in(interfaces.IClientPolicy, problems=lambda client: ()),
        "BadgeEndpoint": plug_in(
            interfaces.IEndpoint, methods=("POST",), cross_origin=True, parameters=()
        ),
        "KeyService": plug_in(interfaces.ISigner, max_age=60, check=lambda: None),
        "LoginsOfUsers": plug_in(interfaces.ISessions),
        "PseudonymsOfUsers": plug_in(interfaces.ISubjects),
        "BadgeMetadata": plug_in(interfaces.IServerMetadata, names=(), members=dict),
        "BadgeDemand": plug_in(
            interfaces.IViewDemand, options=("oauth2_badge",), parse=str, check=lambda *given: None
        ),
        "notes": lambda request: {},
        "MyBackend": SimpleNamespace,
        "Users": lambda: SimpleNamespace(describe=str.title),
    }
    for block in page.blocks:
        exec(page.block(block.code), names)
    app = config.make_wsgi_app()
    assert bearer(app, "bob", "notes.read")


def test_the_settings_of_an_extension():
    config = Configurator(settings={**SETTINGS, "oauth2.badges.url": "https://badges.example"})
    config.include("pyramid_oauth2")
    config.add_oauth2_settings("badges", ["url", "timeout"])
    registry = config.make_wsgi_app().registry
    section = pyramid_oauth2.get_service(registry).settings.section("badges")
    assert section == {"url": "https://badges.example"}


def test_the_examples_of_the_python_page(follow: Follow):
    page = follow("docs/reference/python.md")
    config = Configurator(settings=SETTINGS)
    config.include("pyramid_oauth2")
    config.add_route("notes", "/")
    config.add_view(look, route_name="notes", renderer="json")
    app = config.make_wsgi_app()
    app.registry["page"] = page
    answer = Request.blank("/", headers=bearer(app, "bob", "read")).get_response(app)
    assert answer.json == {"client_name": "Nightly", "permitted": True}


def look(request: Any) -> dict[str, Any]:
    """Run both examples within a request."""
    names: dict[str, Any] = {"request": request}
    page = request.registry["page"]
    exec(page.block("clients.add"), names)
    exec(page.block("def permits"), names)
    policy = SimpleNamespace(bearer=pyramid_oauth2.BearerTokenHelper())
    context = SimpleNamespace(__acl__=[("Allow", pyramid_oauth2.Scope("read"), "view")])
    return {
        "client_name": names["registered"].client.client_name,
        "permitted": bool(names["permits"](policy, request, context, "view")),
    }


def test_the_settings_of_every_feature_are_documented():
    page = inspect.getsource(settings.page)
    files = Path(pyramid_oauth2.__file__).parent.rglob("__init__.py")
    declared = re.compile(r"add_oauth2_settings\(.*, (\w+)\)")
    features = [name for file in files for name in declared.findall(file.read_text())]
    assert "OpenIDSettings" in features
    assert [name for name in features if f"group_parts({name}, " not in page] == []


def test_the_settings_of_a_feature_can_be_documented():
    text = "\n\n".join(settings.group_parts(BadgeSettings, "badges"))
    assert text == (
        "## Badges\n\n### `oauth2.badges`\n\nWhether there are badges.\n\n"
        "- Value: `true` or `false`.\n- Default: `false`\n\n"
        "### `oauth2.badges.lifetime`\n\nHow long a badge is valid.\n\n"
        "- Value: `3600`, `60s`, `10m`, `1h`, `30d`: seconds, at least one, at most ten years.\n"
        "- Default: `1h`\n\n### `oauth2.badges.pepper`\n\nWhat is mixed in.\n\n- Value: a text."
    )
