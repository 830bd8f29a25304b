"""Times and durations on the pages: in the language of the page, and in its reader's time zone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from pyramid_oauth2.protocol.clients.codecs import LAST_TIME

from . import host
from .allowing import Allowing, articles
from .client_pages import ClientPages, words
from .flow import Flow
from .server import Clock

NOON = 1_800_014_400  # 2027-01-15T12:00:00Z
DAY = 86_400


class Users(host.Users):
    """Users who are all in one time zone."""

    def __init__(self, zone: Any) -> None:
        self._zone = zone

    def time_zone(self, request: Any) -> Any:
        if isinstance(self._zone, Exception):
            raise self._zone
        return self._zone


def write_catalogue(
    locale: Path, language: str, words: dict[str, str], domain: str = "pyramid_oauth2"
) -> None:
    """Write a compiled catalogue below *locale*."""
    catalogue = Catalog()
    for english, translated in words.items():
        catalogue.add(english, translated)
    folder = locale / language / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / f"{domain}.mo").open("wb") as file:
        write_mo(file, catalogue)


@pytest.fixture
def client_page(start_pages: Callable[..., ClientPages]) -> Callable[..., Any]:
    """The page of a client that was registered at noon, by language and time zone."""

    def client_page(language: str = "en", zone: Any = None, **client: Any) -> Any:
        pages = start_pages(
            lambda config: config.set_locale_negotiator(lambda request: language),
            lambda config: config.set_oauth2_resource_owners(Users(zone)),
        )
        Clock(pages.server).now = NOON
        pages.server.register("noon", **client)
        return pages.get("client", client_id="noon")

    return client_page


@pytest.mark.parametrize(
    ("language", "zone", "text"),
    [
        ("en", None, "Jan 15, 2027, 12:00 PM UTC"),
        ("de", None, "15.01.2027, 12:00 UTC"),
        ("fr", None, "15 janv. 2027, 12:00 UTC"),
        ("en", "UTC", "Jan 15, 2027, 12:00 PM UTC"),
        ("en", "Asia/Kolkata", "Jan 15, 2027, 5:30 PM GMT+05:30"),
        ("de", "Europe/Berlin", "15.01.2027, 13:00 GMT+01:00"),
        ("fr", "Pacific/Kiritimati", "16 janv. 2027, 02:00 UTC+14:00"),
    ],
)
def test_a_time_is_in_the_readers_language_and_zone(
    client_page: Callable[..., Any], language: str, zone: str | None, text: str
):
    time = client_page(language, zone).html.time
    assert " ".join(time.string.split()) == text
    assert time["datetime"] == "2027-01-15T12:00:00Z"


@pytest.mark.parametrize(
    "zone",
    ["Mars/Olympus", "", "Europe", "../../etc/passwd", "/etc/passwd", "\0", "\ud800", 5, b"UTC"],
)
def test_without_a_known_zone_it_is_in_utc(client_page: Callable[..., Any], zone: Any):
    assert "12:00 PM UTC" in words(client_page("en", zone))


def test_the_name_of_an_unknown_zone_is_logged(client_page: Callable[..., Any], caplog: Any):
    client_page("en", "Mars/\nOlympus")
    assert r"names an unknown zone: 'Mars/\nOlympus'" in caplog.text


def test_an_application_that_fails_to_name_the_zone(client_page: Callable[..., Any], caplog: Any):
    assert "12:00 PM UTC" in words(client_page("en", LookupError("no such row")))
    assert "time_zone() of the resource owners failed" in caplog.text


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", None])
@pytest.mark.parametrize("seconds", [0, LAST_TIME])
def test_the_first_and_the_last_time_of_a_record(
    start_pages: Callable[..., ClientPages], zone: str | None, seconds: int
):
    pages = start_pages(lambda config: config.set_oauth2_resource_owners(Users(zone)))
    client = replace(pages.client("robot"), client_id="x", created_at=seconds)
    assert pages.server.service.server.clients.import_([client]) == 1
    assert pages.get("client", client_id="x").html.time["datetime"][:4] in ("1970", "9999")


@pytest.mark.parametrize("language", ["xx", "it", "x" * 300, "", "../de", "de_DE_x_y_z", "C"])
def test_a_language_without_a_catalogue(client_page: Callable[..., Any], language: str):
    page = client_page(language)
    expected = "15.01.2027" if language.startswith("de") else "Jan 15, 2027"
    assert expected in words(page)


def test_the_language_of_a_catalogue_that_babel_does_not_know(
    start_pages: Callable[..., ClientPages], tmp_path: Any
):
    write_catalogue(tmp_path, "tlh", {"en": "tlh"})

    def configure(config: Any) -> None:
        config.add_translation_dirs(str(tmp_path), override=True)
        config.set_locale_negotiator(lambda request: "tlh")

    pages = start_pages(configure)
    Clock(pages.server).now = NOON
    pages.server.register("noon")
    page = pages.get("client", client_id="noon")
    assert page.html.html["lang"] == "tlh"
    assert "Jan 15, 2027" in words(page)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pt-BR", "15 de jan. de 2027 12:00 UTC"),
        # Its pattern in CLDR has a word in quotes, which are not part of the text.
        ("co", "15 ghj. 2027 à 12:00 UTC"),
    ],
)
def test_the_language_of_another_catalogue(
    start_pages: Callable[..., ClientPages], tmp_path: Any, name: str, text: str
):
    folder = name.replace("-", "_")
    write_catalogue(tmp_path, folder, {"en": name})

    def configure(config: Any) -> None:
        config.add_translation_dirs(str(tmp_path), override=True)
        config.set_locale_negotiator(lambda request: folder)

    pages = start_pages(configure)
    Clock(pages.server).now = NOON
    pages.server.register("noon")
    page = pages.get("client", client_id="noon")
    assert page.html.html["lang"] == name
    assert " ".join(page.html.time.string.split()) == text


@pytest.mark.parametrize(
    ("language", "seconds", "text"),
    [
        ("en", 30 * DAY, "30 days"),
        ("de", 30 * DAY, "30 Tage"),
        ("fr", 30 * DAY, "30 jours"),
        ("en", 1, "1 second"),
        ("en", 3600, "1 hour"),
        ("de", 5400, "1 Stunde 30 Minuten"),
        ("fr", 365 * DAY, "365 jours"),
        ("en", DAY + 3661, "1 day 1 hour 1 minute 1 second"),
    ],
)
def test_a_duration_is_exact(
    client_page: Callable[..., Any], language: str, seconds: int, text: str
):
    page = client_page(language, lifetimes={"access_token": seconds})
    label = {"en": "Life of an access token", "de": "Lebensdauer", "fr": "Durée"}[language]
    shown = words(page)
    assert label in shown
    assert f" {text} " in shown


def test_how_long_other_processes_take(start_pages: Callable[..., ClientPages]):
    pages = start_pages(client_cache="90")
    shown = words(pages.get("disable", client_id="robot"))
    assert "Every server of this site follows within 1 minute 30 seconds." in shown


def test_on_the_list_of_what_a_user_allows(start_flow: Callable[..., Flow]):
    flow = start_flow(lambda config: config.set_oauth2_resource_owners(Users("Europe/Berlin")))
    Clock(flow.server).now = NOON + 12 * 3600
    (article,) = articles(Allowing(flow.server).show())
    assert (
        "Allowed since January 16, 2027 Allowed at client.example "
        "Last used Jan 16, 2027, 1:00 AM GMT+01:00" in (article)
    )


def test_on_the_list_of_clients(pages: ClientPages):
    Clock(pages.server).now = NOON
    pages.server.register("noon")
    page = pages.get("", q="noon")
    assert page.html.time.string == "January 15, 2027"
    assert page.html.time["datetime"] == "2027-01-15T12:00:00Z"
