"""The keys that clients publish: when they are fetched, and what a flood of assertions causes.

RFC 7591 section 2 (``jwks_uri``), RFC 7517 section 5.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from joserfc.jwk import ECKey

from pyramid_oauth2.attempt_storage import AttemptCounter
from pyramid_oauth2.extensions.private_key_jwt import client_keys, key_rules
from pyramid_oauth2.fetching.responses import Busy, FetchError
from pyramid_oauth2.jose.published_keys import Refreshing
from pyramid_oauth2.protocol.errors import InvalidClient, TemporarilyUnavailable
from pyramid_oauth2.protocol.events import DocumentFetched
from pyramid_oauth2.protocol.throttling import FETCHES, Throttle
from tests.fetching.https_server import HOST, Documents, response, serving
from tests.jose.forgeries import FORGERIES
from tests.protocol.worlds import LIMIT

from .world import KEY, World, key_set

URL = "https://app.example/keys"
OF_STRANGERS = {"source": "registered"}


@pytest.fixture
def world() -> World:
    world = World()
    world.publisher.sets[URL] = key_set(one=KEY)
    world.add("app", jwks_uri=URL, extra=OF_STRANGERS)
    return world


def refused(world: World, assertion: str) -> str:
    with pytest.raises(InvalidClient) as error:
        world.authenticate(assertion)
    return str(error.value.refusal.check)


class TestWhen:
    def test_once_for_all_that_are_signed(self, world: World) -> None:
        for number in range(5):
            assert world.authenticate(world.honest("app", jti=str(number)).jwt())[0] == "app"
        assert world.publisher.fetched == [URL]
        fetched = [each for each in world.events if isinstance(each, DocumentFetched)]
        assert [(each.url, each.purpose, each.error) for each in fetched] == [
            (URL, "jwks_uri", None)
        ]

    def test_again_for_a_new_key(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        """Once a minute for each URL; the new key counts then."""
        monkeypatch.setattr(client_keys, "TIMES", Refreshing(unknown=0, rest=60))
        new = ECKey.generate_key("P-256")
        assert world.authenticate(world.honest("app").jwt())[0] == "app"
        world.publisher.sets[URL] = key_set(one=KEY, two=new)
        assert world.authenticate(world.honest("app").headed(new, kid="two"))[0] == "app"
        assert world.publisher.fetched == [URL, URL]

    @pytest.mark.parametrize("forged", FORGERIES)
    def test_not_before_everything_else_is_right(self, world: World, forged: str) -> None:
        """Form, algorithm, type, issuer, subject, audience, times: what costs nothing to check."""
        with pytest.raises(InvalidClient):
            world.authenticate(FORGERIES[forged](world.honest("app")))
        assert len(world.publisher.fetched) <= (forged in OF_A_KEY)

    def test_not_for_a_client_that_may_not_sign(self, world: World) -> None:
        for number, changes in enumerate(
            ({"token_endpoint_auth_method": "none"}, {"disabled_at": 1})
        ):
            world.add(str(number), jwks_uri=URL, extra=OF_STRANGERS, **changes)
            refused(world, world.honest(str(number)).jwt())
        refused(world, world.honest("nobody").jwt())
        for claims in ({"aud": "x"}, {"iss": "web"}, {"exp": 1}, {"exp": 2**50}):
            refused(world, world.honest("app", **claims).jwt())
        extra = {**OF_STRANGERS, "token_endpoint_auth_signing_alg": "RS256"}
        world.add("rsa", jwks_uri=URL, extra=extra)
        refused(world, world.honest("rsa").jwt())
        assert world.publisher.fetched == []


# Those of which only the key can say that they are forged.
OF_A_KEY = {
    name
    for name in FORGERIES
    if name.startswith(("key of a stranger", "kid ", "signature", "alg RS256", "no signature"))
    or name in ("another spelling of the signature",)
}


class TestAFlood:
    def test_in_the_name_of_a_client(self, world: World) -> None:
        """Unknown kids cause no more than one request a minute."""
        for number in range(100):
            refused(world, world.honest("app").headed(kid=f"unknown {number}"))
        assert world.publisher.fetched == [URL]
        assert world.authenticate(world.honest("app").jwt())[0] == "app"

    def test_while_the_host_of_the_keys_is_away(self, world: World) -> None:
        world.publisher.fails = FetchError("does not answer")
        for number in range(20):
            with pytest.raises(TemporarilyUnavailable) as error:
                world.authenticate(world.honest("app").headed(kid=f"unknown {number}"))
            assert (error.value.status, error.value.retry_after) == (503, 60)
        assert world.publisher.fetched == [URL]

    def test_by_one_address_for_many_clients(self) -> None:
        """As many as for a user's requests; those of operators are not counted."""
        counter = AttemptCounter(None)
        world = World(throttle=Throttle(LIMIT, LIMIT, LIMIT, LIMIT, LIMIT, counter))
        for number in range(FETCHES.attempts + 3):
            url = f"https://app{number}.example/keys"
            world.publisher.sets[url] = key_set(one=KEY)
            world.add(f"app{number}", jwks_uri=url, extra=OF_STRANGERS)
        outcomes = []
        for number in range(FETCHES.attempts + 3):
            try:
                outcomes.append(world.authenticate(world.honest(f"app{number}").jwt())[0])
            except TemporarilyUnavailable:
                outcomes.append("later")
        assert outcomes.count("later") == 3
        assert len(world.publisher.fetched) == FETCHES.attempts
        # What is known stays good, also for that address.
        assert world.authenticate(world.honest("app0").jwt())[0] == "app0"

    def test_a_moment_with_too_many_requests_is_no_failure(self, world: World) -> None:
        """The next assertion asks again, and not only in a minute."""
        world.publisher.fails = Busy("is not asked now")
        with pytest.raises(TemporarilyUnavailable):
            world.authenticate(world.honest("app").jwt())
        world.publisher.fails = None
        assert world.authenticate(world.honest("app").jwt())[0] == "app"

    def test_the_sets_are_bounded(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(client_keys, "MOST", 3)
        small = World()
        for number in range(5):
            url = f"https://app{number}.example/keys"
            small.publisher.sets[url] = key_set(one=KEY)
            small.add(f"app{number}", jwks_uri=url, extra=OF_STRANGERS)
            assert small.authenticate(small.honest(f"app{number}").jwt())
        assert small.authenticate(small.honest("app4").jwt())
        assert len(small.publisher.fetched) == 5
        assert small.authenticate(small.honest("app0").jwt())
        assert len(small.publisher.fetched) == 6

    @pytest.mark.parametrize(
        "body",
        [b"", b"{}", b"[]", b'{"keys": 5}', b'{"keys": [' + b"{}," * 40 + b"{}]}"],
        ids=str,
    )
    def test_what_is_no_key_set(self, world: World, body: bytes) -> None:
        """It may be right again later, and is no error of the request."""
        world.publisher.sets[URL] = body
        with pytest.raises(TemporarilyUnavailable):
            world.authenticate(world.honest("app").jwt())


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Documents]:
    with serving(tmp_path_factory.mktemp("tls")) as documents:
        yield documents


class TestAtTheSocket:
    def test_a_flood_from_many_threads(self, documents: Documents) -> None:
        """One connection, to the address that was checked."""
        documents.answers(response(json.dumps(key_set(one=KEY)).encode()))
        world = World(fetcher=documents.fetcher())
        world.add("app", jwks_uri=f"https://{HOST}/keys", extra=OF_STRANGERS)
        assertions = [world.honest("app").headed(kid=f"unknown {n}") for n in range(60)]

        def present(assertion: str) -> str:
            return refused(world, assertion)

        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(present, assertions)) == {"jwt_key"}
        assert len(documents.connected) == 1
        assert world.authenticate(world.honest("app").jwt())[0] == "app"
        assert len(documents.connected) == 1

    def test_no_address_of_ours(self, documents: Documents) -> None:
        """What a stranger names is on the public internet."""
        documents.connected.clear()
        documents.addresses = ("127.0.0.1",)
        world = World(fetcher=documents.fetcher())
        world.add("app", jwks_uri=f"https://{HOST}/keys", extra=OF_STRANGERS)
        with pytest.raises(TemporarilyUnavailable):
            world.authenticate(world.honest("app").jwt())
        assert documents.connected == []


class Handler(BaseHTTPRequestHandler):
    status = 200
    asked = 0

    def do_GET(self) -> None:
        type(self).asked += 1
        body = json.dumps(key_set(one=KEY)).encode()
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Nothing."""


class TestOfAnOperator:
    @pytest.fixture
    def url(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
        monkeypatch.setattr(Handler, "asked", 0)
        with HTTPServer(("127.0.0.1", 0), Handler) as server:
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
            yield f"http://127.0.0.1:{server.server_address[1]}/keys"
            server.shutdown()

    def test_it_may_be_anywhere(self, world: World, url: str) -> None:
        world.add("inner", jwks_uri=url)
        for number in range(3):
            assertion = world.honest("inner", jti=str(number)).jwt()
            assert world.authenticate(assertion)[0] == "inner"
        assert (Handler.asked, world.publisher.fetched) == (1, [])
        assert [each.purpose for each in world.events] == ["jwks_uri"]

    @pytest.mark.parametrize("changes", [{"owner": "bob"}, {"extra": OF_STRANGERS}])
    def test_that_of_anyone_else_may_not(
        self, world: World, url: str, changes: dict[str, Any]
    ) -> None:
        """A user's client, one that registered itself, one of a document."""
        world.add("inner", jwks_uri=url, **changes)
        world.publisher.fails = FetchError("is not https")
        with pytest.raises(TemporarilyUnavailable):
            world.authenticate(world.honest("inner").jwt())
        assert Handler.asked == 0

    def test_it_answers_with_an_error(
        self, world: World, url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Handler, "status", 404)
        world.add("inner", jwks_uri=url)
        with pytest.raises(TemporarilyUnavailable):
            world.authenticate(world.honest("inner").jwt())
        (event,) = world.events
        assert event.error == "answers with the status 404"


def test_without_urllib3_no_client_is_registered_with_a_url(
    monkeypatch: pytest.MonkeyPatch, world: World
) -> None:
    monkeypatch.setattr(key_rules, "find_spec", lambda name: None)
    client = world.server.clients.get("app")
    (problem,) = key_rules.key_problems(client, "")
    assert problem == ("jwks_uri", "this server cannot fetch keys: its operator installs urllib3")


@pytest.mark.parametrize(
    ("issuer", "count"),
    [("http://localhost:6543", 0), ("https://localhost", 1), ("https://auth.example", 1)],
)
def test_a_stranger_names_a_loopback_host_to_a_server_there_alone(
    world: World, issuer: str, count: int
) -> None:
    """For development: no setting allows it."""
    client = world.server.clients.get("app")
    named = replace(client, jwks=None, jwks_uri="http://127.0.0.1:8000/keys", extra=OF_STRANGERS)
    assert len(list(key_rules.key_problems(named, "", issuer))) == count
