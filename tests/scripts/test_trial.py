"""``poauth2 INI try``, at a server that runs, with a simulated user."""

from __future__ import annotations

import io
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import webbrowser
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest
import requests

from pyramid_oauth2.protocol.clients.source import REGISTERED, from_source
from pyramid_oauth2.protocol.records import Client
from pyramid_oauth2.protocol.redirect_uris import matching_redirect_uri
from pyramid_oauth2.scripts.ini import Ini
from pyramid_oauth2.scripts.poauth2 import main
from pyramid_oauth2.scripts.trial import trial
from pyramid_oauth2.scripts.trial.exchanges import Exchanges
from pyramid_oauth2.scripts.trial.failure import ADVICE
from pyramid_oauth2.scripts.trial.loopback import Loopback
from pyramid_oauth2.scripts.trial.temporary_client import NAME
from pyramid_oauth2.scripts.trial.transcript import Transcript
from tests.broken_responses import BROKEN, answering
from tests.live import LiveServer, live_server
from tests.ports import free_port
from tests.serving import environment
from tests.visitor import Visitor

LOOPBACK = "http://127.0.0.1/back"
API = "https://api.example/billing"
SECRET = re.compile(r"\b(oat|ort|oac|ocs)_[0-9A-Za-z]{16,}")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("trial"), {"resources": f"{API} = read"}) as server:
        yield server


@dataclass(frozen=True)
class Tried:
    status: int
    out: str
    err: str

    def steps(self) -> list[str]:
        return re.findall(r"^\d+\. (.*?) \(RFC", self.out, re.MULTILINE)


Try = Callable[..., Tried]


@pytest.fixture
def try_at(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Try:
    def tried(ini: Path, *words: str, stdin: str = "") -> Tried:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        status = main([str(ini), "try", *words])
        printed = capsys.readouterr()
        assert not SECRET.search(printed.out + printed.err)
        return Tried(status, printed.out, printed.err)

    return tried


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Who sits at the browser that opens."""
    threads: list[threading.Thread] = []

    def sits(visit: Callable[[str], object]) -> None:
        def opened(url: str) -> bool:
            thread = threading.Thread(target=visit, args=(url,))
            thread.start()
            threads.append(thread)
            return True

        monkeypatch.setattr(webbrowser, "open", opened)

    yield sits
    for thread in threads:
        thread.join(30)


def visit(url: str, decision: str = "allow") -> None:
    requests.get(Visitor("alice", decision=decision).send(url), timeout=10)


def names(server: LiveServer, capsys: pytest.CaptureFixture[str]) -> str:
    assert main([str(server.ini), "client", "list", "--json"]) == 0
    return capsys.readouterr().out


def test_the_code_flow(server, try_at, browser, capsys):
    browser(visit)
    tried = try_at(server.ini, "--scope", "read", "--call", "/api/me")
    assert tried.status == 0, tried.err
    assert tried.steps() == [
        "The metadata of the server",
        "The authorization request, in a browser",
        "The authorization response",
        "The token request: the code",
        "The call with the access token",
        "The revocation of what was granted",
    ]
    for name in ("code", "code_verifier", "access_token"):
        assert re.search(rf"^ +{name}: +\(hidden\)$", tried.out, re.MULTILINE)
    assert '"user": "alice"' in tried.out
    assert NAME not in names(server, capsys)


def test_client_credentials(server, try_at, capsys):
    grant = ("--grant-type", "client_credentials", "--scope", "read write")
    tried = try_at(server.ini, *grant, "--call", "/api/me")
    assert tried.status == 0, tried.err
    assert '"user": null' in tried.out
    assert NAME not in names(server, capsys)


def test_one_of_several_apis(server, try_at, browser):
    browser(visit)
    tried = try_at(server.ini, "--scope", "read write", "--resource", API, "--call", "/api/me")
    assert re.findall("resource: +(.*)", tried.out) == [API]
    assert re.findall("scope: +(.*)", tried.out) == ["read write", "read"]
    assert "The access token is for another API." in tried.out
    assert tried.status == 1


@pytest.mark.parametrize(("resource", "error"), [(API, ""), (f"{API}s", "invalid_target")])
def test_an_api_for_a_machine(server, try_at, resource, error):
    machine = ("--grant-type", "client_credentials", "--scope", "read")
    tried = try_at(server.ini, *machine, "--resource", resource)
    assert tried.status == (1 if error else 0)
    assert (f"there is no token: {error}. The server has no API" in tried.err) is bool(error)


def test_a_token_of_a_trial_ends_with_it(server, try_at, browser, capsys):
    browser(visit)
    client = server.register("none", LOOPBACK)
    assert try_at(server.ini, client.id).status == 0
    assert main([str(server.ini), "grant", "list", "--user", "alice"]) == 0
    assert client.id not in capsys.readouterr().out


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", "none"])
def test_a_client_of_ones_own(server, try_at, browser, method):
    browser(visit)
    client = server.register(method, LOOPBACK)
    tried = try_at(server.ini, client.id, "--scope", "read", stdin=f"{client.secret}\n")
    assert tried.status == 0, tried.err
    assert "client_secret:" in tried.out or method != "client_secret_post"
    assert re.search(r"127\.0\.0\.1:\d+/back\b", tried.out)


def test_a_wrong_secret(server, try_at, browser):
    browser(visit)
    client = server.register("client_secret_basic", LOOPBACK)
    tried = try_at(server.ini, client.id, stdin="wrong\n")
    assert tried.status == 1
    reason = f"poauth2: there is no token: invalid_client. {ADVICE['invalid_client']}\n"
    assert tried.err.endswith(reason)


def test_a_secret_that_is_no_text(server, try_at):
    """The bytes of standard input that are no UTF-8."""
    client = server.register("client_secret_basic", LOOPBACK)
    tried = try_at(server.ini, client.id, stdin="\udcff\n")
    assert (tried.status, tried.out) == (1, "")
    assert "poauth2: what was read is no client secret: a secret is Unicode" in tried.err


def test_a_revocation_that_is_refused(server, try_at, monkeypatch):
    post = Exchanges._post

    def away(exchanges, url, form, client):
        status, members = post(exchanges, url, form, client)
        return (503 if "token" in form else status), members

    monkeypatch.setattr(Exchanges, "_post", away)
    tried = try_at(server.ini, "--grant-type", "client_credentials", "--scope", "read")
    assert tried.status == 1
    assert "poauth2: the token was not revoked, since the server answered with 503" in tried.err


def test_a_user_who_denies(server, try_at, browser):
    browser(partial(visit, decision="deny"))
    tried = try_at(server.ini)
    assert tried.status == 1
    assert "there is no token: access_denied." in tried.err


def test_a_call_that_is_refused(server, try_at):
    tried = try_at(server.ini, "--grant-type", "client_credentials", "--call", "/api/notes")
    assert "\n   403\n" in tried.out or "\n   404\n" in tried.out
    assert tried.status == 1


def test_a_response_that_never_comes(server, try_at, monkeypatch):
    monkeypatch.setattr(webbrowser, "open", lambda url: False)
    monkeypatch.setattr(trial, "PATIENCE", 1)
    tried = try_at(server.ini)
    assert tried.status == 1
    assert "It waits for 1 seconds:" in tried.out
    assert "no response came within 1 seconds" in tried.err
    assert "oauth2.login_return_param" in tried.err


def test_no_browser(server, try_at, monkeypatch):
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    monkeypatch.setattr(trial, "PATIENCE", 0.1)
    tried = try_at(server.ini, "--no-browser")
    assert opened == []
    assert "Go to this address with a browser on this machine" in tried.out


def test_responses_of_others_are_not_accepted(server, try_at, browser):
    """Any program finds the port; RFC 9207 section 2.4 for the issuer."""
    refusals: list[int] = []

    def attack(url: str) -> None:
        callback = re.search(r"redirect_uri=(http[^&]*)", url)[1]
        callback = requests.utils.unquote(callback)
        state = re.search(r"state=([^&]*)", url)[1]
        for query in ({}, {"state": "other", "code": "x"}, {"state": "\u00fc"}):
            refusals.append(requests.get(callback, query, timeout=10).status_code)
        requests.get(callback, {"state": state, "code": "x", "iss": "https://evil"}, timeout=10)

    browser(attack)
    tried = try_at(server.ini)
    assert refusals == [404, 404, 404]
    assert tried.err.endswith("poauth2: the response is of another issuer: https://evil\n")


def with_a_call(server, try_at, url):
    tried = try_at(server.ini, "--grant-type", "client_credentials", "--call", url)
    assert tried.steps()[-1] == "The revocation of what was granted"
    assert "pserve" not in tried.err
    return tried


class TestACall:
    """What a view responds is no fault of the authorization server."""

    @pytest.mark.parametrize(("code", "status"), [("200 OK", 0), ("403 Forbidden", 1)])
    def test_a_long_body(self, server, try_at, code, status):
        body = b"x" * 100_000
        head = f"HTTP/1.1 {code}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        with answering(head + body) as url:
            tried = with_a_call(server, try_at, url)
        assert (tried.status, "does not answer" in tried.err) == (status, False)
        assert f"   {code.partition(' ')[0]}\n" in tried.out
        assert "the body is longer than 64 kB, and is not shown" in tried.out

    def test_a_slow_view(self, server, try_at, monkeypatch):
        monkeypatch.setattr("pyramid_oauth2.fetching.fetcher.READ_SECONDS", 1)
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"http://127.0.0.1:{silent.getsockname()[1]}"
            tried = with_a_call(server, try_at, url)
        line = f"poauth2: {url} did not answer within 1 seconds\n"
        assert (tried.status, line in tried.err) == (1, True)

    @pytest.mark.parametrize("how", ["cut off", "no HTTP"])
    def test_a_broken_response(self, server, try_at, how):
        with answering(BROKEN[how]) as url:
            tried = with_a_call(server, try_at, url)
        assert (tried.status, f"poauth2: {url} does not answer: " in tried.err) == (1, True)

    def test_a_server_that_does_not_run(self, server, try_at):
        url = f"http://127.0.0.1:{free_port()}"
        tried = with_a_call(server, try_at, url)
        assert (tried.status, f"poauth2: {url} does not answer: " in tried.err) == (1, True)


class TestWithoutATrial:
    def test_no_server(self, poauth2):
        port = free_port()
        poauth2.write(issuer=f"http://localhost:{port}")
        assert poauth2("db", "upgrade")[0] == 0
        status, _, err = poauth2("try", "--grant-type", "client_credentials")
        assert status == 1
        assert f"http://localhost:{port} does not answer" in err
        assert "Start the server with the same ini, as in: pserve INI" in err

    def test_another_server_there(self, server, poauth2):
        poauth2.write(issuer=f"{server.issuer}/other")
        assert poauth2("db", "upgrade")[0] == 0
        status, _, err = poauth2("try", "--grant-type", "client_credentials")
        assert status == 1
        assert "is not this authorization server: its metadata is not there" in err

    def test_clients_in_memory(self, poauth2):
        poauth2.write(backend="memory")
        status, _, err = poauth2("try")
        assert status == 1
        assert "the server that runs has its clients in its own memory" in err

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (["nothing"], "there is no client of that client_id"),
            (["--scope", "fly"], "no client can be registered: "),
        ],
    )
    def test_no_such_client_or_scope(self, server, try_at, words, message):
        tried = try_at(server.ini, *words)
        assert tried.status == 1
        assert message in tried.err

    def test_a_redirect_uri_elsewhere(self, server, try_at):
        client = server.register("none")
        tried = try_at(server.ini, client.id)
        assert tried.status == 1
        assert "leads to this machine" in tried.err

    def test_a_disabled_client(self, server, try_at, capsys):
        client = server.register("none", LOOPBACK)
        assert main([str(server.ini), "client", "disable", client.id]) == 0
        capsys.readouterr()
        tried = try_at(server.ini, client.id)
        assert f"the client is disabled; to enable it: poauth2 INI client enable {client.id}" in (
            tried.err
        )

    def test_a_port_in_use(self, server, try_at):
        port = server.issuer.rpartition(":")[2]
        client = server.register("none", f"http://localhost:{port}/back")
        tried = try_at(server.ini, client.id)
        assert tried.status == 1
        assert f"no redirect URI can be served here (http://localhost:{port}/back: " in tried.err

    @pytest.mark.parametrize(
        "url",
        [
            *("http://[x/", "http://localhost:99999/", "http://localhost:x/", "http://[::1]x/"),
            *("http://a..b/", "http:", "http:///x", "//a..b/", "http://localhost:0/"),
        ],
    )
    def test_a_url_to_call_that_is_none(self, server, try_at, url):
        tried = try_at(server.ini, "--call", url)
        assert (tried.status, tried.out) == (2, "")
        assert "it is not a URL" in tried.err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_trial_that_is_ended_leaves_no_client(server, capsys, tmp_path, number):
    command = [sys.executable, "-m", "pyramid_oauth2.scripts.poauth2", str(server.ini)]
    with subprocess.Popen(
        [*command, "try", "--no-browser"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(PYTHONUNBUFFERED="1"),
        text=True,
    ) as process:
        for line in process.stdout:
            if "redirect_uri=" in line:
                break
        assert NAME in names(server, capsys)
        process.send_signal(number)
        assert process.wait(30) == 130
    assert NAME not in names(server, capsys)


def test_what_a_killed_trial_has_left_is_deleted_by_the_next(server, try_at):
    hours_ago = int(time.time()) - 7200
    record = Client("left", client_name=NAME, grant_types=(), created_at=hours_ago)
    others = {
        "young": {"created_at": int(time.time())},
        "a-user-s": {"owner": "alice"},
        "another": {"client_name": f"{NAME} me"},
    }
    with Ini(str(server.ini)).service() as running:
        store = running.server.clients
        store.add(from_source(record, REGISTERED))
        store.add(replace(record, client_id="an-operator-s"))
        for client_id, changes in others.items():
            store.add(from_source(replace(record, client_id=client_id, **changes), REGISTERED))
    assert try_at(server.ini, "--grant-type", "client_credentials").status == 0
    with Ini(str(server.ini)).service() as running:
        assert running.server.clients.get("left") is None
        for client_id in ("an-operator-s", *others):
            assert running.server.clients.get(client_id) is not None
            running.clients.delete(client_id)


def test_no_consent_stays(server, try_at, browser):
    browser(visit)
    assert try_at(server.ini).status == 0
    with Ini(str(server.ini)).service() as running:
        shown = running.server.consents.list("alice").items
    assert NAME not in str(shown)


@pytest.mark.parametrize("uri", ["http://127.0.0.1/back", "http://[::1]/back"])
def test_a_loopback_address_gets_a_free_port(uri):
    try:
        loopback = Loopback(uri)
    except OSError:
        assert "[::1]" in uri
        pytest.skip("there is no IPv6 here")
    with loopback.listening():
        assert matching_redirect_uri([uri], loopback.redirect_uri) == loopback.redirect_uri
        assert requests.get(loopback.redirect_uri, timeout=10).status_code == 404


def test_members_of_members_are_hidden_as_well(capsys):
    nested = {"client_secret": "hunter2", "name": "x"}
    Transcript().response(200, {"more": nested, "registration_access_token": "hunter2"})
    printed = capsys.readouterr().out
    assert "hunter2" not in printed
    assert "more: " in printed
    assert "client_secret=(hidden), name=x" in printed
