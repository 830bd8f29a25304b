"""The frame of every page: whose site it is, who is signed in, and where they sign out."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from pyramid.interfaces import ISecurityPolicy

from ..endpoint_urls import endpoint_url
from ..protection.request import Request
from ..protocol.clients.value_rules import HOST_SOURCE
from ..settings import Settings
from .descriptions import https_only
from .signed_in import signed_in_subject

log = logging.getLogger(__name__)

STYLESHEETS = tuple(f"pyramid_oauth2:static/{name}.css" for name in ("base", "pages", "forms"))


@dataclass(frozen=True, slots=True)
class Site:
    """The site that the pages belong to, as ``oauth2.site_name`` and the others describe it."""

    name: str
    url: str | None
    logo: str | None


def site_of(settings: Settings) -> Site:
    """The site of an application; without a name of its own, it is called by its host."""
    name = settings.site_name or urlsplit(settings.public_url).netloc
    return Site(name, settings.site_url, settings.site_logo)


def frame(request: Request, settings: Settings) -> dict[str, Any]:
    """The values that every template gets.

    :return: ``stylesheets``; ``site``; ``subject``, the name of the signed-in user, or None;
        ``sign_out_url``, or None where nothing can end the login.
    """
    subject = _subject(request)
    return {
        "stylesheets": [*_stylesheets(request, settings)],
        "site": site_of(settings),
        "subject": subject,
        "sign_out_url": None if subject is None else sign_out_url(request, settings),
    }


def sign_out_url(request: Request, settings: Settings, **query: str | None) -> str | None:
    """The page on which a user signs out; None where nothing of the application ends a login.

    :param query: the request with which they go on as another user, and its ``ui_locales``.
    """
    policy = request.registry.queryUtility(ISecurityPolicy)
    by_policy = getattr(policy, "wrapped", policy) is not None
    if not by_policy and not (settings.logout_route and settings.login_route):
        return None
    url = endpoint_url(request.registry, "sign_out")
    given = {name: value for name, value in query.items() if value is not None}
    return f"{url}?{urlencode(given)}" if given else url


def image_sources(settings: Settings, logos: Iterable[str | None] = ()) -> list[str]:
    """The origins of the images of a page, for its ``Content-Security-Policy``.

    :param logos: of the clients that the page shows.
    """
    own = settings.site_logo
    found = (urlsplit(address).netloc for address in (own, *map(https_only, logos)) if address)
    return sorted({f"https://{host}" for host in found if HOST_SOURCE.fullmatch(host)})


def _subject(request: Request) -> str | None:
    try:
        subject = signed_in_subject(request)
        owners = request.oauth2.authorization_service.owners
        return None if subject is None else owners.describe(subject)
    except Exception:
        # The page may be the one that reports this very error.
        log.debug("Who is signed in could not be found out", exc_info=True)
        return None


def _stylesheets(request: Request, settings: Settings) -> Iterator[str]:
    # Not below SCRIPT_NAME: behind a proxy it may differ from the public path.
    mount = urlsplit(settings.public_url).path
    for asset in STYLESHEETS:
        yield request.static_url(asset, _app_url=mount)
    if settings.site_stylesheet:
        yield settings.site_stylesheet
