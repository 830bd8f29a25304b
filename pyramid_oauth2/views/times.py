"""Times and durations on a page, in the language and the time zone of its reader.

Imported with the first page that is rendered: a start and a token request need no Babel.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, get_datetime_format, get_timezone_gmt
from babel.units import format_unit
from markupsafe import Markup

from ..protection.request import Request
from .language import ENGLISH, language_of_texts

if TYPE_CHECKING:
    from functools import cached_property as reify  # Pyramid's has no types.
else:
    # See protection/request.py: a cached_property holds a lock while it calls the application.
    from pyramid.decorator import reify

log = logging.getLogger(__name__)

# A month and a year have no fixed length.
UNITS = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))


class Times:
    """Formats what a template shows as ``times``.

    :param request: that of the page, whose language is settled.
    """

    def __init__(self, request: Request) -> None:
        self._request = request

    def date(self, seconds: int) -> Markup:
        """The day of a time: ``15 January 2027``.

        :param seconds: the time in UTC seconds.
        :return: the element ``time``.
        """
        local = self._local(seconds)
        return _element(seconds, format_date(local, "long", locale=self._locale))

    def moment(self, seconds: int) -> Markup:
        """A time to the minute, with its zone: ``15.01.2027, 14:00 GMT+01:00``.

        :param seconds: the time in UTC seconds.
        :return: the element ``time``.
        """
        local, locale = self._local(seconds), self._locale
        day = format_date(local, "medium", locale=locale)
        clock = format_time(local, "short", tzinfo=local.tzinfo, locale=locale)
        # Words in the pattern are in quotes (CLDR, "Date Format Patterns").
        pattern = str(get_datetime_format("medium", locale=locale)).replace("'", "")
        text = pattern.format(clock, day)
        return _element(seconds, f"{text} {_zone_of(local, locale)}")

    def duration(self, seconds: int) -> str:
        """An exact duration: ``30 days``, ``1 hour 30 minutes``."""
        parts: list[str] = []
        rest = seconds
        for unit, length in UNITS:
            count, rest = divmod(rest, length)
            if count or (unit == "second" and not parts):
                parts.append(format_unit(count, f"duration-{unit}", locale=self._locale))
        return " ".join(parts)

    @reify
    def _locale(self) -> Locale:
        try:
            return Locale.parse(language_of_texts(self._request).replace("-", "_"))
        except (UnknownLocaleError, ValueError):
            # The catalogue of an application names a language that Babel does not know.
            return Locale.parse(ENGLISH)

    @reify
    def _zone(self) -> tzinfo:
        owners = self._request.oauth2.authorization_service.owners
        name = owners.time_zone(self._request)
        return UTC if name is None else _zone_named(name)

    def _local(self, seconds: int) -> datetime:
        utc = datetime.fromtimestamp(seconds, UTC)
        try:
            return utc.astimezone(self._zone)
        except OverflowError:  # The last day of the year 9999.
            return utc


def _zone_named(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        # LookupError for an unknown name, also where the machine has no database of zones;
        # ValueError for a path, OSError for a part of the world.
        log.warning("time_zone() of the resource owners names an unknown zone: %r", name)
        return UTC


def _zone_of(local: datetime, locale: Locale) -> str:
    # An abbreviation such as CET is not known everywhere; UTC has another name in French.
    return get_timezone_gmt(local, "long", locale=locale) if local.utcoffset() else "UTC"


def _element(seconds: int, text: str) -> Markup:
    machine = f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
    return Markup('<time datetime="{}">{}</time>').format(machine, text)
