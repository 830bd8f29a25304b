"""What a stranger names is fetched from where it is checked to be, and only as a small document."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Any

import pytest

from pyramid_oauth2.fetching import public_fetcher
from pyramid_oauth2.fetching.flights import IN_ALL, OF_HOST, REST, Flights
from pyramid_oauth2.fetching.public_fetcher import PublicFetcher
from pyramid_oauth2.fetching.public_urls import URLRefused
from pyramid_oauth2.fetching.resolution import look_up
from pyramid_oauth2.fetching.responses import Busy, FetchError, NotConnected, Response, TooSlow

from .https_server import HOST, JSON, PUBLIC, URL, Documents, response, serving

MOST = 5 * 1024
SHORT = 0.6  # seconds


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Documents]:
    with serving(tmp_path_factory.mktemp("tls")) as documents:
        yield documents


@pytest.fixture
def documents(shared: Documents) -> Documents:
    """A fresh state of the one server."""
    shared.answers(response(b"{}"))
    shared.addresses = (PUBLIC,)
    for each in (shared.connected, shared.requests, shared.resolved):
        each.clear()
    return shared


@pytest.fixture
def fetcher(documents: Documents) -> PublicFetcher:
    return documents.fetcher()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(public_fetcher, "TOTAL_SECONDS", SHORT)
    monkeypatch.setattr(public_fetcher, "CONNECT_SECONDS", SHORT)


def unreported(url: str, error: str | None) -> None:
    """A report that is read by no test."""


def failure(fetcher: PublicFetcher, url: str = URL) -> FetchError:
    with pytest.raises(FetchError) as caught:
        fetcher.get(url, MOST, unreported)
    return caught.value


class TestTheSameAgain:
    """RFC 9110 section 13.1.2."""

    ETAG = '"abc"'

    def test_what_has_not_changed_is_not_sent(
        self, documents: Documents, fetcher: PublicFetcher
    ) -> None:
        head = JSON + b'Cache-Control: max-age=60\r\nETag: "abc"\r\n'
        documents.answers(response(b"{}", head))
        assert fetcher.get(URL, MOST, unreported).etag == self.ETAG
        assert b"If-None-Match" not in documents.requests[0]
        documents.answers(response(b"", b"Cache-Control: max-age=9\r\n", b"304 Not Modified"))
        again = fetcher.get(URL, MOST, unreported, self.ETAG)
        assert again == Response(304, b"", cache_control="max-age=9", etag=self.ETAG)
        assert b'If-None-Match: "abc"\r\n' in documents.requests[1]

    @pytest.mark.parametrize("etag", ["", '"other"'])
    def test_what_another_caller_has_got_is_no_document(
        self,
        documents: Documents,
        fetcher: PublicFetcher,
        monkeypatch: pytest.MonkeyPatch,
        etag: str,
    ) -> None:
        """Of those who ask at the same moment one sends the request, with its own ETag."""
        of_another = Response(304, b"", etag=self.ETAG)
        own, shared = fetcher._flights, [of_another]

        def fly(*arguments: Any) -> Response:
            return shared.pop() if shared else own(*arguments)

        monkeypatch.setattr(fetcher, "_flights", fly)
        assert fetcher.get(URL, MOST, unreported, etag).body == b"{}"
        shared.extend([of_another, of_another])
        with pytest.raises(Busy, match="another request"):
            fetcher.get(URL, MOST, unreported, etag)
        shared.append(of_another)
        assert fetcher.get(URL, MOST, unreported, self.ETAG) == of_another

    def test_where_it_was_not_asked_for(self, documents: Documents, fetcher: PublicFetcher) -> None:
        documents.answers(response(b"", b"", b"304 Not Modified"))
        assert "status 304" in str(failure(fetcher))

    @pytest.mark.parametrize(
        "etag", ["abc", '"a\r\nX: y"', '"ä"', '"' + "a" * 300 + '"', '"a" "b"']
    )
    def test_what_is_no_etag_is_not_sent(
        self, documents: Documents, fetcher: PublicFetcher, etag: str
    ) -> None:
        assert fetcher.get(URL, MOST, unreported, etag).status == 200
        assert b"If-None-Match" not in documents.requests[0]


class TestWhere:
    def test_it_connects_to_the_address_that_was_checked(
        self, documents: Documents, fetcher: PublicFetcher
    ) -> None:
        """One look-up: a resolver that says something else the next time is not asked again."""

        def rebinding(host: str) -> list[str]:
            documents.resolved.append(host)
            return [PUBLIC] if len(documents.resolved) == 1 else ["127.0.0.1"]

        documents.answers(response(b'{"a": 1}', JSON + b"Cache-Control: max-age=60\r\n"))
        found = documents.fetcher(resolve=rebinding).get(URL, MOST, unreported)
        assert found == Response(200, b'{"a": 1}', cache_control="max-age=60")
        assert (documents.resolved, documents.connected) == ([HOST], [(PUBLIC, 443)])

    def test_one_address_that_is_not_public_among_others(
        self, documents: Documents, fetcher: PublicFetcher
    ) -> None:
        documents.addresses = (PUBLIC, "2606:4700::1111", "::ffff:10.0.0.1")
        assert isinstance(failure(fetcher), URLRefused)
        assert documents.connected == []

    @pytest.mark.parametrize("addresses", [(), ("93.184.215.14",) * 21, ("nonsense",)])
    def test_no_usable_address(
        self, documents: Documents, fetcher: PublicFetcher, addresses: tuple[str, ...]
    ) -> None:
        documents.addresses = addresses
        failure(fetcher)
        assert documents.connected == []

    def test_a_name_that_does_not_resolve(self, documents: Documents) -> None:
        def unknown(host: str) -> list[str]:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")

        assert isinstance(failure(documents.fetcher(resolve=unknown)), NotConnected)

    def test_a_resolver_that_does_not_answer(self, documents: Documents, impatient: None) -> None:
        waiting = threading.Event()
        slow = documents.fetcher(resolve=lambda host: [PUBLIC] if waiting.wait(20) else [])
        started = monotonic()
        assert isinstance(failure(slow), TooSlow)
        waiting.set()
        assert monotonic() - started < 10

    def test_the_next_address_if_one_accepts_no_connection(self, documents: Documents) -> None:
        documents.addresses = ("93.184.215.15", PUBLIC)

        def connect(address: Any, port: int, seconds: float) -> socket.socket:
            if str(address) != PUBLIC:
                raise ConnectionRefusedError
            return documents.connect(address, port, seconds)

        assert documents.fetcher(connect=connect).get(URL, MOST, unreported).status == 200

    @pytest.mark.parametrize("error", [ConnectionRefusedError, TimeoutError])
    def test_no_address_accepts_a_connection(
        self, documents: Documents, error: type[OSError]
    ) -> None:
        def connect(*_: object) -> socket.socket:
            raise error

        assert isinstance(failure(documents.fetcher(connect=connect)), NotConnected)

    def test_a_url_that_is_refused_is_not_resolved(
        self, documents: Documents, fetcher: PublicFetcher
    ) -> None:
        assert isinstance(failure(fetcher, "https://127.0.0.1/"), URLRefused)
        assert documents.resolved == []

    def test_the_system_resolves_names(self) -> None:
        assert set(look_up("localhost")) <= {"127.0.0.1", "::1"}

    def test_as_it_is_used_the_loopback_host_is_refused(self) -> None:
        """With the resolver and the connections of production."""
        own = PublicFetcher(resolve=lambda host: look_up("localhost"))
        assert isinstance(failure(own), URLRefused)


class TestWhatIsSent:
    def test_the_request(
        self, documents: Documents, fetcher: PublicFetcher, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nothing that says whose server asks, and nothing of the environment."""
        for name in ("https_proxy", "HTTPS_PROXY", "all_proxy"):
            monkeypatch.setenv(name, "http://127.0.0.1:1")
        fetcher.get(f"https://{HOST}/a?b=c", MOST, unreported)
        (request,) = documents.requests
        line, *headers = request.decode().strip().split("\r\n")
        assert line == "GET /a?b=c HTTP/1.1"
        assert sorted(headers) == [
            "Accept-Encoding: identity",
            "Accept: application/json",
            "Connection: close",
            f"Host: {HOST}",
            "User-Agent: pyramid_oauth2",
        ]

    def test_a_url_without_a_path(self, documents: Documents, fetcher: PublicFetcher) -> None:
        fetcher.get(f"https://{HOST}", MOST, unreported)
        assert documents.requests[0].startswith(b"GET / HTTP/1.1\r\n")


class TestTheCertificate:
    def test_of_an_unknown_authority(self, documents: Documents) -> None:
        assert "certificate" in str(failure(documents.fetcher(context=None)))
        assert documents.requests == []

    def test_of_another_name(self, documents: Documents, fetcher: PublicFetcher) -> None:
        other = "https://other.example/client.json"
        assert "certificate" in str(failure(fetcher, other))
        assert documents.requests == []


class TestTheResponse:
    @pytest.mark.parametrize(
        ("answer", "says"),
        [
            (response(b"", b"Location: https://a.example/\r\n", b"302 Found"), "status 302"),
            (response(b"", b"Location: /\r\n", b"308 Permanent Redirect"), "status 308"),
            (response(b"{}", JSON, b"201 Created"), "status 201"),
            (response(b"{}", JSON, b"404 Not Found"), "status 404"),
            (response(b"{}", b""), "something else than JSON"),
            (response(b"{}", b"Content-Type: text/html\r\n"), "something else than JSON"),
            (response(b"{}", b"Content-Type: text/json+json\r\n"), "something else than JSON"),
            (response(b"{}", JSON + b"Content-Encoding: gzip\r\n"), "compressed"),
            (response(b" " * (MOST + 1)), "more than 5120 bytes"),
            (b"SSH-2.0-OpenSSH_9\r\n", "does not answer as HTTP demands"),
            (b"", "does not answer as HTTP demands"),
            (response(b"{}", JSON + b"X: %s\r\n" % (b"x" * 17_000)), "does not answer as HTTP"),
            (response(b"{}", JSON + b"X: %s\r\n" % (b"x" * 1000) * 17), "does not answer as HTTP"),
            (b"HTTP/1.1 100 Continue\r\n\r\n" * 1000, "does not answer as HTTP"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_what_is_no_document(
        self, documents: Documents, fetcher: PublicFetcher, answer: bytes, says: str
    ) -> None:
        documents.answers(answer)
        assert says in str(failure(fetcher))
        assert len(documents.connected) == 1

    @pytest.mark.parametrize(
        "head",
        [
            JSON,
            b"content-type: Application/JSON;charset=utf-8\r\n",
            b"Content-Type: application/client-metadata+json\r\n",
        ],
    )
    def test_media_types_of_json(
        self, documents: Documents, fetcher: PublicFetcher, head: bytes
    ) -> None:
        documents.answers(response(b"{}" + b" " * (MOST - 2), head))
        assert len(fetcher.get(URL, MOST, unreported).body) == MOST

    def test_a_body_without_end(self, documents: Documents, fetcher: PublicFetcher) -> None:
        """Counted while it is read: it has no length."""
        sent = []

        def talk(its: ssl.SSLSocket) -> None:
            its.sendall(b"HTTP/1.1 200 OK\r\n" + JSON + b"Transfer-Encoding: chunked\r\n\r\n")
            while True:
                its.sendall(b"400\r\n%s\r\n" % (b" " * 1024))
                sent.append(1024)

        documents.talk = talk
        assert "more than 5120 bytes" in str(failure(fetcher))
        # What the buffers of both sides hold may be on the way.
        assert sum(sent) < 20_000_000

    @pytest.mark.parametrize(
        "beginning", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n" + JSON + b"\r\n"]
    )
    def test_a_server_that_drips(
        self, documents: Documents, fetcher: PublicFetcher, impatient: None, beginning: bytes
    ) -> None:
        def talk(its: ssl.SSLSocket) -> None:
            its.sendall(beginning)
            while not documents.gone.wait(0.05):
                its.sendall(b" ")

        documents.talk = talk
        started = monotonic()
        assert isinstance(failure(fetcher), TooSlow)
        assert monotonic() - started < 10

    def test_a_server_that_says_nothing_to_tls(self, documents: Documents, impatient: None) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            port = silent.getsockname()[1]
            connected = documents.fetcher(
                connect=lambda address, _, seconds: socket.create_connection(
                    ("127.0.0.1", port), timeout=seconds
                )
            )
            started = monotonic()
            failure(connected)
            assert monotonic() - started < 10


class TestHowMany:
    def test_many_requests_for_one_document_at_once(
        self, documents: Documents, fetcher: PublicFetcher
    ) -> None:
        together = threading.Barrier(200)
        asked = threading.Event()

        def talk(its: ssl.SSLSocket) -> None:
            asked.wait(20)
            its.sendall(response(b'{"a": 1}'))

        def get() -> bytes:
            together.wait(20)
            return fetcher.get(URL, MOST, unreported).body

        documents.talk = talk
        with ThreadPoolExecutor(200) as pool:
            results = [pool.submit(get) for _ in range(200)]
            while together.n_waiting or not documents.connected:
                pass
            asked.set()
            assert {each.result(20) for each in results} == {b'{"a": 1}'}
        # A thread that came late may have begun the next one.
        assert len(documents.connected) <= 2

    def flying(self, flights: Flights, urls: list[tuple[str, str]]) -> tuple[Any, Any]:
        """Requests that have begun, and what ends them."""
        begun, end = threading.Barrier(len(urls) + 1), threading.Event()

        def fetch() -> Response:
            begun.wait(20)
            end.wait(20)
            return Response(200, b"")

        pool = ThreadPoolExecutor(len(urls))
        for url, host in urls:
            pool.submit(flights, url, host, fetch)
        begun.wait(20)
        return end, pool

    @pytest.mark.parametrize(
        ("urls", "next_host"),
        [
            ([(f"u{number}", "a.example") for number in range(OF_HOST)], "a.example"),
            ([(f"u{number}", f"h{number}") for number in range(IN_ALL)], "b.example"),
        ],
        ids=["of a host", "in all"],
    )
    def test_too_many_at_a_time(self, urls: list[tuple[str, str]], next_host: str) -> None:
        flights = Flights()
        end, pool = self.flying(flights, urls)
        with pytest.raises(Busy):
            flights("next", next_host, lambda: Response(200, b""))
        end.set()
        pool.shutdown()
        assert flights("next", next_host, lambda: Response(200, b"x")).body == b"x"

    def test_a_url_that_failed_is_left_alone_for_a_minute(self) -> None:
        now = [0.0]
        flights = Flights(lambda: now[0])
        asked: list[str] = []

        def fail() -> Response:
            asked.append("x")
            raise FetchError("is broken")

        for _ in range(3):
            with pytest.raises(FetchError, match="is broken"):
                flights("u", "h", fail)
        assert flights("v", "h", lambda: Response(200, b"")).status == 200
        assert asked == ["x"]
        now[0] = REST
        assert flights("u", "h", lambda: Response(200, b"x")).body == b"x"
        with pytest.raises(FetchError):
            flights("u", "h", fail)
        assert asked == ["x", "x"]

    def test_failures_take_up_no_memory_without_end(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("pyramid_oauth2.fetching.flights.MOST_FAILURES", 2)
        flights = Flights(lambda: 0.0)
        asked: list[str] = []

        def fail(url: str) -> Response:
            asked.append(url)
            raise FetchError("is broken")

        for url in ("a", "b", "c", "c", "b", "a"):
            with pytest.raises(FetchError):
                flights(url, "h", lambda url=url: fail(url))  # type: ignore[misc]
        assert asked == ["a", "b", "c", "a"]
