"""Clients that are known by a document at their client_id, in the whole flow."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from pyramid.exceptions import ConfigurationError
from webtest import TestResponse

from pyramid_oauth2.events import ClientChanged, DocumentFetched
from pyramid_oauth2.extensions.client_id_metadata.known_documents import LONGEST, SHORTEST
from pyramid_oauth2.extensions.client_id_metadata.resolver import STALE
from pyramid_oauth2.fetching.responses import Busy, FetchError
from pyramid_oauth2.protocol.clients.blocked_hosts import BlockedHosts
from pyramid_oauth2.protocol.clients.source import DOCUMENT as OF_DOCUMENT
from pyramid_oauth2.protocol.clients.source import source_of
from pyramid_oauth2.protocol.token_strings import new_client_id

from .client_pages import APPLICATIONS, ClientPages
from .documents import ALLOWED, SCOPES, URL, Documents, document
from .flow import BACK, Flow, answer_in
from .registering import Configuration, register
from .server import Clock, bearer

OTHER = "https://app.example/other"
HOUR = 3600


@pytest.fixture
def documents() -> Documents:
    return Documents()


@pytest.fixture
def start(start_flow: Callable[..., Flow], documents: Documents) -> Callable[..., Flow]:
    def start(**changes: str) -> Flow:
        flow = start_flow(documents.configure(), client_id=URL, **{**SCOPES, **changes})
        flow.server.secrets[URL] = ""
        return flow

    return start


@pytest.fixture
def flow(start: Callable[..., Flow]) -> Flow:
    return start(**ALLOWED)


class TestTheFlow:
    def test_of_a_client_that_was_never_registered(self, flow: Flow, documents: Documents) -> None:
        """Nothing is fetched between the page and the token, nor by a refresh or a revocation."""
        heard: list[ClientChanged] = []
        flow.server.hear(heard.append, ClientChanged)
        assert flow.redeem("oac_x").json["error"] == "invalid_client"
        assert documents.fetched == []
        page = flow.page()
        assert documents.fetched == [URL]
        assert flow.server.service.server.clients.get(URL) is None
        documents.found.clear()
        code = answer_in(flow.decide(page).location)["code"]
        tokens = flow.redeem(code).json
        assert flow.server.get("/read", bearer(tokens["access_token"])).text == "bob"
        again = flow.exchange(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
        assert again.status_int == 200
        revoked = {"token": again.json["refresh_token"], "client_id": URL}
        assert flow.server.post(revoked, path="/oauth2/revoke").status_int == 200
        assert documents.fetched == [URL]
        stored = flow.server.service.server.clients.get(URL)
        assert (source_of(stored), stored.public) == (OF_DOCUMENT, True)
        assert [(each.client_id, each.change) for each in heard] == [(URL, "resolved")]

    def test_the_metadata_says_so(self, flow: Flow) -> None:
        metadata = flow.server.get("/.well-known/oauth-authorization-server").json
        assert metadata["client_id_metadata_document_supported"] is True
        assert "none" in metadata["token_endpoint_auth_methods_supported"]

    def test_a_denial_stores_no_client(self, flow: Flow) -> None:
        flow.decide(flow.page(), "deny")
        assert flow.server.service.server.clients.get(URL) is None

    def test_a_loopback_address_with_any_port(self, flow: Flow) -> None:
        uri = "http://127.0.0.1:33418/callback"
        code = answer_in(flow.allow(redirect_uri=uri))["code"]
        assert flow.redeem(code, redirect_uri=uri).status_int == 200

    @pytest.mark.parametrize("uri", ["https://app.example/stolen", BACK + "/", BACK.upper()])
    def test_no_other_redirect_uri(self, flow: Flow, uri: str) -> None:
        assert flow.ask(redirect_uri=uri).status_int == 400

    def test_a_scope_that_it_may_not_have(self, flow: Flow, documents: Documents) -> None:
        documents.found[URL] = document(scope="read fly")
        answer = answer_in(flow.ask(scope="write").location)
        assert answer["error"] == "invalid_scope"
        assert flow.page(scope="read")

    def test_introspection_names_the_url(self, flow: Flow) -> None:
        token = flow.tokens()["access_token"]
        flow.server.register("api", grant_types=(), resource_server=True)
        answer = flow.server.post(
            {"token": token}, flow.server.login("api"), path="/oauth2/introspect"
        )
        assert answer.json["client_id"] == URL

    def test_its_user_and_the_operator_see_the_url(self, start: Callable[..., Flow]) -> None:
        flow = start(**ALLOWED, admin="true", admin_principals="bob")
        flow.tokens()
        page = flow.browser.get("/oauth2/authorizations")
        (client,) = page.html.select("article")
        assert f"It describes itself at {URL}." in " ".join(client.get_text().split())
        pages = ClientPages(flow.server)
        assert URL in pages.get("client", client_id=URL).html.main.get_text()
        assert "app.example" in pages.get(source="document").text

    def test_without_an_application_type_it_is_what_its_redirect_uris_say(
        self, flow: Flow, documents: Documents
    ) -> None:
        """Those of some clients have loopback URLs without a port, and say no type."""
        documents.found[URL] = document(redirect_uris=["http://localhost/callback"])
        for kind in (None, "native", "web", 5):
            forget(flow)
            documents.found[URL] |= {} if kind is None else {"application_type": kind}
            answer = flow.decide(flow.page(redirect_uri="http://localhost:4711/callback"))
            assert answer.location.startswith("http://localhost:4711/callback?code=")


class TestConsent:
    def test_the_page(self, flow: Flow) -> None:
        html = flow.page().html
        assert html.find(id="client").get_text() == "app.example"
        text = " ".join(html.get_text().split())
        assert "It calls itself Notes." in text
        assert f"It describes itself at {URL}." in text
        assert "not verified" in text
        assert "You will be sent to client.example." in text
        assert "Any program on this device" not in text
        assert "Changed since" not in text

    def test_of_a_client_on_devices_alone(self, flow: Flow, documents: Documents) -> None:
        documents.found[URL] = document(
            redirect_uris=["http://127.0.0.1/callback", "http://localhost/callback"],
            client_name=None,
        )
        page = flow.page(redirect_uri="http://127.0.0.1:1/callback")
        text = " ".join(page.html.get_text().split())
        assert "Any program on this device can use this name." in text
        assert "It calls itself" not in text

    def test_it_is_asked_for_each_time(self, flow: Flow) -> None:
        for _ in range(2):
            assert flow.code()
        stored = flow.server.service.clients.edit(URL, consent="skip")
        assert stored.consent == "skip"
        assert flow.page()

    def test_what_has_changed(self, flow: Flow, documents: Documents) -> None:
        clock = Clock(flow.server)
        assert flow.code()
        documents.found[URL] = document(client_name="Bank", redirect_uris=[BACK, OTHER])
        flow = self.later(flow, clock)
        text = " ".join(flow.page(redirect_uri=OTHER).html.get_text().split())
        assert "Changed since it was last allowed" in text
        assert "It sends you to other addresses than before." in text
        assert "It called itself Notes before." in text
        assert flow.allow(redirect_uri=OTHER)
        assert flow.server.service.clients.get(URL).client_name == "Bank"
        assert "Changed since" not in flow.page(redirect_uri=OTHER)

    def later(self, flow: Flow, clock: Clock, seconds: int = LONGEST + 1) -> Flow:
        """Later on, in another process."""
        clock.now += seconds
        forget(flow)
        return flow

    def test_an_approved_client_is_remembered(self, flow: Flow, documents: Documents) -> None:
        """It is used as it was approved: nothing is fetched any more."""
        assert flow.code()
        flow.server.service.clients.edit(URL, approved=True)
        documents.found.clear()
        forget(flow)
        assert flow.code()
        assert "code" in answer_in(flow.ask().location)
        # Any program on a device could use an address there.
        assert flow.page(redirect_uri="http://127.0.0.1:5/callback")

    def test_another_consent_where_it_is_changed(self, flow: Flow) -> None:
        flow.code()
        flow.server.service.clients.edit(URL, approved=True)
        flow.code()
        flow.server.service.clients.edit(URL, redirect_uris=(BACK, OTHER))
        assert flow.page()


def forget(flow: Flow) -> None:
    """As in another process: nothing is known there."""
    resolver(flow).known._known.clear()


def page_of_a_changed_document(
    flow: Flow, documents: Documents, clock: Clock, **changes: str
) -> TestResponse:
    """The consent page of a client that the store has from an earlier document."""
    flow.code(scope="read write")
    clock.now += SHORTEST
    documents.found[URL] = document(client_name="Notes 2")
    forget(flow)
    return flow.page(**changes)


def resolver(flow: Flow) -> Any:
    return flow.server.service.server.plug_ins.client_resolvers["client_id_metadata"]


class TestBeforeAnyoneHasSignedIn:
    ATTEMPTS = int(10_000 * float(os.environ.get("TEST_ROUNDS", "0.02")))

    def test_no_connection_is_opened_and_nothing_is_stored(
        self, start_flow: Callable[..., Flow], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """With the fetcher of production, counted at the socket."""
        opened: list[Any] = []
        monkeypatch.setattr(socket.socket, "connect", lambda its, address: opened.append(address))

        def look_up(host: str, *_: object, **_more: object) -> None:
            opened.append(host)
            raise socket.gaierror(socket.EAI_NONAME, "unknown")

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        flow = start_flow(**{"client_id_metadata": "open", **SCOPES}).log_out()
        for number in range(self.ATTEMPTS):
            flow.client_id = f"https://host{number}.example/client.json"
            answer = flow.ask(prompt="none" if number % 50 == 1 else None)
            assert answer.status_int in (303, 400)
            if answer.status_int == 303:
                assert urlsplit(answer.location).path == "/login"
        assert opened == []
        assert flow.server.records() == []
        assert len(flow.server.service.clients.search().items) == 3
        # As a user who has signed in, it would be.
        flow.log_in()
        assert flow.ask().status_int == 400
        assert opened == [f"host{self.ATTEMPTS - 1}.example"]


class TestThePolicy:
    def test_off_by_default(self, start_flow: Callable[..., Flow]) -> None:
        flow = start_flow(client_id=URL)
        assert "is not registered" in flow.ask()
        metadata = flow.server.get("/.well-known/oauth-authorization-server").json
        assert "client_id_metadata_document_supported" not in metadata
        assert "client_id_metadata" not in flow.server.service.server.plug_ins.client_resolvers

    @pytest.mark.parametrize(
        ("changes", "url", "allowed"),
        [
            (ALLOWED, URL, True),
            (ALLOWED, "https://other.example/client.json", False),
            (ALLOWED, "https://sub.app.example/client.json", False),
            ({**ALLOWED, "client_id_metadata.hosts": "*.app.example"}, URL, False),
            (
                {**ALLOWED, "client_id_metadata.hosts": "*.app.example"},
                "https://sub.app.example/client.json",
                True,
            ),
            ({"client_id_metadata": "open"}, "https://other.example/client.json", True),
            ({"client_id_metadata": "pinned"}, URL, False),
        ],
    )
    def test_which_hosts(
        self,
        start: Callable[..., Flow],
        documents: Documents,
        changes: dict[str, str],
        url: str,
        allowed: bool,
    ) -> None:
        documents.found[url] = document(client_id=url)
        flow = start(**changes)
        flow.client_id = url
        answer = flow.ask()
        assert answer.status_int == (200 if allowed else 400)
        assert documents.fetched == ([url] if allowed else [])
        if not allowed:
            assert urlsplit(url).netloc in answer

    def test_pinned_in_a_folder(
        self, start: Callable[..., Flow], documents: Documents, tmp_path: Path
    ) -> None:
        (tmp_path / "notes.json").write_text(json.dumps(document(client_name="Pinned")))
        flow = start(**{"client_id_metadata": "pinned", "client_id_metadata.pinned": str(tmp_path)})
        page = flow.page()
        assert "It calls itself Pinned." in " ".join(page.html.get_text().split())
        assert flow.decide(page).status_int == 303
        # It is remembered, as an operator's word.
        assert "code" in answer_in(flow.ask().location)
        assert documents.fetched == []

    @pytest.mark.parametrize("text", ["{", "[]", "{}", '{"client_id": 5}'])
    def test_a_folder_with_what_is_no_document(
        self, start: Callable[..., Flow], tmp_path: Path, text: str
    ) -> None:
        (tmp_path / "notes.json").write_text(text)
        changes = {"client_id_metadata": "pinned", "client_id_metadata.pinned": str(tmp_path)}
        with pytest.raises(ConfigurationError, match=r"notes\.json"):
            start(**changes)

    def test_a_folder_with_what_cannot_be_read(
        self, start: Callable[..., Flow], tmp_path: Path
    ) -> None:
        (tmp_path / "notes.json").mkdir()
        changes = {"client_id_metadata": "pinned", "client_id_metadata.pinned": str(tmp_path)}
        with pytest.raises(ConfigurationError, match=r"notes\.json cannot be read: Is a directory"):
            start(**changes)

    def test_no_such_folder(self, start: Callable[..., Flow]) -> None:
        changes = {"client_id_metadata": "pinned", "client_id_metadata.pinned": "/no/such"}
        with pytest.raises(ConfigurationError, match="there is no folder /no/such"):
            start(**changes)

    @pytest.mark.parametrize(
        ("changes", "says"),
        [
            ({"client_id_metadata": "allowed"}, "allows no client: name their hosts"),
            ({**ALLOWED, "client_id_metadata": "open"}, "hosts has no effect"),
            ({"client_id_metadata": "some"}, "choose one of off, pinned, allowed, open"),
            ({**ALLOWED, "client_id_metadata.hosts": "https://a.example"}, "is no host name"),
        ],
    )
    def test_contradictions(
        self, start: Callable[..., Flow], changes: dict[str, str], says: str
    ) -> None:
        with pytest.raises(ConfigurationError, match=says):
            start(**changes)

    @pytest.mark.parametrize(
        ("changes", "says"),
        [
            ({"grant_types": "client_credentials"}, "is for the code flow"),
            ({"response_types": "token"}, "is for the code flow"),
            (
                {"client_id_metadata.scopes": "raed"},
                r"client_id_metadata\.scopes has unknown scopes: raed",
            ),
        ],
    )
    def test_clients_that_could_not_be_used(
        self, start_flow: Callable[..., Flow], changes: dict[str, str], says: str
    ) -> None:
        with pytest.raises(ConfigurationError, match=says):
            start_flow(**{**ALLOWED, **SCOPES, **changes})

    def test_clients_that_could_be_granted_nothing(self, start_flow: Callable[..., Flow]) -> None:
        with pytest.raises(ConfigurationError, match="could be granted nothing"):
            start_flow(**ALLOWED)
        assert start_flow(**ALLOWED, default_scopes="read")

    def test_without_the_library(
        self, start: Callable[..., Flow], monkeypatch: pytest.MonkeyPatch, anew: None
    ) -> None:
        monkeypatch.setitem(sys.modules, "urllib3", None)
        own = ("pyramid_oauth2.fetching", "pyramid_oauth2.extensions.client_id_metadata.")
        for name in [each for each in sys.modules if each.startswith(own)]:
            monkeypatch.delitem(sys.modules, name)
        with pytest.raises(ConfigurationError, match="pip install urllib3"):
            start(**ALLOWED)

    def test_ids_that_the_server_draws_are_no_urls(self) -> None:
        assert not new_client_id(lambda size: bytes(size)).startswith("https:")

    def test_no_one_but_an_operator_registers_such_an_id(self, start: Callable[..., Flow]) -> None:
        """Neither a client itself nor a user on their own pages: it would take the URL's place."""
        flow = start(**ALLOWED, registration="open", self_service="true")
        server = flow.server
        asked = register(server, client_id=URL, redirect_uris=[OTHER])
        assert asked.json["client_id"] != URL
        mine = Configuration(server, asked.json)
        assert mine.put(client_id=URL).json["error"] == "invalid_client_metadata"
        own = ClientPages(server, APPLICATIONS, "alice")
        form = own.get("register", kind="web").form
        form["client_id"].force_value(URL)
        form["client_name"], form["redirect_uris"] = "Mine", OTHER
        form.submit(status=400)
        assert server.service.server.clients.get(URL) is None

    def test_a_registered_client_of_that_id_wins(self, flow: Flow, documents: Documents) -> None:
        flow.server.register(URL, redirect_uris=(OTHER,), grant_types=("authorization_code",))
        assert flow.page(redirect_uri=OTHER)
        assert documents.fetched == []

    def test_one_that_an_operator_has_deleted(self, flow: Flow, documents: Documents) -> None:
        flow.code()
        flow.server.service.clients.delete(URL)
        documents.fetched.clear()
        assert flow.ask().status_int == 400
        assert documents.fetched == []

    def test_what_an_operator_has_set_of_it_stays(self, start: Callable[..., Flow]) -> None:
        """A limit on it is no matter of its document, as which it is written again."""
        api = "https://files.example/api"
        flow = start(**ALLOWED, resources=f"{api}\nhttps://other.example")
        flow.code()
        flow.server.service.clients.edit(URL, allowed_resources=(api,))
        flow.code()
        stored = flow.server.service.clients.get(URL)
        assert stored.extra["allowed_resources"] == [api]
        answer = answer_in(flow.ask(resource="https://other.example").location)
        assert answer["error"] == "invalid_target"

    def test_also_what_its_document_says_otherwise(self, flow: Flow) -> None:
        flow.code(scope="read write")
        flow.server.service.clients.edit(URL, scope=frozenset({"read"}))
        answer = answer_in(flow.ask(scope="read write").location)
        assert answer["error"] == "invalid_scope"
        flow.code(scope="read")
        assert flow.server.service.clients.get(URL).scope == {"read"}

    def test_also_while_a_user_sees_what_was_there_before(
        self, flow: Flow, documents: Documents
    ) -> None:
        page = page_of_a_changed_document(flow, documents, Clock(flow.server), scope="read write")
        flow.server.service.clients.edit(URL, scope=frozenset({"read"}))
        assert answer_in(flow.decide(page).location)["error"] == "invalid_scope"

    def test_also_if_it_was_set_by_a_clock_that_is_behind(
        self, flow: Flow, documents: Documents
    ) -> None:
        """Or by another process, of whose change this one knew nothing yet."""
        clock = Clock(flow.server)
        page = page_of_a_changed_document(flow, documents, clock, scope="read")
        clock.now -= 5
        flow.server.service.clients.edit(URL, scope=frozenset({"read"}))
        clock.now += 5
        assert "code" in answer_in(flow.decide(page).location)
        stored = flow.server.service.clients.get(URL)
        assert (stored.client_name, stored.scope) == ("Notes 2", {"read"})
        assert stored.extra["fixed_fields"] == ["optional_scope", "scope"]

    def test_one_that_is_disabled(self, flow: Flow, documents: Documents) -> None:
        flow.code()
        flow.server.service.clients.disable(URL)
        documents.fetched.clear()
        assert flow.ask().status_int == 400
        assert documents.fetched == []


class TestFailures:
    @pytest.mark.parametrize(
        "found",
        [FetchError("answers with the status 404"), b"<html>", document(client_id=OTHER)],
        ids=["not there", "no JSON", "of another"],
    )
    def test_a_page_names_the_host(self, flow: Flow, documents: Documents, found: Any) -> None:
        documents.found[URL] = found
        answer = flow.ask()
        assert answer.status_int == 400
        assert "This application cannot be checked" in answer
        assert "app.example" in answer
        assert flow.server.service.server.clients.get(URL) is None

    def test_an_unusable_document_is_not_asked_for_again_at_once(
        self, flow: Flow, documents: Documents
    ) -> None:
        documents.found[URL] = b"{}"
        for _ in range(3):
            assert flow.ask().status_int == 400
        assert documents.fetched == [URL]

    def test_too_many_at_a_time(self, flow: Flow, documents: Documents) -> None:
        documents.found[URL] = Busy("is not asked now")
        answer = flow.ask()
        assert (answer.status_int, "Retry-After" in answer.headers) == (503, True)

    @pytest.mark.parametrize("throttle", ["true", "false"])
    def test_too_many_of_one_user(
        self, start: Callable[..., Flow], documents: Documents, throttle: str
    ) -> None:
        """Also where a component in front of the server limits its clients."""
        flow = start(client_id_metadata="open", throttle=throttle)
        for number in range(10):
            flow.client_id = f"https://host{number}.example/client.json"
            assert flow.ask().status_int == 400
        flow.client_id = URL
        assert flow.ask().status_int == 429
        assert len(documents.fetched) == 10

    def test_also_of_others_at_the_same_address_but_what_is_allowed_goes_on(
        self, start: Callable[..., Flow], documents: Documents
    ) -> None:
        """A neighbour behind a NAT must not keep users from what they use each day."""
        flow = start(client_id_metadata="open")
        clock = Clock(flow.server)
        flow.tokens()
        clock.now += HOUR
        forget(flow)
        neighbour = Flow(flow.server).log_in("alice")
        for number in range(9):
            neighbour.client_id = f"https://host{number}.example/client.json"
            assert neighbour.ask().status_int == 400
        fetched = list(documents.fetched)
        assert flow.page()
        assert documents.fetched == fetched
        flow.client_id = "https://another.example/client.json"
        assert flow.ask().status_int == 429

    def test_a_client_that_was_allowed_lives_on_for_a_week(
        self, flow: Flow, documents: Documents
    ) -> None:
        clock = Clock(flow.server)
        flow.tokens()
        documents.found[URL] = FetchError("does not answer")
        clock.now += STALE - 1
        forget(flow)
        assert flow.page()
        clock.now += 1
        assert flow.ask().status_int == 400

    def test_not_one_of_which_nothing_is_left(self, flow: Flow, documents: Documents) -> None:
        """There is nothing that it would have to go on with."""
        clock = Clock(flow.server)
        flow.code()
        documents.found[URL] = FetchError("does not answer")
        clock.now += HOUR
        forget(flow)
        assert flow.ask().status_int == 400

    def test_a_document_that_takes_its_redirect_uri_back(
        self, flow: Flow, documents: Documents
    ) -> None:
        clock = Clock(flow.server)
        flow.code()
        documents.found[URL] = document(redirect_uris=[OTHER])
        clock.now += HOUR
        forget(flow)
        assert flow.ask().status_int == 400


class TestHowLongItIsKnown:
    def test_as_the_headers_say_within_limits(self, flow: Flow, documents: Documents) -> None:
        """Many are served with no-store."""
        documents.cache_control = "no-store, max-age=0"
        for _ in range(3):
            flow.page()
        assert documents.fetched == [URL]

    def test_one_that_has_not_changed_is_not_sent_again(
        self, flow: Flow, documents: Documents
    ) -> None:
        """RFC 9110 section 13.1.2: status 304. The user is not asked about any change."""
        clock, time = Clock(flow.server), [0.0]
        resolver(flow).known._clock = lambda: time[0]
        documents.etag = '"1"'
        heard: list[DocumentFetched] = []
        flow.server.hear(heard.append, DocumentFetched)
        flow.code()
        documents.found[URL] = b"what a response with the status 304 has not"
        for _ in range(2):
            time[0] += SHORTEST
            clock.now += SHORTEST
            page = flow.page()
            assert "Changed since" not in page
        assert documents.fetched == [URL] * 3
        assert [each.error for each in heard] == [None] * 3
        documents.etag, documents.found[URL] = '"2"', document(client_name="Others")
        time[0] += SHORTEST
        clock.now += SHORTEST
        assert "Others" in flow.page()

    def test_another_process_has_fetched_it(self, flow: Flow, documents: Documents) -> None:
        clock = Clock(flow.server)
        flow.code()
        forget(flow)
        flow.page()
        assert documents.fetched == [URL]
        clock.now += 301
        flow.page()
        assert documents.fetched == [URL, URL]


class TestEvents:
    def test_each_fetch_is_one(self, flow: Flow, documents: Documents) -> None:
        heard: list[DocumentFetched] = []
        flow.server.hear(heard.append, DocumentFetched)
        flow.page()
        flow.page()
        documents.found[URL] = FetchError("is broken")
        forget(flow)
        flow.ask()
        found = [(each.url, each.purpose, each.error) for each in heard]
        assert found == [(URL, "client_id", None), (URL, "client_id", "is broken")]


def test_a_document_with_a_redirect_uri_at_a_blocked_host(flow: Flow) -> None:
    """As a client that registers itself: users would be sent there."""
    BlockedHosts(flow.server.service.server).add("client.example")
    answer = flow.ask()
    assert answer.status_int == 400
    assert "app.example" in answer


@pytest.mark.parametrize("host", ["app.example", "client.example"])
def test_a_host_that_is_blocked_while_a_user_decides(flow: Flow, host: str) -> None:
    """The store has nothing of the client yet that the operator's command could disable."""
    page = flow.page()
    BlockedHosts(flow.server.service.server).add(host)
    answer = flow.decide(page)
    assert answer.status_int == 400
    assert "location" not in answer.headers
    assert flow.server.service.server.clients.get(URL) is None


def test_the_document_of_a_blocked_host_is_not_fetched(flow: Flow, documents: Documents) -> None:
    host = urlsplit(URL).hostname or ""
    BlockedHosts(flow.server.service.server).add(host)
    assert flow.ask().status_int == 400
    assert documents.fetched == []
