"""What an application or an extension can add and override, and the errors it gets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationConflictError, ConfigurationError
from zope.interface import implementer

from pyramid_oauth2 import OAuth2Error, Parameter, get_service
from pyramid_oauth2.interfaces import IGrantType
from pyramid_oauth2.protocol.access import Access
from pyramid_oauth2.protocol.token.issuance import Issuance, Open

from . import host
from .errors import assert_error
from .server import Server

EMAIL = "urn:example:magic-link"


class UnknownLink(OAuth2Error):
    """An error of an extension."""

    code, status = "invalid_grant", 400


@implementer(IGrantType)
class MagicLink:
    """A grant type as an application would write it: a link that was sent by mail."""

    parameters = (Parameter("link", required=True),)

    def __init__(self, server: Any, settings: Any) -> None:
        pass

    def validate(self, request: Any) -> Issuance:
        if request.parameters["link"] != "https://mail.example/bob":
            raise UnknownLink("The link is unknown.")
        return Issuance(Access(request.client.scope), Open("bob"))


class TestGrantTypeOfTheApplicationsOwn:
    @pytest.fixture
    def server(self, build: Callable[..., Server]) -> Server:
        server = build(
            host.pages,
            lambda config: config.add_oauth2_grant_type(EMAIL, MagicLink),
            changes={"oauth2.grant_types": f"client_credentials {EMAIL}"},
        )
        server.register("mailer", grant_types=(EMAIL,))
        return server

    def ask(self, server: Server, **form: str) -> Any:
        return server.post({"grant_type": EMAIL, **form}, server.login("mailer"))

    def test_it_issues(self, server: Server):
        answer = self.ask(server, link="https://mail.example/bob")
        headers = {"Authorization": f"Bearer {answer.json['access_token']}"}
        assert server.get("/read", headers).text == "bob"

    def test_it_refuses(self, server: Server):
        assert_error(self.ask(server, link="https://mail.example/eve"), 400, "invalid_grant")

    def test_its_parameters_are_checked(self, server: Server):
        answer = self.ask(server)
        assert_error(answer, 400, "invalid_request")
        assert "link" in answer.json["error_description"]

    def test_metadata_has_it(self, server: Server):
        document = server.get("/.well-known/oauth-authorization-server").json
        assert document["grant_types_supported"] == ["client_credentials", EMAIL]

    def test_other_clients_may_not_use_it(self, server: Server):
        answer = server.post({"grant_type": EMAIL, "link": "x"}, server.login())
        assert_error(answer, 400, "unauthorized_client")


@pytest.mark.parametrize(
    "say",
    [
        lambda config: config.add_oauth2_scope("admin", "Manage"),
        lambda config: config.add_oauth2_grant_type("x", MagicLink),
        lambda config: config.add_oauth2_client_authentication("x", lambda server, settings: None),
        lambda config: config.add_oauth2_backend("x", lambda settings: None),
        lambda config: config.add_oauth2_settings("x"),
        lambda config: config.set_oauth2_resource_owners(host.Users()),
        lambda config: config.set_oauth2_engine(object()),
    ],
    ids=["scope", "grant type", "authentication", "backend", "settings", "owners", "engine"],
)
def test_two_that_contradict_each_other_are_a_conflict(
    settings: dict[str, Any], say: Callable[[Any], None]
):
    config = Configurator(settings=settings)
    config.include("pyramid_oauth2")
    say(config)
    say(config)
    with pytest.raises(ConfigurationConflictError):
        config.commit()


def test_the_applications_word_counts_more_than_the_ini(build: Callable[..., Server]):
    server = build(lambda config: config.add_oauth2_scope("read", "Read everything"))
    assert server.service.server.scopes["read"].description == "Read everything"


def test_the_applications_word_counts_more_than_ours(build: Callable[..., Server]):
    mine = MagicLink
    server = build(lambda config: config.add_oauth2_grant_type("client_credentials", mine))
    assert isinstance(server.service.server.plug_ins.grant_types["client_credentials"], mine)


def test_a_dotted_name_will_do(build: Callable[..., Server]):
    name = f"{__name__}.MagicLink"
    server = build(
        lambda config: config.add_oauth2_grant_type("password", name),
    )
    assert isinstance(server.service.server.plug_ins.grant_types["password"], MagicLink)


def test_what_is_no_factory_is_refused(build: Callable[..., Server]):
    with pytest.raises(ConfigurationError, match=r"'x' must be a factory: .* an IGrantType"):
        build(lambda config: config.add_oauth2_grant_type("x", MagicLink(None, None)))


def test_everything_is_shown_by_introspection(build: Callable[..., Server]):
    introspector = build().registry.introspector
    shown = {
        (item["introspectable"].type_name, item["introspectable"].title)
        for item in introspector.get_category("oauth2")
    }
    assert {
        ("oauth2 scope", "read"),
        ("oauth2 grant type", "client_credentials"),
        ("oauth2 grant type", "password"),
        ("oauth2 client authentication", "client_secret_basic"),
        ("oauth2 settings prefix", "sqlalchemy"),
        ("oauth2 resource owners", "resource owners"),
    } <= shown


def test_routes_are_named_after_us(build: Callable[..., Server]):
    routes = build().registry.introspector.get_category("routes")
    names = {item["introspectable"]["name"] for item in routes}
    assert {"oauth2.token", "oauth2.access_token", "oauth2.metadata"} <= names


@pytest.mark.parametrize("name", ["", "a b", 'a"b', "a\\b", "é"])
def test_a_scope_that_cannot_be_one(settings: dict[str, Any], name: str):
    """RFC 6749 section 3.3."""
    config = Configurator(settings=settings)
    config.include("pyramid_oauth2")
    with pytest.raises(ConfigurationError, match="cannot be a scope"):
        config.add_oauth2_scope(name, "x")


def test_a_scope_that_says_nothing_to_the_user(settings: dict[str, Any]):
    config = Configurator(settings=settings)
    config.include("pyramid_oauth2")
    with pytest.raises(ConfigurationError, match="users read it"):
        config.add_oauth2_scope("admin", "")


def test_owners_that_know_nothing(settings: dict[str, Any]):
    config = Configurator(settings=settings)
    config.include("pyramid_oauth2")
    with pytest.raises(ConfigurationError, match="IResourceOwners"):
        config.set_oauth2_resource_owners(object())


def test_owners_that_are_a_class(settings: dict[str, Any]):
    config = Configurator(settings=settings)
    config.include("pyramid_oauth2")
    for users in (host.Users, f"{host.__name__}.Users"):
        with pytest.raises(ConfigurationError, match="is a class: pass an object"):
            config.set_oauth2_resource_owners(users)


class TestSettingsOfAnExtension:
    def test_a_declared_key(self, build: Callable[..., Server]):
        server = build(
            lambda config: config.add_oauth2_settings("mail", ["sender"]),
            changes={"oauth2.mail.sender": "auth@example.com"},
        )
        assert server.service.settings.section("mail") == {"sender": "auth@example.com"}

    def test_an_undeclared_key(self, build: Callable[..., Server]):
        with pytest.raises(ConfigurationError, match=r"Did you mean oauth2\.mail\.sender"):
            build(
                lambda config: config.add_oauth2_settings("mail", ["sender"]),
                changes={"oauth2.mail.sendr": "auth@example.com"},
            )

    def test_a_prefix_that_passes_everything(self, build: Callable[..., Server]):
        server = build(
            lambda config: config.add_oauth2_settings("mail"), changes={"oauth2.mail.a.b": "c"}
        )
        assert server.service.settings.section("mail") == {"a.b": "c"}


@pytest.mark.parametrize("first", [True, False])
def test_a_plug_in_may_be_included_first(first: bool):
    """Its includeme begins with the directives, so the order of the includes does not matter."""

    def plug_in(config: Any) -> None:
        config.include("pyramid_oauth2.directives")
        config.add_oauth2_grant_type(EMAIL, MagicLink)
        config.add_oauth2_scope("tea", "Have some tea")

    config = Configurator(
        settings={
            "oauth2.issuer": "http://localhost",
            "oauth2.backend": "memory",
            "oauth2.grant_types": EMAIL,
        }
    )
    for included in (plug_in, "pyramid_oauth2") if first else ("pyramid_oauth2", plug_in):
        config.include(included)
    server = get_service(config.make_wsgi_app().registry).server
    assert server.grant_types == {EMAIL}
    assert server.known_scopes == {"tea"}


def test_parameters_that_can_be_read_once_only(build: Callable[..., Server]):
    """The checks of the start would read them, and no request would find one."""

    class Wrong(MagicLink):
        parameters = (Parameter(name) for name in ["link"])  # type: ignore[assignment]

    words = f"parameters of {EMAIL} can be read once only; write a tuple"
    with pytest.raises(ConfigurationError, match=words):
        build(
            lambda config: config.add_oauth2_grant_type(EMAIL, Wrong),
            changes={"oauth2.grant_types": EMAIL},
        )
