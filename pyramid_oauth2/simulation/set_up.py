"""What is wrong before a client sends anything: the settings, and the URL that people type."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import SplitResult, urlsplit

from ..protocol.masking import shown
from ..protocol.redirect_uris import LOOPBACK_HOSTS
from ..protocol.resources import canonical
from ..settings import Settings
from .apis import resource_line
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
        is_local = parts.hostname in LOOPBACK_HOSTS
        if not (is_local and hosted) and (is_local or parts.scheme == HTTPS):
            continue
        cures = () if key is None else (f"{key} = {_public(c, parts)}",)
        why = "this client sends from the internet" if hosted else "clients refuse that"
        what = "on the user's device" if parts.scheme == HTTPS else "not https"
        raise StepRefused(f"{shown(url)} is {what}, and {why}", None, *cures)
    return "Every URL is one that this client uses"


def _public(c: Conversation, parts: SplitResult) -> str:
    """The URL by which the client would reach it: if not at this host, at that of the API."""
    if parts.hostname not in LOOPBACK_HOSTS:
        return f"https://{parts.netloc}{parts.path}"
    typed = urlsplit(c.api.url)
    if typed.hostname not in LOOPBACK_HOSTS:
        return f"https://{typed.netloc}{parts.path}"
    return f"https://... with a name that the internet knows, in place of {parts.netloc}"


def _examine_settings(settings: Settings, typed: str) -> None:
    if settings.read_only:
        raise StepRefused("Nothing is written to the stores", None, "oauth2.read_only = false")
    for uri, scopes in settings.resources.items():
        if uri != typed and canonical(uri) == canonical(typed):
            raise StepRefused(
                f"People type {shown(typed)}, and the API is {shown(uri)}: clients compare every "
                f"character. Let them type {shown(uri)}",
                None,
                f"{resource_line(settings, typed, scopes)}, in place of {uri}",
            )


def _addresses(c: Conversation) -> Iterator[tuple[str | None, str]]:
    """The URLs, each with the setting that has it."""
    if c.settings is not None:
        yield "oauth2.issuer", c.settings.issuer
        if c.settings.base_url is not None:
            yield "oauth2.base_url", c.settings.base_url
    yield None, c.api.url
