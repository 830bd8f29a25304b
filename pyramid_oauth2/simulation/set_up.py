"""What is wrong before a client sends anything: the settings, and the URL that people type."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from ..protocol.masking import shown
from ..protocol.redirect_uris import LOOPBACK_HOSTS
from ..protocol.resources import canonical
from ..settings import Settings
from .conversation import Conversation
from .step import StepRefused

HTTPS = "https"


def examine(c: Conversation) -> str:
    """Look at the settings, where they are known, and at the URL that is typed."""
    if c.settings is not None:
        _examine_settings(c.settings, c.api.url)
    hosted = urlsplit(c.client.redirect_uris[0]).scheme == HTTPS
    for key, url in _addresses(c):
        parts = urlsplit(url)
        if parts.scheme == HTTPS or (parts.hostname in LOOPBACK_HOSTS and not hosted):
            continue
        why = "this client sends from the internet" if hosted else "clients refuse that"
        cures = () if key is None else (f"{key} = {_public(url, hosted)}",)
        raise StepRefused(f"{shown(url)} is not https, and {why}", None, *cures)
    return "Every URL is one that this client uses"


def _public(url: str, hosted: bool) -> str:
    """What to write instead of a URL with http, for a client."""
    parts = urlsplit(url)
    if hosted and parts.hostname in LOOPBACK_HOSTS:
        return f"https://... with a name that the internet knows, in place of {parts.netloc}"
    return f"https://{parts.netloc}{parts.path}"


def _examine_settings(settings: Settings, typed: str) -> None:
    if settings.read_only:
        raise StepRefused("Nothing is written to the stores", None, "oauth2.read_only = false")
    for uri in settings.resources:
        if uri != typed and canonical(uri) == canonical(typed):
            raise StepRefused(
                f"People type {shown(typed)}, and the API is {shown(uri)}: clients compare every "
                f"character. Let them type {shown(uri)}",
                None,
                f"oauth2.resources = {typed}, in place of {uri}",
            )


def _addresses(c: Conversation) -> Iterator[tuple[str | None, str]]:
    """The URLs, each with the setting that has it."""
    if c.settings is not None:
        yield "oauth2.issuer", c.settings.issuer
        if c.settings.base_url is not None:
            yield "oauth2.base_url", c.settings.base_url
    yield None, c.api.url
