"""A view that changes clients or users, under pyramid_tm and pyramid_retry.

What it changed stays when the application's transaction fails. So the second attempt of the
request has the same result, and subscribers receive the same events once more.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import pytest
from pyramid.config import Configurator
from pyramid.response import Response
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from zope.sqlalchemy import register

from pyramid_oauth2 import Client
from pyramid_oauth2.backends.contract.factories import new_consent, new_grant
from pyramid_oauth2.interfaces import IOAuth2Event
from pyramid_oauth2.journal import KEY
from pyramid_oauth2.protocol.clients.registry import ClientRegistry, UnknownClient
from pyramid_oauth2.protocol.records import StoreUnavailable
from pyramid_oauth2.protocol.users import Ended, Users

from . import host
from .server import Server
from .test_authorize_retries import Failures

CLIENTS = {
    "add": lambda it: it.add(
        client_name="Nightly", grant_types=("client_credentials",), scope=frozenset({"read"})
    ),
    "restore": lambda it: it.restore(Client("other", grant_types=("client_credentials",))),
    "edit": lambda it: it.edit("robot", it.get("robot").version, client_name="New"),
    "rotate_secret": lambda it: it.rotate_secret("robot", 3600, version=it.get("robot").version),
    "end_earlier_secret": lambda it: it.end_earlier_secret("changing"),
    "disable": lambda it: it.disable("robot"),
    "enable": lambda it: it.enable("disabled"),
    "approve": lambda it: it.approve("bobs"),
    "withdraw": lambda it: it.withdraw("robot"),
    "delete": lambda it: it.delete("robot"),
}
USERS = {
    "revoke": (lambda it: it.revoke("bob", reason="left"), ["GrantRevoked", "ConsentWithdrawn"]),
    "forget": (
        lambda it: it.forget("bob"),
        ["ClientChanged", "GrantRevoked", "ConsentWithdrawn", "UserForgotten"],
    ),
}


class Changing:
    """An application whose view makes one change; the transaction of its next request fails."""

    def __init__(self, server: Server, failures: Failures) -> None:
        self.server, self.failures = server, failures
        self.results: list[Any] = []
        self.heard: list[Any] = []
        service = server.service
        service.clients.add(Client("changing", grant_types=("client_credentials",)))
        service.clients.rotate_secret("changing", 3600)
        for client_id, owner in {"disabled": None, "bobs": "bob"}.items():
            fields = {"grant_types": ("client_credentials",), "owner": owner}
            service.clients.add(Client(client_id, **fields))
        service.clients.disable("disabled")
        service.server.grants.open(new_grant(subject="bob", client_id="web"), [], 0)
        service.server.consents.put(new_consent(subject="bob", client_id="web"), None)
        server.hear(self.heard.append, IOAuth2Event)

    def run(self, change: Callable[[Any], Any], status: int = 200) -> None:
        """Let a request make a change at each of two attempts."""

        def view(request: Any) -> None:
            self.results.append(change(request))

        self.server.registry["view"] = view
        self.failures.next = True
        self.server.browser.post("/change", status=status)

    @property
    def first(self) -> list[Any]:
        """The names of the events that were not delivered before."""
        return [type(event).__name__ for event in self.heard if not event.redelivered]

    @property
    def again(self) -> list[Any]:
        """The names of the events that were."""
        return [type(event).__name__ for event in self.heard if event.redelivered]

    def assert_redelivered(self) -> None:
        """Check that both attempts had the same result and the same events."""
        first, second = self.results
        assert first == second
        half = len(self.heard) // 2
        one, other = self.heard[:half], self.heard[half:]
        assert [event.redelivered for event in self.heard] == [False] * half + [True] * half
        assert list(map(without_request, one)) == list(map(without_request, other))
        assert one[0].request is not other[0].request


def without_request(event: Any) -> Any:
    fields = {name: getattr(event, name) for name in event.__dataclass_fields__}
    return {**fields, "request": None, "redelivered": None}


def view(request: Any) -> Response:
    request.registry["view"](request)
    return Response("changed")


@pytest.fixture
def failures() -> Failures:
    return Failures()


@pytest.fixture
def make(
    settings: dict[str, Any], serve: Callable[..., Server], failures: Failures
) -> Callable[..., Changing]:
    """Start the application, with more settings and configuration."""

    def make(changes: dict[str, Any] | None = None, configure: Any = None) -> Changing:
        config = Configurator(settings={**settings, **(changes or {})})
        for name in ("pyramid_oauth2", host.users, "pyramid_tm", "pyramid_retry"):
            config.include(name)
        config.registry["failures"] = failures
        config.add_tween(
            "tests.functional.test_authorize_retries.failing_tween",
            under="pyramid_tm.tm_tween_factory",
        )
        if configure is not None:
            configure(config)
        config.add_route("change", "/change")
        config.add_view(view, route_name="change", require_csrf=False)
        return Changing(serve(config.make_wsgi_app()), failures)

    return make


@pytest.fixture
def changing(make: Callable[..., Changing]) -> Changing:
    return make()


@pytest.mark.parametrize("method", CLIENTS)
def test_clients(changing: Changing, method: str):
    changing.run(lambda request: CLIENTS[method](request.oauth2.clients))
    changing.assert_redelivered()
    assert changing.first == ["ClientChanged"]


@pytest.mark.parametrize("method", USERS)
def test_users(changing: Changing, method: str):
    change, events = USERS[method]
    changing.run(lambda request: change(request.oauth2.users))
    changing.assert_redelivered()
    assert changing.first == events
    assert changing.results[0].grants == 1


def test_these_are_all_methods_that_change_something():
    public = [name for name, _ in inspect.getmembers(ClientRegistry, inspect.isfunction)]
    assert {name for name in public if name[0] != "_"} == {*CLIENTS, "get", "search"}
    public = [name for name, _ in inspect.getmembers(Users, inspect.isfunction)]
    assert {name for name in public if name[0] != "_"} == {*USERS, "authorizations", "clients"}


def test_a_client_is_registered_once_and_its_secret_is_the_one_that_is_shown(changing: Changing):
    changing.run(lambda request: CLIENTS["add"](request.oauth2.clients))
    names = [client.client_name for client in changing.server.service.clients.search().items]
    assert names.count("Nightly") == 1
    registered = changing.results[1]
    changing.server.secrets[registered.client.client_id] = registered.secret
    assert changing.server.token(client=registered.client.client_id)


def test_the_same_call_twice_in_one_attempt_is_two_calls(changing: Changing):
    def add_two(request: Any) -> Any:
        return [CLIENTS["add"](request.oauth2.clients) for _ in range(2)]

    changing.run(add_two)
    changing.assert_redelivered()
    one, other = changing.results[0]
    assert one.client.client_id != other.client.client_id


def test_another_call_at_the_second_attempt_is_made(changing: Changing):
    names = iter(["First", "Second"])
    changing.run(lambda request: request.oauth2.clients.edit("robot", client_name=next(names)))
    assert [client.client_name for client in changing.results] == ["First", "Second"]
    assert changing.first == ["ClientChanged", "ClientChanged"]


def test_a_call_that_raised_is_made_again_after_its_events(
    changing: Changing, monkeypatch: pytest.MonkeyPatch
):
    end, silent = Users._forget_consents, [True]

    def fails_once(self: Any, subject: str, client_id: str | None, lost: set[str]) -> int:
        ended = end(self, subject, client_id, lost)
        if silent.pop() if silent else False:
            raise StoreUnavailable("The store does not answer.")
        return ended

    def change(request: Any) -> Ended | None:
        try:
            return request.oauth2.users.revoke("bob")
        except StoreUnavailable:
            return None

    monkeypatch.setattr(Users, "_forget_consents", fails_once)
    changing.run(change)
    assert changing.results == [None, Ended(1, 0)]
    names = [(type(event).__name__, event.redelivered) for event in changing.heard]
    assert names == [
        ("ConsentWithdrawn", False),
        ("ConsentWithdrawn", True),
        ("GrantRevoked", False),
    ]


def fail_once(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str) -> None:
    """Let a method do what it does, and then raise an error the first time."""
    method, failures = getattr(owner, name), [StoreUnavailable("The store does not answer.")]

    def failing(*args: Any, **kwargs: Any) -> Any:
        result = method(*args, **kwargs)
        if failures:
            raise failures.pop()
        return result

    monkeypatch.setattr(owner, name, failing)


def persistent(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A change that is called again within the attempt, when it raised."""

    def change_twice(request: Any) -> Any:
        try:
            return change(request)
        except StoreUnavailable:
            return change(request)

    return change_twice


def test_a_call_that_succeeded_when_the_view_called_it_again_is_not_made_again(
    changing: Changing, monkeypatch: pytest.MonkeyPatch
):
    fail_once(monkeypatch, ClientRegistry, "_get")
    changing.run(persistent(lambda request: CLIENTS["rotate_secret"](request.oauth2.clients)))
    changing.assert_redelivered()
    assert changing.first == ["ClientChanged"]


def test_the_events_of_both_are_delivered_again(
    changing: Changing, monkeypatch: pytest.MonkeyPatch
):
    fail_once(monkeypatch, Users, "_forget_consents")
    changing.run(persistent(lambda request: request.oauth2.users.revoke("bob")))
    changing.assert_redelivered()
    # The second call did not find the consent, but a grant of the same client.
    assert changing.first == ["ConsentWithdrawn", "GrantRevoked", "ConsentWithdrawn"]


def test_the_events_of_each_call_that_raised_are_delivered_again(
    changing: Changing, monkeypatch: pytest.MonkeyPatch
):
    """The later attempt calls once what the earlier one called twice, without success."""
    changing.server.service.server.consents.put(new_consent(subject="bob", client_id="robot"), None)
    forget, silent = Users._forget_consents, ["robot", "web"]

    def forgets_one(self: Any, subject: str, client_id: str | None, lost: set[str]) -> int:
        if not silent:
            return forget(self, subject, client_id, lost)
        forget(self, subject, silent.pop(), lost)
        raise StoreUnavailable("The store does not answer.")

    def change(request: Any) -> Ended | None:
        try:
            return persistent(lambda request: request.oauth2.users.revoke("bob"))(request)
        except StoreUnavailable:
            return None

    monkeypatch.setattr(Users, "_forget_consents", forgets_one)
    changing.run(change)
    assert changing.results == [None, Ended(1, 0)]
    names = [(type(event).__name__, event.client_id) for event in changing.heard]
    withdrawn = [("ConsentWithdrawn", "web"), ("ConsentWithdrawn", "robot")]
    assert names == [*withdrawn, *withdrawn, ("GrantRevoked", "web")]
    assert [event.redelivered for event in changing.heard] == [False] * 2 + [True] * 2 + [False]


def test_a_list_that_the_view_changes_afterwards(changing: Changing):
    def add(request: Any) -> Any:
        contacts = ["a@app.example"]
        registered = request.oauth2.clients.add(
            client_name="Nightly", grant_types=("client_credentials",), contacts=contacts
        )
        contacts.append("b@app.example")
        return registered.client.client_id

    changing.run(add)
    changing.assert_redelivered()


def test_a_result_that_the_view_changes_afterwards(changing: Changing):
    def add(request: Any) -> Any:
        lifetimes = {"access_token": 60}
        client = request.oauth2.clients.add(
            client_name="Nightly", grant_types=("client_credentials",), lifetimes=lifetimes
        ).client
        before = dict(client.lifetimes)
        client.lifetimes["access_token"] = 61
        return before

    changing.run(add)
    assert changing.results == [{"access_token": 60}] * 2


def test_an_argument_that_cannot_be_copied(changing: Changing):
    lifetimes = MappingProxyType({"access_token": 60})
    changing.run(lambda request: request.oauth2.clients.edit("robot", lifetimes=lifetimes))
    changing.assert_redelivered()


class TestAClientThatIsExaminedAndDeleted:
    def test_it_is_found_at_each_attempt(self, changing: Changing):
        def delete(request: Any) -> Client:
            clients = request.oauth2.clients
            found: Client = clients.get("robot")
            clients.delete("robot", found.version)
            with pytest.raises(UnknownClient):
                clients.get("robot")
            return found

        changing.run(delete)
        changing.assert_redelivered()
        assert changing.first == ["ClientChanged"]
        assert changing.results[1].client_id == "robot"

    def test_nothing_else_finds_it(self, changing: Changing):
        attempts = iter([True, False])

        def change(request: Any) -> None:
            if next(attempts):
                request.oauth2.clients.delete("robot")
                return
            for method in ("edit", "rotate_secret", "end_earlier_secret", "disable", "enable"):
                with pytest.raises(UnknownClient):
                    getattr(request.oauth2.clients, method)("robot")
            with pytest.raises(UnknownClient):
                request.oauth2.clients.get("changed")
            assert changing.server.service.server.clients.get("robot") is None

        changing.run(change)


def test_without_pyramid_retry_nothing_is_kept(build: Callable[..., Server]):
    def change(request: Any) -> Response:
        first = CLIENTS["add"](request.oauth2.clients)
        second = CLIENTS["add"](request.oauth2.clients)
        assert KEY not in request.environ
        return Response(str(first != second))

    def configure(config: Any) -> None:
        config.add_route("change", "/change")
        config.add_view(change, route_name="change", require_csrf=False)

    assert build(configure).browser.post("/change").text == "True"


def test_no_secret_is_in_what_the_environ_shows(changing: Changing):
    environs = []

    def change(request: Any) -> str:
        secret: str = CLIENTS["add"](request.oauth2.clients).secret
        request.oauth2.clients.rotate_secret("robot", secret="a secret that a person chose")
        environs.append(repr(request.environ))
        return secret

    changing.run(change)
    for shown in environs:
        assert KEY in shown
        assert changing.results[0] not in shown
        assert "a person chose" not in shown


@pytest.mark.stores("sqlite", reason="oauth2.sqlalchemy.session is the application's session")
class TestSession:
    """The clients are written through the application's session, and rolled back with it."""

    @pytest.fixture
    def changing(self, make: Callable[..., Changing], settings: dict[str, Any]) -> Any:
        engine = create_engine(settings["oauth2.sqlalchemy.url"])

        def dbsession(request: Any) -> Session:
            session = Session(engine)
            register(session, transaction_manager=request.tm)
            request.add_finished_callback(lambda request: session.close())
            return session

        def configure(config: Any) -> None:
            config.add_request_method(dbsession, reify=True)

        yield make({"oauth2.sqlalchemy.session": "dbsession"}, configure)
        engine.dispose()

    def test_the_change_is_made_again(self, changing: Changing):
        changing.run(lambda request: CLIENTS["edit"](request.oauth2.clients))
        assert [client.client_name for client in changing.results] == ["New", "New"]
        assert changing.server.service.clients.get("robot").client_name == "New"
        assert [event.redelivered for event in changing.heard] == [False, True]

    def test_a_call_that_the_view_called_again(
        self, changing: Changing, monkeypatch: pytest.MonkeyPatch
    ):
        fail_once(monkeypatch, ClientRegistry, "_get")
        changing.run(persistent(lambda request: CLIENTS["edit"](request.oauth2.clients)))
        assert [event.redelivered for event in changing.heard] == [False, True]
        assert changing.server.service.clients.get("robot").client_name == "New"

    def test_an_event_about_another_client_was_not_delivered_before(self, changing: Changing):
        """Of the first client, whose id the server generated, there is nothing any more."""
        changing.run(lambda request: CLIENTS["add"](request.oauth2.clients))
        first, second = (registered.client.client_id for registered in changing.results)
        assert first != second
        assert [(event.client_id, event.redelivered) for event in changing.heard] == [
            (first, False),
            (second, False),
        ]
