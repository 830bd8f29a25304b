"""Self-service: how many clients a user may have, and how many they may register in a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from webtest import TestResponse

from pyramid_oauth2.events import AttemptsThrottled
from pyramid_oauth2.protocol.records import StoreUnavailable

from .client_pages import APPLICATIONS, BACK, ClientPages, names, words
from .test_throttling import Time

DAY = 86400


def at_own(pages: ClientPages, user: str = "alice") -> ClientPages:
    return ClientPages(pages.server, APPLICATIONS, user)


@pytest.fixture
def own(pages: ClientPages) -> ClientPages:
    """Alice at her own clients, of which she may have three."""
    return at_own(pages)


def filled(own: ClientPages) -> Any:
    """The form of a client, ready to be sent."""
    form = own.get("register", kind="web").form
    form["client_name"], form["redirect_uris"] = "Late", BACK
    form.fields["scope"][0].checked = True
    return form


def test_a_user_who_is_deactivated_at_the_same_moment_owns_nothing(
    own: ClientPages, monkeypatch: pytest.MonkeyPatch
):
    """The account was deleted, and everything of it ended, before the client was added."""
    service = own.server.service
    form = filled(own)
    store = type(service.backends[service.settings.backend].clients)
    add = store.add

    def deleted_first(self: Any, client: Any) -> None:
        monkeypatch.setattr(
            service.owners._owners, "is_active", lambda subject: False, raising=False
        )
        service.users.forget("alice")
        add(self, client)

    monkeypatch.setattr(store, "add", deleted_first)
    form.submit(status=302)  # the forbidden view of the application
    assert owned(own) == []


def owned(own: ClientPages, user: str = "alice") -> list[str]:
    return [client.client_id for client in own.server.service.clients.search(owner=user).items]


class TestTheNumber:
    def test_no_more_clients_than_the_ini_says(self, own: ClientPages):
        late = filled(own)
        for _ in range(3):
            own.registered("web")
        assert "as many clients as you may have" in words(own.get("register", 403))
        assert "as many clients as you may have" in words(late.submit(status=403))
        assert len(names(own.get())) == 3
        mine = own.client(owned(own)[0])
        version = str(mine.version)
        own.post("delete", mine.client_id, name=mine.client_name, version=version)
        assert late.submit(status=200)

    def test_the_last_form_that_is_sent_twice_was_not_refused(self, own: ClientPages):
        """A double click: what the browser shows is the second answer."""
        own.registered("web")
        own.registered("web")
        last = filled(own)
        last.submit(status=200)
        answer = last.submit(status=409)
        assert "The client is registered, once" in words(answer)
        assert last["client_id"].value in answer.html.find("a", string="Go to the client")["href"]

    def test_an_operator_has_no_such_limit(self, pages: ClientPages):
        for _ in range(5):
            pages.registered("web")

    def test_nor_with_many_tabs_at_once(self, own: ClientPages):
        """One too many may be refused; none too many stays."""
        answers: list[int] = []
        own.registered("web")
        own.registered("web")

        def tab() -> None:
            form = filled(at_own(own))
            start.wait(30)
            answers.append(form.submit(status="*").status_int)

        start = threading.Barrier(6)
        threads = [threading.Thread(target=tab) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(answers) == 6
        assert len(owned(own)) == 2 + answers.count(200) <= 3

    def test_a_client_that_could_not_be_counted_does_not_stay(
        self, own: ClientPages, monkeypatch: pytest.MonkeyPatch
    ):
        form, service = filled(own), own.server.service
        clients = service.backends[service.settings.backend].clients
        search = clients.search

        def away_after_add(*arguments: Any) -> Any:
            if clients.get(form["client_id"].value):
                raise StoreUnavailable("no store today")
            return search(*arguments)

        with monkeypatch.context() as store:
            store.setattr(clients, "search", away_after_add)
            form.submit(status=503)
        assert owned(own) == []
        # Its client_id is never used again, and it is not said to be registered.
        assert "There is no such client" in words(form.submit(status=404))
        own.registered("web")


class TestTheTime:
    @pytest.fixture
    def own(self, start_pages: Callable[..., ClientPages]) -> ClientPages:
        """Alice, who may register three clients a day."""
        own = at_own(start_pages(throttle__registrations="3/day"))
        self.time = Time(own.server)
        return own

    def register_and_delete(self, own: ClientPages) -> TestResponse:
        answer = own.register("web")
        for client_id in owned(own):
            own.server.service.clients.delete(client_id)
        return answer

    def test_registering_and_deleting_in_a_loop_ends(self, own: ClientPages):
        answers = [self.register_and_delete(own) for _ in range(5)]
        assert [answer.status_int for answer in answers] == [200] * 3 + [429] * 2
        assert answers[-1].headers["Retry-After"] == str(DAY)
        assert "You have registered many clients in a short time" in words(answers[-1])
        assert "This one was not registered." in words(answers[-1])
        left = own.server.service.server.clients.export().items
        assert len([one for one in left if isinstance(one, str)]) == 3

    def test_again_when_the_time_is_over(self, own: ClientPages):
        for _ in range(4):
            self.register_and_delete(own)
        late = filled(own)
        late.submit(status=429)
        self.time.now += DAY
        late.submit(status=200)

    def test_it_is_each_users_own(self, own: ClientPages):
        for _ in range(4):
            self.register_and_delete(own)
        assert at_own(own, "bob").register("web").status_int == 200

    def test_an_operator_has_no_such_limit(self, own: ClientPages):
        pages = ClientPages(own.server)
        for _ in range(4):
            pages.registered("web")

    def test_a_form_with_a_mistake_is_not_counted(self, own: ClientPages):
        for _ in range(5):
            assert own.register("web", redirect_uris="").status_int == 422
        assert own.register("web").status_int == 200

    def test_subscribers_are_told(self, own: ClientPages):
        heard: list[AttemptsThrottled] = []
        own.server.hear(heard.append, AttemptsThrottled)
        for _ in range(5):
            self.register_and_delete(own)
        (event,) = heard
        assert (event.limit, event.client_id, event.subject) == ("registrations", None, "alice")

    def test_twenty_a_day_by_the_default(self, start_pages: Callable[..., ClientPages]):
        own = at_own(start_pages())
        Time(own.server)
        answers = [self.register_and_delete(own).status_int for _ in range(21)]
        assert answers == [200] * 20 + [429]
