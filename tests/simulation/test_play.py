"""Each known client gets through, and what is broken is named by its setting."""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pyramid_oauth2 import Client, get_service, new_server_secret
from pyramid_oauth2.interfaces import IFetcher, IOAuth2Event, IService
from pyramid_oauth2.known_clients import known_clients
from pyramid_oauth2.protocol.authorization.clients import store_resolved
from pyramid_oauth2.protocol.clients.blocked_hosts import BlockedHosts
from pyramid_oauth2.protocol.clients.source import DOCUMENT, approved, from_source
from pyramid_oauth2.protocol.events import emit_nothing
from pyramid_oauth2.protocol.listings import every
from pyramid_oauth2.simulation.apis import api_at, apis_of
from pyramid_oauth2.simulation.play import play_in_process, steps_of
from pyramid_oauth2.simulation.step import NOT_REACHED, PASSED, REFUSED, SKIPPED, Step
from pyramid_oauth2.simulation.throw_away import throw_away_service

from .applications import API, HOSTS, ISSUER, make

CLIENTS = list(known_clients())
PINNED = {"client_id_metadata": "pinned", "client_id_metadata.hosts": None}
# All that an MCP server's authorization needs.
PROFILE: dict[str, str | None] = {
    "profile": "mcp",
    "registration": None,
    "private_schemes": None,
    "client_id_metadata": None,
    "client_id_metadata.hosts": None,
    "default_scopes": None,
}
LOGGERS = ("pyramid_oauth2.views.error_log", "pyramid_oauth2.events", "pyramid_oauth2.assembly")
MCP = {"resource_paths": "/mcp", "resources": None}


def play(name: str, app: Any, url: str = API, subject: str = "7") -> list[Step]:
    registry = app.registry
    return [*play_in_process(registry, known_clients()[name], api_at(registry, url), subject)]


def refused(steps: list[Step]) -> Step:
    (step,) = [each for each in steps if each.state == REFUSED]
    return step


def pin(name: str, folder: Path) -> None:
    document = dict(known_clients()[name].document or {})
    (folder / f"{name}.json").write_text(json.dumps(document))


@pytest.fixture(scope="module")
def app() -> Any:
    return make()


@pytest.fixture(scope="module")
def with_profile() -> Any:
    return make(**PROFILE)


@pytest.fixture(scope="module")
def without_documents() -> Any:
    return make(**PROFILE | {"client_id_metadata": "off"})


@pytest.mark.parametrize("of", ["app", "with_profile"])
@pytest.mark.parametrize("name", CLIENTS)
def test_a_client_gets_through(name: str, of: str, request: Any):
    steps = play(name, request.getfixturevalue(of))
    # With the profile alone no document is pinned, so the client registers itself, for none.
    last = PASSED if of == "app" else SKIPPED
    wanted = [
        (step, last if step == "signature" else PASSED)
        for step, _ in steps_of(known_clients()[name])
    ]
    assert [(each.name, each.state) for each in steps] == wanted, steps


@pytest.mark.parametrize("name", [name for name in CLIENTS if known_clients()[name].registration])
def test_a_client_that_registers_itself_gets_through(name: str, without_documents: Any):
    """Codex then comes back to another path than that of its document."""
    steps = play(name, without_documents)
    assert all(each.is_green for each in steps), steps
    assert "By registration" in next(each.text for each in steps if each.name == "client")


@pytest.mark.parametrize("name", ["claude", "cursor", "inspector"])
@pytest.mark.parametrize(
    "changes",
    [
        MCP,
        {"resources": None},
        {"resources": f"{API} = read\nhttps://other.example/ = write"},
        {"base_url": f"{ISSUER}/app", "resources": f"{ISSUER}/app/mcp = read"},
        {"issuer": f"{ISSUER}/app", "resources": f"{ISSUER}/app/mcp"},
        {"scopes": "read = Read\noffline_access = Stay", "resources": None},
        {"throttle": "false"},
        {
            "openid": "true",
            "secret": new_server_secret(os.urandom),
            "scopes": "read = Read\nopenid = Be you",
        },
    ],
)
def test_of_applications_of_every_kind(name: str, changes: dict[str, str | None]):
    app = make(**changes)
    api = next(each for each in apis_of(app.registry) if each.is_here)
    steps = play_in_process(app.registry, known_clients()[name], api, "7")
    assert all(each.state == PASSED for each in steps), steps


@pytest.mark.parametrize(
    ("name", "changes", "step", "cure"),
    [
        ("cursor", {"registration": None}, "client", "oauth2.registration = open"),
        ("cursor", {"private_schemes": None}, "client", "oauth2.private_schemes = cursor"),
        (
            "cursor",
            {"registration.redirect_hosts": "app.example"},
            "client",
            "oauth2.registration.redirect_hosts = app.example www.cursor.com",
        ),
        (
            "cursor",
            {"registration": None},
            "client",
            "poauth2 INI client add --client-id cursor --name cursor --kind native "
            "--private-scheme cursor --redirect-uri http://localhost:8787/callback",
        ),
        ("cursor", {"registration": "token"}, "client", "oauth2.registration = open"),
        (
            "cursor",
            {"registration.grant_types": "authorization_code"},
            "refresh",
            "oauth2.registration.grant_types = authorization_code refresh_token",
        ),
        ("inspector", {"registration.scopes": "write"}, "login", "oauth2.registration.scopes"),
        (
            "claude",
            {"client_id_metadata.hosts": "vscode.dev"},
            "authorization",
            "oauth2.client_id_metadata.hosts = claude.ai vscode.dev",
        ),
        (
            "grok",
            {"client_id_metadata": None, "client_id_metadata.hosts": None},
            "client",
            "oauth2.client_id_metadata = allowed, with oauth2.client_id_metadata.hosts = grok.com",
        ),
        (
            "claude-code",
            {"client_id_metadata.scopes": "write"},
            "authorization",
            "oauth2.client_id_metadata.scopes = read write",
        ),
        (
            "chatgpt",
            {"grant_types": "authorization_code", "registration": None},
            "refresh",
            "oauth2.grant_types = authorization_code refresh_token",
        ),
        (
            "claude",
            {
                "grant_types": "client_credentials",
                "client_id_metadata": None,
                "client_id_metadata.hosts": None,
                "registration": None,
                "private_schemes": None,
                "login_route": None,
            },
            "metadata of the server",
            "oauth2.grant_types = authorization_code client_credentials",
        ),
        (
            "codex",
            {"refresh_needs_offline_access": "true"},
            "refresh",
            "oauth2.refresh_needs_offline_access = false",
        ),
        ("vscode", {"login_route": None}, "login", "oauth2.login_route"),
        (
            "claude",
            {"base_url": "https://internal.example", "resources": None},
            "authorization",
            f"oauth2.base_url = {ISSUER}",
        ),
        (
            "claude",
            {"issuer": "http://localhost:6543"},
            "set-up",
            f"oauth2.issuer = {ISSUER}",
        ),
        (
            "cursor",
            {"throttle.client_registrations": "1/hour"},
            "client",
            "oauth2.throttle.client_registrations",
        ),
        ("cursor", {"read_only": "true"}, "set-up", "oauth2.read_only = false"),
    ],
)
def test_what_is_broken_is_named(name: str, changes: dict[str, str | None], step: str, cure: str):
    """The line of the ini, or the command, that lets the client pass."""
    steps = play(name, make(**changes))
    found = refused(steps)
    assert (found.name, any(cure in each for each in found.cures)) == (step, True), found
    after = steps[steps.index(found) + 1 :]
    assert {each.state for each in after} <= {NOT_REACHED}


def test_a_client_that_is_to_be_registered_gets_its_scopes():
    (*_, command) = refused(play("cursor", make(registration=None))).cures
    assert " --scope read  # " in command


def test_no_cure_is_one_that_the_profile_refuses():
    settings = {**PROFILE, "client_id_metadata": "off", "registration": "off"}
    found = refused(play("vscode", make(**settings)))
    lines = [cure for cure in found.cures if cure.startswith("oauth2.")]
    assert lines == ["oauth2.client_id_metadata = pinned", "oauth2.registration = open"]
    for key, _, value in (line.removeprefix("oauth2.").partition(" = ") for line in lines):
        assert all(each.is_green for each in play("vscode", make(**{**settings, key: value})))


def test_a_document_that_cannot_be_used():
    known = known_clients()["claude"]
    client = replace(known, document={**(known.document or {}), "client_secret": "x"})
    registry = make().registry
    step = refused([*play_in_process(registry, client, api_at(registry, API), "7")])
    assert step.refusal is not None
    assert step.refusal.check == "document_contents"
    assert step.cures[0].startswith("poauth2 INI client pin claude")


class TestTheURLThatPeopleType:
    def test_is_no_api(self):
        step = refused(play("claude", make(), "https://other.example/mcp"))
        assert step.refusal is not None
        assert (step.refusal.check, step.name) == ("resource_known", "authorization")
        assert step.cures[0] == "in oauth2.resources: https://other.example/mcp"
        alone = refused(play("claude", make(resources=None), "https://other.example/mcp"))
        assert alone.cures[0] == "oauth2.resources = https://other.example/mcp"

    def test_has_no_view(self):
        step = refused(play("claude", make(), f"{ISSUER}/nothing"))
        assert step.name == "challenge"
        assert "poauth2 INI doctor --resource URL" in step.cures

    @pytest.mark.parametrize("url", [f"{API}/", "https://APP.example/mcp"])
    def test_is_another_spelling(self, url: str):
        step = refused(play("claude", make(), url))
        assert step.name == "set-up"
        assert f"Let them type {API}" in step.text
        assert step.cures == (f"in oauth2.resources: {url} = read, in place of {API}",)

    def test_is_of_another_scheme(self):
        """As behind a proxy that ends TLS."""
        app = make(issuer="http://localhost:6543", resources="http://localhost:6543/mcp = read")
        step = refused(play("cursor", app, "https://localhost:6543/mcp"))
        assert step.cures == ("oauth2.issuer = https://localhost:6543",)


class TestTheAPI:
    def test_refuses_by_its_own_code(self):
        """The usual cause: the application compares an issuer or an audience itself."""
        step = refused(play("claude", make(own_answer(403))))
        assert step.name == "call of the API"
        assert "the application's own code answers 403" in step.text

    def test_has_a_consent_page_of_its_own_without_our_form(self):
        own = {"renderer.consent": "tests:simulation/consent.jinja2"}
        app = make(lambda config: config.include("pyramid_jinja2"), **own)
        step = refused(play("claude", app))
        assert (step.name, step.cures) == ("authorization", ("oauth2.renderer.consent",))

    def test_fails_for_a_user_who_is_none_of_its_own(self):
        step = refused(play("claude", make(own_answer(None)), subject="poauth2-doctor"))
        assert "(ZeroDivisionError)" in step.text
        assert step.cures == ("poauth2 INI doctor --user SUBJECT",)

    def test_answers_by_post_alone(self):
        def configure(config: Any) -> None:
            config.add_route("post", "/post", request_method="POST")
            config.add_view(
                lambda request: {}, route_name="post", renderer="json", oauth2_scope="read"
            )

        app = make(configure, resources=f"{ISSUER}/post = read")
        assert all(each.is_green for each in play("claude", app, f"{ISSUER}/post"))

    def test_streams_events(self):
        """A stream has no end."""

        def stream(request: Any) -> Any:
            request.response.content_type = "text/event-stream"
            request.response.app_iter = forever()
            return request.response

        def configure(config: Any) -> None:
            config.add_route("stream", "/stream")
            config.add_view(stream, route_name="stream", oauth2_scope="read")

        app = make(configure, resources=f"{ISSUER}/stream = read")
        assert all(each.is_green for each in play("claude", app, f"{ISSUER}/stream"))


def forever() -> Iterator[bytes]:
    while True:
        yield b": \n"


def own_answer(status: int | None) -> Any:
    def view(request: Any) -> Any:
        request.response.status_int = status or 1 // 0
        return request.response

    def configure(config: Any) -> None:
        config.commit()
        config.add_view(view, route_name="mcp", oauth2_scope="read")

    return configure


class TestWhatAnOperatorDecided:
    URL = "https://claude.ai/oauth/mcp-oauth-client-metadata"

    @pytest.mark.parametrize("name", ["claude", "chatgpt"])
    @pytest.mark.parametrize("settings", [PINNED, PROFILE])
    def test_no_pin_but_another_client_has_one(
        self, name: str, settings: dict[str, str | None], tmp_path: Path
    ):
        """The copy of the document is pinned for the run, and the step says what is left to do."""
        pin("zed", tmp_path)
        app = make(**settings, **{"client_id_metadata.pinned": str(tmp_path)})
        steps = play(name, app)
        assert all(each.state == PASSED for each in steps), steps
        assert [each.cures for each in steps if each.cures] == [(f"poauth2 INI client pin {name}",)]

    def test_nothing_is_pinned(self):
        """The client registers itself, as it does then, if it can."""
        (step,) = [each for each in play("claude", make(**PROFILE)) if each.name == "client"]
        assert (step.text.partition(":")[0], step.cures) == ("By registration", ())
        app = make(**{**PROFILE, "registration": "token"})
        (step,) = [each for each in play("claude", app) if each.name == "client"]
        assert (step.state, step.cures) == (PASSED, ("poauth2 INI client pin claude",))

    def test_a_pin_in_the_store(self):
        app = make(**PROFILE)
        server = get_service(app.registry).server
        document = json.dumps(dict(known_clients()["claude"].document or {})).encode()
        reader = server.plug_ins.client_resolvers["client_id_metadata"].reader
        client = reader.client(self.URL, document, None, 0)
        store_resolved(server, approved(client), emit_nothing)
        steps = play("claude", app)
        assert {(each.state, each.cures) for each in steps} == {(PASSED, ())}
        (step,) = [each for each in steps if each.name == "client"]
        assert step.text.startswith("By its document")

    def test_a_pin(self, tmp_path: Path):
        pin("claude", tmp_path)
        app = make(**PROFILE, **{"client_id_metadata.pinned": str(tmp_path)})
        steps = play("claude", app)
        assert {(each.state, each.cures) for each in steps} == {(PASSED, ())}

    def test_a_disabled_client(self):
        app = make()
        clients = get_service(app.registry).clients
        clients.add(
            from_source(
                Client(self.URL, redirect_uris=("https://claude.ai/api/mcp/auth_callback",)),
                DOCUMENT,
            )
        )
        clients.disable(self.URL)
        step = refused(play("claude", app))
        assert step.cures == (f"poauth2 INI client enable {self.URL}",)

    @pytest.mark.parametrize(
        "changes", [{}, {"client_id_metadata": "open", "client_id_metadata.hosts": None}]
    )
    def test_a_blocked_host(self, changes: dict[str, str | None]):
        app = make(**changes)
        BlockedHosts(get_service(app.registry).server).add("claude.ai")
        step = refused(play("claude", app))
        assert step.cures == ("poauth2 INI client unblock-host claude.ai",)


class TestNothingStays:
    def test_in_the_stores(self, app: Any):
        service = get_service(app.registry)
        for name in CLIENTS:
            play(name, app)
        server = service.server
        assert list(every(lambda at: server.clients.search(cursor=at, limit=100))) == []
        assert server.grants.export(None).items == ()
        assert server.consents.export(None).items == ()
        assert server.entries.export(None).items == ()

    def test_of_an_interrupted_play(self, app: Any):
        own = get_service(app.registry)
        with pytest.raises(KeyboardInterrupt):
            interrupted(app.registry)
        assert app.registry.queryUtility(IService) is own
        assert app.registry.queryUtility(IFetcher) is None
        assert not any(logging.getLogger(name).filters for name in LOGGERS)

    def test_no_event(self):
        heard: list[Any] = []
        app = make(lambda config: config.add_subscriber(heard.append, IOAuth2Event))
        before = len([*app.registry.registeredHandlers()])
        play("cursor", app)
        assert heard == []
        assert len([*app.registry.registeredHandlers()]) == before
        get_service(app.registry).clients.add(
            client_name="Notes", redirect_uris=("https://a.example/",)
        )
        assert len(heard) == 1


def interrupted(registry: Any) -> None:
    with throw_away_service(registry, known_clients()["cursor"], "7"):
        raise KeyboardInterrupt


class TestTheApplicationServesMeanwhile:
    """As in tests that run in parallel, or in a server."""

    def test_from_its_own_stores(self, app: Any):
        own = get_service(app.registry)
        with throw_away_service(app.registry, known_clients()["cursor"], "7") as stage:
            assert get_service(stage.registry) is not own
            assert get_service(app.registry) is own
            assert app.registry.queryUtility(IFetcher) is None

    def test_and_its_subscribers_get_events(self):
        heard: list[Any] = []
        app = make(lambda config: config.add_subscriber(heard.append, IOAuth2Event))
        with throw_away_service(app.registry, known_clients()["cursor"], "7"):
            get_service(app.registry).clients.add(
                client_name="Notes", redirect_uris=("https://a.example/",)
            )
        assert len(heard) == 1

    def test_and_logs(self, app: Any, caplog: Any):
        log = logging.getLogger("pyramid_oauth2.views.error_log")
        thread = threading.Thread(target=log.warning, args=("of another",))
        with throw_away_service(app.registry, known_clients()["cursor"], "7"):
            log.warning("of the simulation")
            thread.start()
            thread.join()
        assert caplog.messages == ["of another"]

    def test_and_so_may_other_simulations(self, app: Any, caplog: Any):
        """Also if the first to begin is the first to end."""
        own = get_service(app.registry)
        first, second = (
            throw_away_service(app.registry, known_clients()[name], "7")
            for name in ("cursor", "inspector")
        )
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        second.__exit__(None, None, None)
        logging.getLogger("pyramid_oauth2.views.error_log").warning("afterwards")
        assert get_service(app.registry) is own
        assert caplog.messages == ["afterwards"]


def test_a_user_is_signed_in_by_no_request_from_outside(app: Any):
    """The mark is an object, which no header can be."""
    from pyramid.request import Request

    with throw_away_service(app.registry, known_clients()["cursor"], "7") as stage:
        owners = stage.owners
        request = Request.blank("/", headers={"pyramid_oauth2.simulation": str(owners.mark)})
        request.registry = app.registry
        assert owners.subject(request) is None
        request.environ["pyramid_oauth2.simulation"] = owners.mark
        assert owners.subject(request) == "7"


def test_hosts():
    """Those of the settings of these tests are those of the documents."""
    ids = [each.client_id for each in known_clients().values() if each.client_id]
    assert {url.split("/")[2] for url in ids} == set(HOSTS.split())
