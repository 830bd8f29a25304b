"""Fields that an application adds to the metadata of clients, with one directive each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationConflictError, ConfigurationError
from pyramid.i18n import TranslationStringFactory

from pyramid_oauth2 import Client, ClientField, InvalidClientMetadata
from pyramid_oauth2.protocol.clients.codecs import Codec
from pyramid_oauth2.protocol.clients.field import ALL, Control, Option
from pyramid_oauth2.protocol.clients.registry import ClientRegistry

from .client_pages import ADMIN, APPLICATIONS, ClientPages, words
from .server import Server

EVIL = '"><script>alert(1)</script>'
_ = TranslationStringFactory("pyramid_oauth2")


def even(server: Any, number: str | None) -> Iterator[str]:
    """The rule of the application's field."""
    if number is not None and not number.endswith(("0", "2", ">")):
        yield "a customer number is even"


CUSTOMER = ClientField(
    "customer_number",
    Codec.OPTIONAL_TEXT,
    "The customer that the client belongs to.",
    rule=even,
    control=Control("line", "Customer <number>", "As on the bill."),
    option=Option("--customer-number"),
)
TEAMS = ClientField(
    "teams",
    Codec.TEXTS,
    "Who works on the client.",
    (),
    set_by=ALL,
    control=Control("lines", "Teams"),
    most=2,
)
TESTED = ClientField(
    "tested", Codec.BOOLEAN, "Whether it was tested.", False, control=Control("switch", "Tested")
)
PLAN = ClientField(
    "plan",
    Codec.TEXT,
    "What is paid for.",
    "free",
    control=Control("choice", _("Consent"), choices=(("free", "Free"), ("gold", "Gold & more"))),
)
SEATS = ClientField(
    "seats", Codec.INTEGER, "How many users it has.", 5, control=Control("line", "Seats")
)


def fields(config: Any) -> None:
    for field in (CUSTOMER, TEAMS, TESTED, PLAN, SEATS):
        config.add_oauth2_client_field(field)


@pytest.fixture
def pages(start_pages: Callable[..., ClientPages]) -> ClientPages:
    return start_pages(fields)


def edited(pages: ClientPages, client_id: str, status: int = 303, **values: Any) -> Any:
    form = pages.get("edit", client_id=client_id).form
    for name, value in values.items():
        if name == "plan":
            form[name].force_value(value)
        else:
            form[name] = value
    return form.submit(status=status)


class TestTheRecord:
    def test_a_value_is_in_extra(self, pages: ClientPages):
        clients = pages.server.service.clients
        registered = clients.add(
            client_name="X", grant_types=("client_credentials",), customer_number="10", teams=("a",)
        )
        client = clients.get(registered.client.client_id)
        assert client.extra == {"customer_number": "10", "teams": ["a"]}
        changed = clients.edit(client.client_id, customer_number=None)
        assert changed.extra == {"teams": ["a"]}
        assert clients.get(client.client_id) == changed

    def test_what_is_there_already_stays(self, pages: ClientPages):
        client = pages.server.register("x", extra={"other": [1, None]})
        clients = pages.server.service.clients
        assert clients.edit(client.client_id, seats=7).extra == {"other": [1, None], "seats": 7}
        assert clients.edit(client.client_id, seats=5).extra == {"other": [1, None]}

    @pytest.mark.parametrize(
        ("metadata", "problem"),
        [
            ({"customer_number": "7"}, "a customer number is even"),
            ({"customer_number": 7}, "a text is needed"),
            ({"teams": ("a", "b", "c")}, "not more than 2"),
            ({"extra": {"customer_number": "7"}}, "a customer number is even"),
        ],
    )
    def test_a_rule_is_broken(self, pages: ClientPages, metadata: dict[str, Any], problem: str):
        clients = pages.server.service.clients
        with pytest.raises(InvalidClientMetadata, match=problem):
            clients.add(grant_types=("client_credentials",), **metadata)
        with pytest.raises(InvalidClientMetadata, match=problem):
            clients.edit("robot", **metadata)
        assert clients.get("robot").extra == {}

    def test_a_name_that_is_not_added_is_no_field(self, pages: ClientPages):
        with pytest.raises(InvalidClientMetadata, match="this cannot be changed"):
            pages.server.service.clients.edit("robot", unknown="x")


class TestThePage:
    def test_a_value_is_set_shown_and_removed(self, pages: ClientPages):
        client_id = pages.registered().client_id
        values = {"customer_number": "10", "teams": "a\nb", "tested": True, "plan": "gold"}
        page = edited(pages, client_id, seats="9", **values).follow()
        assert "The changes are saved." in words(page)
        assert pages.client(client_id).extra == {
            **{"customer_number": "10", "teams": ["a", "b"], "tested": True},
            **{"plan": "gold", "seats": 9},
        }
        assert "Customer <number> 10" in words(page)
        assert "Teams a b" in words(page)
        assert "Tested ✓" in words(page)
        before = pages.client(client_id)
        edited(pages, client_id)
        assert pages.client(client_id) == before
        removed = {"customer_number": "", "teams": "", "tested": False, "plan": "free"}
        edited(pages, client_id, seats="5", **removed)
        assert pages.client(client_id).extra == {}

    def test_a_value_that_is_no_choice_any_more_stays(self, pages: ClientPages):
        client = replace(pages.registered(), client_id="x", extra={"plan": "platinum"})
        pages.server.service.server.clients.add(client)
        page = pages.get("edit", client_id="x")
        (chosen,) = page.html.find(id="plan").select("option[selected]")
        assert chosen.string == "platinum"
        page.form["client_name"] = "Another name"
        page.form.submit(status=303)
        changed = pages.client("x")
        assert (changed.client_name, changed.extra) == ("Another name", client.extra)

    def test_a_number_that_code_accepts_can_be_edited(self, pages: ClientPages):
        client_id = pages.registered().client_id
        pages.server.service.clients.edit(client_id, seats=4_000_123_412_341_234)
        edited(pages, client_id, client_name="Another name")
        assert pages.client(client_id).extra == {"seats": 4_000_123_412_341_234}
        page = edited(pages, client_id, 422, seats="9" * 16)
        assert "seats" in page.html.select_one("[aria-invalid=true]")["name"]

    def test_its_words(self, pages: ClientPages):
        page = pages.get("edit", client_id=pages.registered().client_id)
        assert page.html.find("label", attrs={"for": "customer_number"}).string == (
            "Customer <number>"
        )
        assert page.html.find(id="customer_number-hint").string == "As on the bill."
        choices = page.html.find(id="plan").select("option")
        assert [choice.string for choice in choices] == ["Free", "Gold & more"]

    @pytest.mark.parametrize(
        ("field", "value", "problem"),
        [
            ("customer_number", "7", "a customer number is even"),
            ("customer_number", "<7>7", "a customer number is even"),
            ("plan", "platinum", "choose one of free, gold"),
            ("seats", "-1", "write a whole number"),
            ("seats", "", "write a whole number"),
            ("teams", "a\nb\nc", "there are 3, and not more than 2 are allowed"),
        ],
    )
    def test_a_mistake(self, pages: ClientPages, field: str, value: str, problem: str):
        client = pages.registered()
        page = edited(pages, client.client_id, 422, **{field: value})
        assert page.html.find(id=f"{field}-problem").string == problem
        if field != "plan":
            assert page.form[field].value.splitlines() == value.splitlines()
        assert page.html.select_one(".problems a")["href"] == f"#{field}"
        assert pages.client(client.client_id) == client

    def test_it_is_escaped(self, pages: ClientPages):
        client_id = pages.registered().client_id
        page = edited(pages, client_id, customer_number=EVIL, teams=EVIL).follow()
        for shown in (page, pages.get("edit", client_id=client_id)):
            assert not shown.html.find("script")
            assert EVIL not in shown.text
        assert pages.get("edit", client_id=client_id).form["customer_number"].value == EVIL

    def test_a_user_sets_only_what_the_field_allows(self, pages: ClientPages):
        own = ClientPages(pages.server, APPLICATIONS)
        client_id = own.registered().client_id
        pages.server.service.clients.edit(client_id, customer_number="10")
        form = own.get("edit", client_id=client_id).form
        assert "customer_number" not in form.fields
        form["teams"] = "a"
        forged = [*form.submit_fields(), ("customer_number", "12")]
        own.browser.post(form.action, forged, status=303)
        assert pages.client(client_id).extra == {"customer_number": "10", "teams": ["a"]}
        assert "Customer" not in words(own.get("client", client_id=client_id))

    def test_a_value_older_than_its_field_can_be_mended(self, pages: ClientPages):
        client_id = pages.registered().client_id
        stored = pages.server.service.server.clients
        assert stored.edit(client_id, 0, {"extra": {"teams": {"no": "list"}, "seats": "x"}})
        pages.get("client", client_id=client_id)
        edited(pages, client_id, teams="a")
        assert pages.client(client_id).extra == {"teams": ["a"]}

    def test_a_label_is_translated(self, start_pages: Callable[..., ClientPages]):
        pages = start_pages(
            fields, lambda config: config.set_locale_negotiator(lambda request: "de")
        )
        page = pages.get("edit", client_id=pages.registered().client_id)
        assert page.html.find("label", attrs={"for": "plan"}).string == "Zustimmung"


def test_without_the_directive_nothing_of_it_is_there(
    start_pages: Callable[..., ClientPages],
):
    pages = start_pages()
    client = pages.server.register("x", extra={"customer_number": "7"})
    page = pages.get("edit", client_id=client.client_id)
    assert "customer_number" not in page.form.fields
    page.form.submit(status=303)
    assert pages.client("x").extra == {"customer_number": "7"}
    assert pages.root == ADMIN


class TestTheDirective:
    @pytest.fixture
    def config(self) -> Configurator:
        settings = {"oauth2.issuer": "http://localhost", "oauth2.backend": "memory"}
        config = Configurator(settings=settings)
        config.include("pyramid_oauth2")
        return config

    def test_two_of_the_same_name(self, config: Configurator):
        config.add_oauth2_client_field(CUSTOMER)
        config.add_oauth2_client_field(ClientField("customer_number", Codec.TEXT, "Another.", ""))
        with pytest.raises(ConfigurationConflictError, match="client field"):
            config.commit()

    def test_two_with_the_same_option(self, config: Configurator):
        config.add_oauth2_client_field(CUSTOMER)
        other = ClientField("other", Codec.TEXT, "O.", "", option=Option("--customer-number"))
        config.add_oauth2_client_field(other)
        with pytest.raises(ConfigurationConflictError, match="client field option"):
            config.commit()

    def test_an_application_overrides_what_it_includes(self, config: Configurator):
        config.include(lambda config: config.add_oauth2_client_field(CUSTOMER))
        mine = ClientField("customer_number", Codec.INTEGER, "My own.", 0)
        config.add_oauth2_client_field(mine)
        config.commit()
        name = ("oauth2", "client field", "customer_number")
        assert config.introspector.get("oauth2", name)["value"] is mine

    @pytest.mark.parametrize(
        "name", ["client_name", "client_id", "version", "extra", "client_secret", "tos_uri"]
    )
    def test_a_name_that_every_client_has(self, config: Configurator, name: str):
        with pytest.raises(ConfigurationError, match="already"):
            config.add_oauth2_client_field(ClientField(name, Codec.TEXT, "Mine."))

    @pytest.mark.parametrize("flag", ["--logo-uri", "--no-pkce", "--json", "--client-id", "--kind"])
    def test_an_option_that_is_there(self, config: Configurator, flag: str):
        field = ClientField("customer", Codec.TEXT, "Mine.", option=Option(flag))
        with pytest.raises(ConfigurationError, match="already"):
            config.add_oauth2_client_field(field)

    @pytest.mark.parametrize(
        ("field", "words"),
        [
            (
                ClientField("teams", Codec.TEXTS, "T.", (), control=Control("ticks", "Teams")),
                "teams: .* ticks .* Use lines",
            ),
            (
                ClientField("powers", Codec.SCOPE, "", frozenset(), control=Control("ticks", "")),
                "powers: .* ticks",
            ),
            (
                ClientField("plan", Codec.TEXT, "P.", "free", control=Control("choice", "Plan")),
                "plan: .* choice needs choices=",
            ),
        ],
        ids=lambda value: getattr(value, "name", ""),
    )
    def test_a_control_whose_choices_no_page_has(
        self, config: Configurator, field: ClientField, words: str
    ):
        with pytest.raises(ConfigurationError, match=words):
            config.add_oauth2_client_field(field)


def test_a_server_knows_all_fields(build: Callable[..., Server]):
    known = build(fields).service.server.client_fields
    assert known["customer_number"] is CUSTOMER
    assert "client_name" in known


def seats_of_gold(server: Any, client: Client) -> Iterator[str]:
    """A rule across fields of the application."""
    if client.extra.get("plan") == "gold" and client.extra.get("seats", 5) < 10:
        yield "gold has ten seats at least"


class TestARuleAcrossFields:
    @pytest.fixture
    def clients(self, build: Callable[..., Server]) -> ClientRegistry:
        def configure(config: Any) -> None:
            config.add_oauth2_client_field(PLAN)
            config.add_oauth2_client_field(replace(SEATS, client_rule=seats_of_gold))

        return build(configure).service.clients

    def test_it_is_checked(self, clients: ClientRegistry) -> None:
        with pytest.raises(InvalidClientMetadata, match="seats: gold has ten seats at least"):
            clients.edit("robot", plan="gold")
        with pytest.raises(InvalidClientMetadata, match="ten seats"):
            clients.edit("robot", plan="gold", seats=9)
        assert clients.edit("robot", plan="gold", seats=10).extra == {"plan": "gold", "seats": 10}

    def test_a_value_that_is_wrong_already_takes_it_not_away(self, clients: ClientRegistry) -> None:
        robot = clients.get("robot")
        wrong = replace(robot, client_id="wrong", extra={"plan": "silver"})
        assert clients._store.import_([wrong]) == 1
        assert clients.edit("wrong", client_name="W").client_name == "W"
        assert clients.edit("wrong", seats=7).extra == {"plan": "silver", "seats": 7}
        with pytest.raises(InvalidClientMetadata, match="plan: choose one of free, gold"):
            clients.edit("wrong", plan="bronze")
        with pytest.raises(InvalidClientMetadata, match="ten seats"):
            clients.edit("wrong", plan="gold")

    def test_it_sees_no_value_of_another_form(self, clients: ClientRegistry) -> None:
        client = replace(clients.get("robot"), client_id="x", client_secrets=())
        client = replace(client, extra={"plan": "gold", "seats": "nine"})
        with pytest.raises(InvalidClientMetadata, match="seats: a whole number is needed"):
            clients.restore(client)
