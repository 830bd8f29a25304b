"""Self-service: a user's own clients, and no more than the ini allows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pyramid_oauth2 import Client

from . import host
from .client_pages import APPLICATIONS, BACK, ClientPages, names, words
from .flow import Flow

# What only an operator may say, as a form could.
OPERATORS = {
    "consent": "skip",
    "owner": "bob",
    "resource_server": "yes",
    "lifetimes": "30d",
    "client_secrets": "x",
    "epoch": "9",
    "disabled_at": "",
    "extra": "x",
}


def at_own(pages: ClientPages, user: str | None = "alice") -> ClientPages:
    return ClientPages(pages.server, APPLICATIONS, user)


@pytest.fixture
def own(pages: ClientPages) -> ClientPages:
    """Alice at her own clients."""
    return at_own(pages)


def edited(own: ClientPages, client: Client, **fields: Any) -> Any:
    """Send the whole form of a client with other values; the response of any status."""
    form = own.get("edit", client_id=client.client_id).form
    given: dict[str, Any] = {}
    for name, value in form.submit_fields():
        given.setdefault(name, []).append(value)
    return own.browser.post(form.action, {**given, **fields}, status="*")


class TestSigningIn:
    def test_nobody_goes_to_the_login_and_back(self, pages: ClientPages):
        nobody = at_own(pages, None)
        answer = nobody.get("client", 303, client_id="robot")
        assert answer.location == (
            "http://localhost/login?next=%2Foauth2%2Fapplications%2Fclient%3Fclient_id%3Drobot"
        )
        assert nobody.get("", 303).location.endswith("?next=%2Foauth2%2Fapplications")

    def test_without_a_login_route_the_application_is_asked(self, start_pages: Any):
        pages = start_pages(login_route="")
        assert at_own(pages, None).get(status=302).location == "http://localhost/login"

    def test_a_deactivated_user_is_nobody(self, start_pages: Callable[..., ClientPages]):
        class Users(host.Users):
            def is_active(self, subject: str) -> bool:
                return subject != "alice"

        pages = start_pages(lambda config: config.set_oauth2_resource_owners(Users()))
        # The application's forbidden view, and no login that sends back for ever.
        assert at_own(pages).get(status=302).location == "http://localhost/login"
        at_own(pages, "bob").get(status=200)


class TestOwnClientsOnly:
    @pytest.fixture
    def bobs(self, pages: ClientPages) -> Client:
        return at_own(pages, "bob").registered("web", client_name="Bob's")

    def test_a_client_belongs_to_who_registered_it(self, own: ClientPages, bobs: Client):
        mine = own.registered("web", client_name="Mine")
        assert (mine.owner, bobs.owner) == ("alice", "bob")
        assert names(own.get()) == ["Mine"]
        assert names(own.get(q="Bob")) == []
        assert names(own.get(q=bobs.client_id)) == []

    @pytest.mark.parametrize("whose", ["bob's", "nobody's"])
    def test_those_of_others_are_not_there(self, own: ClientPages, bobs: Client, whose: str):
        client_id = bobs.client_id if whose == "bob's" else "robot"
        before = own.client(client_id)
        for page in ("client", "edit", "secret", "withdraw", "delete"):
            shown = own.get(page, 404, client_id=client_id)
            assert "There is no such client" in words(shown)
            assert "Bob" not in shown.text
        for page in ("edit", "secret", "secret-earlier", "withdraw", "delete"):
            name = before.client_name or client_id
            answer = own.post(page, client_id, version="0", overlap="now", name=name)
            assert answer.status_int == 404
        assert own.client(client_id) == before

    @pytest.mark.parametrize("whose", ["bob's", "nobody's any more"])
    def test_nor_are_they_where_a_form_takes_their_client_id(
        self, own: ClientPages, bobs: Client, whose: str
    ):
        if whose != "bob's":
            own.server.service.clients.delete(bobs.client_id)
        form = own.get("register", kind="web").form
        form["client_id"].force_value(bobs.client_id)
        form["client_name"], form["redirect_uris"] = "Mine", BACK
        form.fields["scope"][0].checked = True
        answer = form.submit(status=404)
        assert "There is no such client" in words(answer)
        assert not answer.html.main("a")
        assert names(own.get()) == []

    def test_whom_an_operator_stopped_stays_so(self, pages: ClientPages, own: ClientPages):
        mine = own.registered("web")
        pages.server.service.clients.disable(mine.client_id)
        assert "Enable" not in own.get("client", client_id=mine.client_id)
        for page in ("disable", "enable"):
            own.get(page, 404, client_id=mine.client_id)
            assert own.post(page, mine.client_id).status_int == 404
        assert own.client(mine.client_id).disabled_at is not None

    def test_a_form_of_another_version_changes_nothing(self, pages: ClientPages, own: ClientPages):
        """Also where its sender guesses the version that an operator's change leads to."""
        mine = own.registered("web")
        pages.server.service.clients.edit(mine.client_id, client_name="As the operator has it")
        for version in (0, 2):
            answer = own.post("secret", mine.client_id, version=str(version), overlap="now")
            assert answer.status_int == 409
        assert own.client(mine.client_id).client_secrets == mine.client_secrets

    def test_a_client_that_an_operator_trusts_is_not_widened_in_that_trust(
        self, pages: ClientPages, own: ClientPages
    ):
        mine = own.registered("web")
        trusted = {"consent": "skip", "require_pkce": False}
        pages.server.service.clients.edit(mine.client_id, **trusted)
        form = own.get("edit", client_id=mine.client_id).form
        form["client_name"] = "Another name"
        form.submit(status=303)
        assert own.client(mine.client_id).consent == "skip"
        form = own.get("edit", client_id=mine.client_id).form
        form["redirect_uris"] = "https://client.example/back\nhttps://evil.example/"
        form.submit(status=303)
        edited = own.client(mine.client_id)
        assert (edited.consent, edited.require_pkce) == ("remember", True)

    def test_who_must_be_asked_each_time_still_is(self, pages: ClientPages, own: ClientPages):
        mine = own.registered("web")
        pages.server.service.clients.edit(mine.client_id, consent="ask")
        form = own.get("edit", client_id=mine.client_id).form
        form["redirect_uris"] = "https://client.example/back\nhttps://client.example/two"
        form.submit(status=303)
        assert own.client(mine.client_id).consent == "ask"

    def test_a_client_that_an_operator_stopped_stays_as_it_is(
        self, pages: ClientPages, own: ClientPages
    ):
        """What is known of it is neither erased nor overwritten by its owner."""
        mine = own.registered("web")
        pages.server.service.clients.rotate_secret(mine.client_id, 86400)
        names_of_pages = ("edit", "secret", "secret-earlier", "delete")
        forms = [own.get(page, client_id=mine.client_id).form for page in names_of_pages]
        pages.server.service.clients.disable(mine.client_id)
        before = own.client(mine.client_id)
        shown = own.get("client", client_id=mine.client_id)
        links = {link["href"].rpartition("/")[2].partition("?")[0] for link in shown.html("a")}
        assert not links & set(names_of_pages)
        for page, form in zip(names_of_pages, forms, strict=True):
            assert "This client was disabled" in words(own.get(page, 403, client_id=mine.client_id))
            form["version"].force_value(str(before.version))
            form.submit(status=403)
            form["version"].force_value("0")
            form.submit(status=403)
        assert own.client(mine.client_id) == before
        withdrawn = shown.click("Revoke all its tokens").form.submit(status=303).follow()
        assert "All tokens of the client have ended." in words(withdrawn)

    def test_but_an_operator_may_change_it(self, pages: ClientPages, own: ClientPages):
        mine = own.registered("web")
        pages.server.service.clients.disable(mine.client_id)
        pages.get("edit", client_id=mine.client_id).form.submit(status=303)
        pages.get("secret", client_id=mine.client_id).form.submit(status=200)
        form = {"name": mine.client_name, "version": own.version(mine.client_id)}
        assert pages.post("delete", mine.client_id, **form).status_int == 303

    def test_who_uses_a_client_is_not_its_developers_to_see(self, own: ClientPages):
        mine = own.registered("web")
        assert "What users allowed" not in own.get("client", client_id=mine.client_id)
        own.get("grants", 404, client_id=mine.client_id)

    def test_a_client_that_an_operator_takes_over_is_gone(
        self, pages: ClientPages, own: ClientPages
    ):
        mine = own.registered("web")
        form = own.get("edit", client_id=mine.client_id).form
        pages.server.service.clients.edit(mine.client_id, owner=None)
        form.submit(status=404)
        assert names(own.get()) == []


class TestTheWholeWay:
    def test_register_sign_somebody_in_rotate_and_delete(self, own: ClientPages):
        page = own.register("web")
        client_id = page.html.find("code", class_="copy").string
        own.server.secrets[client_id] = page.html.find(id="secret").string
        flow = Flow(own.server, client_id).log_in("bob")
        assert flow.tokens()["scope"] == "read"
        form = own.get("secret", client_id=client_id).form
        form["overlap"] = "now"
        old = own.server.secrets[client_id]
        own.server.secrets[client_id] = form.submit().html.find(id="secret").string
        code = flow.code(prompt="consent")
        assert own.server.secrets[client_id] != old
        assert flow.redeem(code).status_int == 200
        page = own.get("delete", client_id=client_id)
        page.form["name"] = "Nightly"
        page.form.submit(status=303)
        assert names(own.get()) == []


class TestLimits:
    @pytest.mark.parametrize(
        ("changes", "application_types"),
        [
            ({}, ["web", "single-page", "native"]),
            ({"self_service__grant_types": "client_credentials"}, ["machine"]),
            ({"self_service__grant_types": "password"}, []),
            ({"grant_types": "client_credentials"}, []),
        ],
    )
    def test_the_application_types_that_can_be_registered(
        self,
        start_pages: Callable[..., ClientPages],
        changes: dict[str, str],
        application_types: list[str],
    ):
        page = at_own(start_pages(**changes)).get("register")
        links = [item.a["href"].rpartition("=")[2] for item in page.html.select(".records > li")]
        assert links == application_types

    @pytest.mark.parametrize("application_type", ["machine", "api", "", "x"])
    def test_an_application_type_that_is_not_offered(self, own: ClientPages, application_type: str):
        form = {"client_name": "x", "client_id": "a" * 24, "scope": "read"}
        field = {"oauth2_browser_token": own.token}
        answer = own.browser.post(
            own.url("register", kind=application_type), form | field, status="*"
        )
        assert answer.status_int == 400
        assert names(own.get()) == []

    def test_a_client_id_of_ones_own_choice(self, own: ClientPages):
        for client_id in ("google", "", "a" * 25, "robot"):
            form = own.get("register", kind="web").form
            form["client_name"], form["redirect_uris"] = "x", BACK
            form["client_id"].force_value(client_id)
            form.submit(status=400)
        assert names(own.get()) == []

    def test_grant_types_without_refresh(self, start_pages: Callable[..., ClientPages]):
        own = at_own(start_pages(self_service__grant_types="authorization_code"))
        assert own.registered("web").grant_types == ("authorization_code",)

    def test_scopes_beyond_the_limit(self, start_pages: Callable[..., ClientPages]):
        own = at_own(start_pages(self_service__scopes="read"))
        form = own.get("register", kind="web").form
        assert [box._value for box in form.fields["scope"]] == ["read"]
        form["client_name"], form["redirect_uris"] = "x", BACK
        answer = own.browser.post(
            form.action, [*form.submit_fields(), ("scope", "write")], status=422
        )
        assert "you cannot choose write here" in words(answer)
        mine = own.registered("web")
        for field in ("scope", "optional_scope"):
            assert edited(own, mine, **{field: ["read", "write"]}).status_int == 422
        assert own.client(mine.client_id) == mine

    def test_grant_types_beyond_the_limit(self, own: ClientPages):
        mine = own.registered("web")
        answer = edited(own, mine, grant_types=["authorization_code", "client_credentials"])
        assert "you cannot choose client_credentials here" in words(answer)
        assert own.client(mine.client_id) == mine


class TestWhatOnlyAnOperatorSays:
    def test_a_form_made_by_hand(self, own: ClientPages):
        mine = own.registered("web")
        assert not own.get("edit", client_id=mine.client_id).form.fields.keys() & OPERATORS.keys()
        assert edited(own, mine, client_name="Other", **OPERATORS).status_int == 303
        changed = own.client(mine.client_id)
        for name in (*OPERATORS, "require_pkce"):
            assert getattr(changed, name) == getattr(mine, name), name
        assert changed.client_name == "Other"

    def test_registering_by_hand(self, own: ClientPages):
        form = own.get("register", kind="web").form
        form["client_name"], form["redirect_uris"] = "x", BACK
        form.fields["scope"][0].checked = True
        by_hand = [*form.submit_fields(), *OPERATORS.items(), ("grant_types", "password")]
        own.browser.post(form.action, by_hand, status=200)
        (mine,) = own.server.service.clients.search(owner="alice").items
        assert mine.grant_types == ("authorization_code", "refresh_token")
        assert (mine.consent, mine.require_pkce, mine.resource_server) == ("remember", True, False)
        assert (mine.lifetimes, mine.extra, mine.epoch) == ({}, {}, 0)

    def test_what_the_operator_gave_is_kept(self, start_pages: Callable[..., ClientPages]):
        own = at_own(start_pages(self_service__scopes="read"))
        mine = own.registered("web")
        given = {
            "grant_types": ("authorization_code", "client_credentials", "refresh_token"),
            "scope": frozenset({"read", "write"}),
            "optional_scope": frozenset({"write"}),
            "consent": "skip",
            "require_pkce": False,
            "resource_server": True,
            "lifetimes": {"access_token": 60},
        }
        own.server.service.clients.edit(mine.client_id, **given)
        page = own.get("edit", client_id=mine.client_id)
        assert "Given by the operator, and kept: client_credentials" in words(page)
        page.form["client_name"] = "Other"
        for box in (*page.form.fields["grant_types"], *page.form.fields["scope"]):
            box.checked = box._value == "authorization_code"
        page.form.submit(status=303)
        changed = own.client(mine.client_id)
        assert changed.client_name == "Other"
        assert set(changed.grant_types) == {"authorization_code", "client_credentials"}
        assert changed.scope == {"write"}
        for name in ("optional_scope", "consent", "require_pkce", "resource_server", "lifetimes"):
            assert getattr(changed, name) == given[name], name

    def test_nor_does_it_make_a_form_that_is_sent_twice_another_one(
        self, start_pages: Callable[..., ClientPages]
    ):
        own = at_own(
            start_pages(self_service__scopes="read", self_service__grant_types="authorization_code")
        )
        mine = own.registered("web")
        given = {
            "grant_types": ("refresh_token", "authorization_code"),
            "scope": frozenset({"read", "write"}),
        }
        own.server.service.clients.edit(mine.client_id, **given)
        form = own.get("edit", client_id=mine.client_id).form
        form["client_name"] = "Other"
        first = form.submit(status=303)
        assert form.submit(status=303).location == first.location
        form["client_name"] = "A third"
        form.submit(status=409)


def test_neither_place_is_there_by_default(build: Callable[..., Any]):
    pages = ClientPages(build(host.pages))
    for path in ("/oauth2/admin/clients", APPLICATIONS):
        pages.browser.get(path, status=404)
