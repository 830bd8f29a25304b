"""The language of our pages: what the application negotiates, or what the browser asks for."""

from __future__ import annotations

import logging
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

from pyramid.i18n import Localizer, default_locale_negotiator
from pyramid.interfaces import ILocaleNegotiator, ITranslationDirectories

from ..protection.request import Request
from ..protocol.messages import SEPARATOR, Joined, Message

log = logging.getLogger(__name__)

DOMAIN = "pyramid_oauth2"
ENGLISH = "en"  # needs no catalogue
PREFERRED = "oauth2_preferred_languages"
MOST = 10  # languages that a client may name
KEY = "_LOCALE_"  # by which Pyramid's own negotiator finds a language that was chosen


def prefer_languages(request: Request, tags: str | None) -> None:
    """Have a page in the language that the client names, if there is a catalogue of it.

    :param tags: separated by spaces, the best first (OpenID Connect Core section 3.1.2.1,
        ``ui_locales``).
    """
    names = [tag.replace("-", "_") for tag in (tags or "").split()[:MOST]]
    vars(request)[PREFERRED] = [*chain.from_iterable((name, language_of(name)) for name in names)]


def language_of(name: str) -> str:
    """The language of a locale: a region is part of it, so en_GB is English."""
    return name.partition("_")[0]


def settle_language(request: Request) -> None:
    """Settle the language in which a page is rendered, as ``request.locale_name``."""
    negotiated: str | None = None
    try:
        negotiated = _of_browser(request) if _is_left_to_us(request) else request.locale_name
    except Exception:
        # A negotiator may read request.params, and this may be the error page for
        # parameters that cannot be read.
        log.debug("The language could not be negotiated", exc_info=True)
    # Only a language that exists: Pyramid caches a localizer for every name, and an
    # attacker could request any number of names by a parameter.
    known = languages(request.registry)
    preferred = vars(request).get(PREFERRED, ())
    names = (*preferred, negotiated or "", language_of(negotiated or ""))
    request.locale_name = next(filter(known.__contains__, names), _default(request))
    # The application may have used one of another language before.
    vars(request).pop("localizer", None)


def _localizer(request: Request) -> Localizer:
    """The localizer of the page's language, for a text that is translated before the page is."""
    settle_language(request)
    return request.localizer


def translated(request: Request, text: str) -> str:
    """A text in the language of the page.

    A message of ours is translated with its parameters, a translation string of an application
    by its own domain. Any other text stays as it is.
    """
    if isinstance(text, Joined):
        return SEPARATOR.join(translated(request, part) for part in text.parts)
    if isinstance(text, Message):
        return _formatted(request, text)
    return str(_localizer(request).translate(text)) if hasattr(text, "domain") else text


def _formatted(request: Request, message: Message) -> str:
    template = message.template
    if template:  # The catalogue has its own header for the empty text.
        template = str(_localizer(request).translate(template, domain=DOMAIN))
    if not message.parameters:
        return template
    return template % {
        name: translated(request, value) if isinstance(value, str) else value
        for name, value in message.parameters.items()
    }


def language_of_texts(request: Request) -> str:
    """The language of our own texts on a page: English if they have no catalogue in its language.

    A catalogue translates ``en`` to its own language.
    """
    return str(request.localizer.translate(ENGLISH, domain=DOMAIN))


def _is_left_to_us(request: Request) -> bool:
    """Whether the application has no negotiator of its own."""
    negotiator = request.registry.queryUtility(ILocaleNegotiator, default=default_locale_negotiator)
    return negotiator is default_locale_negotiator


def languages(registry: Any) -> frozenset[str]:
    """The languages for which a catalogue is registered, and that of the texts themselves."""
    return _below(tuple(registry.queryUtility(ITranslationDirectories, default=()))) | {ENGLISH}


@lru_cache(maxsize=16)
def _below(directories: tuple[str, ...]) -> frozenset[str]:
    # Looked up once: Pyramid reads each catalogue once, too.
    entries = (entry for directory in directories for entry in Path(directory).iterdir())
    return frozenset(entry.name for entry in entries if entry.is_dir())


def _of_browser(request: Request) -> str:
    if "locale_name" in vars(request):  # Settled before, or set by the application.
        return request.locale_name
    # As Pyramid's own negotiator, but not of the body, which may be too large to be read here.
    for chosen in (getattr(request, KEY, None), request.GET.get(KEY), request.cookies.get(KEY)):
        if chosen is not None:
            return str(chosen)
    # RFC 9110 section 12.5.4: the languages that the browser asks for. Without any of them, the
    # default of the application.
    default = _default(request)
    known = {name.replace("_", "-"): name for name in (default, *languages(request.registry))}
    found: str = request.accept_language.lookup(sorted(known), default=default)
    return known.get(found, default)


def _default(request: Request) -> str:
    default: str = request.registry.settings["default_locale_name"]
    return default
