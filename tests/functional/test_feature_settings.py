"""The settings of a feature: a class of its own, parsed and checked like the server's settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationConflictError, ConfigurationError

from pyramid_oauth2 import get_service
from pyramid_oauth2.extension import (
    REQUIRED,
    BadValue,
    Settings,
    boolean,
    lifetime,
    plain_text,
    setting,
    words,
)
from pyramid_oauth2.interfaces import ISettings
from pyramid_oauth2.settings import FeatureSettings

from . import host
from .server import Server


def colour(value: str) -> str:
    """``gold`` or ``silver``."""
    if value not in ("gold", "silver"):
        raise BadValue("write gold or silver")
    return value


@dataclass(frozen=True)
class BadgeSettings:
    """Badges."""

    enabled: bool = setting(boolean, False, "Whether there are badges.", key="")
    lifetime: int = setting(lifetime, 3600, "How long a badge is valid.")
    colours: frozenset[str] = setting(words, frozenset({"gold"}), "The colours.", key="of.colours")
    pepper: str = setting(plain_text, "", "What is mixed in.", secret=True)

    def contradictions(self, settings: Settings) -> Iterator[str]:
        if self.lifetime > settings.grant_lifetime:
            yield "oauth2.badges.lifetime is longer than oauth2.grant_lifetime."


@dataclass(frozen=True)
class StrictSettings:
    colour: str = setting(colour, REQUIRED, "The colour of badges.")
    number: int = setting(int, 1, "How many.", secret=True)


@dataclass(frozen=True)
class Overriding(BadgeSettings):
    lifetime: int = setting(lifetime, 7200, "How long a badge is valid.")


@pytest.fixture
def storage() -> dict[str, str]:
    """One store: what is tested here does not depend on it."""
    return {"oauth2.backend": "memory"}


def badges(config: Any) -> None:
    config.add_oauth2_settings("badges", BadgeSettings)


def strict(config: Any) -> None:
    config.add_oauth2_settings("strict", StrictSettings)


def prepared(settings: dict[str, Any], **more: Any) -> Configurator:
    config = Configurator(settings=settings, **more)
    config.include("pyramid_oauth2")
    config.include(host.users)
    return config


def parsed(config: Any) -> Settings:
    found: Settings = config.registry.getUtility(ISettings)
    return found


def mistakes_in(error: BaseException) -> list[str]:
    """The mistakes that stopped the start, without the place in which Pyramid found them."""
    text = str(error).partition("The oauth2.* settings are wrong:\n")[2]
    return [line.strip() for line in text.partition("\n  in:")[0].splitlines()]


def test_values_are_parsed(build: Callable[..., Server]):
    changes = {"oauth2.badges": "yes", "oauth2.badges.lifetime": "10m"}
    settings = build(badges, changes=changes).service.settings
    assert settings.of(BadgeSettings).lifetime == 600
    assert settings.of(BadgeSettings).enabled is True


def test_defaults(build: Callable[..., Server]):
    values = build(badges).service.settings.of(BadgeSettings)
    assert values == BadgeSettings()
    assert (values.lifetime, values.colours) == (3600, {"gold"})


def test_a_feature_reads_them_while_it_is_included(settings: dict[str, Any]):
    config = prepared({**settings, "oauth2.badges.lifetime": "1m"})
    badges(config)
    assert parsed(config).of(BadgeSettings).lifetime == 60


def test_a_factory_gets_them(build: Callable[..., Server]):
    found: list[int] = []

    class Member:
        names = ()

        def __init__(self, server: Any, settings: Settings) -> None:
            found.append(settings.of(BadgeSettings).lifetime)

        def members(self, issuing: Any) -> dict[str, Any]:
            return {}

    build(badges, lambda config: config.add_oauth2_token_response("badges", Member))
    assert found == [3600]


def test_a_class_that_is_not_declared(build: Callable[..., Server]):
    with pytest.raises(ConfigurationError, match="BadgeSettings are not declared"):
        build().service.settings.of(BadgeSettings)


def test_all_mistakes_are_reported_together_with_ours(build: Callable[..., Server]):
    changes = {
        "oauth2.client_cache": "soon",
        "oauth2.badges.lifetime": "long",
        "oauth2.badges.lifetme": "10m",
    }
    with pytest.raises(ConfigurationError) as caught:
        build(badges, strict, changes=changes)
    assert [line.split(":")[0] for line in mistakes_in(caught.value)] == [
        "oauth2.client_cache = 'soon'",
        "oauth2.badges.lifetime = 'long'",
        "oauth2.strict.colour is missing. The colour of badges.",
        "oauth2.badges.lifetme is not a setting. Did you mean oauth2.badges.lifetime?",
    ]


def test_a_misspelt_prefix(build: Callable[..., Server]):
    with pytest.raises(ConfigurationError, match=r"Did you mean oauth2\.badges\.lifetime\?"):
        build(badges, changes={"oauth2.badge.lifetime": "1m"})


def test_the_prefix_itself_is_no_key_unless_it_is_declared(build: Callable[..., Server]):
    changes = {"oauth2.strict": "true", "oauth2.strict.colour": "gold"}
    with pytest.raises(ConfigurationError, match=r"oauth2\.strict is not a setting"):
        build(strict, changes=changes)


def test_a_contradiction(build: Callable[..., Server]):
    with pytest.raises(ConfigurationError, match=r"longer than oauth2\.grant_lifetime"):
        build(badges, changes={"oauth2.badges.lifetime": "3d", "oauth2.grant_lifetime": "2d"})


def test_a_default_in_place_of_a_mistake_contradicts_nothing(build: Callable[..., Server]):
    changes = {"oauth2.badges.lifetime": "3d", "oauth2.grant_lifetime": "x"}
    with pytest.raises(ConfigurationError) as caught:
        build(badges, changes=changes)
    assert len(mistakes_in(caught.value)) == 1


def test_no_message_and_no_repr_contains_a_secret(build: Callable[..., Server]):
    changes = {"oauth2.strict.colour": "gold", "oauth2.strict.number": "hunter2"}
    with pytest.raises(ConfigurationError) as caught:
        build(strict, changes=changes)
    assert "oauth2.strict.number = ...: the value is not valid" in str(caught.value)
    assert "hunter2" not in str(caught.value)
    settings = build(badges, changes={"oauth2.badges.pepper": "hunter2"}).service.settings
    assert settings.of(BadgeSettings).pepper == "hunter2"
    shown = repr(settings) + repr(settings.features) + repr(settings.of(BadgeSettings))
    assert "hunter2" not in shown


def test_a_resource_server_has_them(settings: dict[str, Any]):
    mode = {
        "oauth2.mode": "resource_server",
        "oauth2.base_url": "https://api.example.com",
        "oauth2.introspection.url": "https://auth.example.com/introspect",
        "oauth2.introspection.client_id": "api",
        "oauth2.introspection.client_secret": "x",
        "oauth2.badges.lifetime": "1m",
    }
    config = prepared({"oauth2.issuer": "https://auth.example.com", **mode})
    badges(config)
    config.make_wsgi_app()
    assert parsed(config).of(BadgeSettings).lifetime == 60


class TestOrder:
    """A directive may be called late, and actions may be executed early."""

    def test_under_autocommit(self, settings: dict[str, Any], serve: Callable[..., Server]):
        config = prepared({**settings, "oauth2.badges.lifetime": "1m"}, autocommit=True)
        badges(config)
        server = serve(config.make_wsgi_app())
        assert server.service.settings.of(BadgeSettings).lifetime == 60

    @pytest.mark.parametrize("key", ["lifetime", "lifetme"])
    def test_a_mistake_under_autocommit(self, settings: dict[str, Any], key: str):
        config = prepared({**settings, f"oauth2.badges.{key}": "long"}, autocommit=True)
        badges(config)
        with pytest.raises(ConfigurationError, match=rf"oauth2\.badges\.{key} "):
            config.make_wsgi_app()

    def test_our_mistakes_are_reported_at_once_under_autocommit(self, settings: dict[str, Any]):
        with pytest.raises(ConfigurationError, match=r"oauth2\.client_cache"):
            prepared({**settings, "oauth2.client_cache": "x"}, autocommit=True)

    def test_a_mistake_after_a_commit(self, settings: dict[str, Any]):
        config = prepared(settings)
        config.commit()
        strict(config)
        with pytest.raises(ConfigurationError, match=r"oauth2\.strict\.colour is missing"):
            config.make_wsgi_app()

    def test_a_feature_that_includes_the_add_on(self, settings: dict[str, Any]):
        config = Configurator(settings={**settings, "oauth2.badges.lifetime": "1m"})

        def feature(config: Any) -> None:
            config.include("pyramid_oauth2")
            badges(config)

        config.include(feature)
        config.include("pyramid_oauth2")
        config.include(host.users)
        registry = config.make_wsgi_app().registry
        assert get_service(registry).settings.of(BadgeSettings).lifetime == 60
        get_service(registry).close()

    def test_a_dotted_name(self, build: Callable[..., Server]):
        name = f"{__name__}.BadgeSettings"
        server = build(lambda config: config.add_oauth2_settings("badges", name))
        assert server.service.settings.of(BadgeSettings).lifetime == 3600


class TestConflicts:
    def test_two_features_with_one_prefix(self, settings: dict[str, Any]):
        config = prepared(settings)
        badges(config)
        config.add_oauth2_settings("badges", StrictSettings)
        with pytest.raises(ConfigurationConflictError):
            config.commit()

    def test_the_application_overrides_an_include(self, settings: dict[str, Any]):
        """The mistakes of what is overridden are none."""
        config = prepared({**settings, "oauth2.strict.lifetime": "1m"})
        config.include(strict)
        config.add_oauth2_settings("strict", Overriding)
        registry = config.make_wsgi_app().registry
        assert get_service(registry).settings.of(Overriding).lifetime == 60
        get_service(registry).close()

    @pytest.mark.parametrize(
        ("prefix", "key"), [("throttle", "throttle.clients"), ("issuer", "issuer")]
    )
    def test_a_key_of_ours(self, settings: dict[str, Any], prefix: str, key: str):
        @dataclass(frozen=True)
        class Ours:
            taken: int = setting(int, 1, "Taken.", key=key.partition(".")[2])

        with pytest.raises(ConfigurationError, match=rf"oauth2\.{key}, which is a setting already"):
            prepared(settings).add_oauth2_settings(prefix, Ours)

    @pytest.mark.parametrize("prefix", ["", "a.b", "a b", "Badges", "1"])
    def test_a_prefix_that_cannot_be_one(self, settings: dict[str, Any], prefix: str):
        with pytest.raises(ConfigurationError, match="a prefix has lower-case letters"):
            prepared(settings).add_oauth2_settings(prefix, BadgeSettings)

    def test_one_class_below_two_prefixes(self, settings: dict[str, Any]):
        config = prepared(settings)
        badges(config)
        with pytest.raises(ConfigurationError, match=r"declared below oauth2\.badges already"):
            config.add_oauth2_settings("medals", BadgeSettings)


@dataclass
class Mutable:
    lifetime: int = setting(lifetime, 3600, "How long.")


@dataclass(frozen=True)
class NotDeclared:
    lifetime: int = 3600


@dataclass(frozen=True)
class Twice:
    one: int = setting(lifetime, 3600, "How long.", key="same")
    two: int = setting(lifetime, 3600, "How long.", key="same")


@dataclass(frozen=True)
class Needy:
    enabled: bool = setting(boolean, False, "Whether there are badges.", key="")
    colour: str = setting(plain_text, "gold", "The colour.", needs=("", "lifetme"))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (Mutable, "not a frozen dataclass"),
        (dict, "not a frozen dataclass"),
        (NotDeclared, r"NotDeclared\.lifetime is not declared by setting"),
        (Twice, "the same key"),
        (Needy, r"Needy\.colour needs 'lifetme', which is the key of no setting"),
    ],
)
def test_a_class_that_is_no_declaration(settings: dict[str, Any], wrong: type, words: str):
    with pytest.raises(ConfigurationError, match=words):
        prepared(settings).add_oauth2_settings("badges", wrong)


def test_introspection_shows_the_class(build: Callable[..., Server]):
    introspector = build(badges).registry.introspector
    item = introspector.get("oauth2", ("oauth2", "settings prefix", "badges"))
    assert isinstance(item["value"], FeatureSettings)
    assert item["value"].declared is BadgeSettings
