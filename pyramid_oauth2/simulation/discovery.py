"""How a client finds the authorization server of an API (RFC 9728, RFC 8414)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from ..protection.protected_resources import WELL_KNOWN
from ..protocol.masking import shown
from ..protocol.redirect_uris import LOOPBACK_HOSTS
from ..protocol.resources import canonical
from ..protocol.scopes import format_scope
from ..protocol.server_metadata import metadata_path
from .apis import resource_line
from .conversation import Conversation, called
from .step import StepRefused, StepSkipped

PARAMETER = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"')
HTTPS = "https"


def challenge(c: Conversation) -> str:
    """Call the API without a token: the response says where its metadata are."""
    if not c.api.is_here:
        raise StepSkipped(f"{c.api.url} is another application: its answer is not seen from here")
    for method in ("GET", "POST"):
        response = called(c, method)
        if response.status == 401:
            break
    else:
        raise StepRefused(
            f"{c.api.url} {response.said} to a request without a token, not with 401: clients then "
            "begin no login. Does its view have oauth2_scope, and is this the URL that people type",
            response.refusal,
            'oauth2_scope="..." on the view',
            "poauth2 INI doctor --resource URL",
        )
    c.call = method
    found = dict(PARAMETER.findall(response.headers.get("www-authenticate", "")))
    if "resource_metadata" not in found:
        raise StepRefused(
            f"{c.api.url} answers 401 without a challenge that names its metadata: it is not the "
            "guard of this add-on that refuses",
            response.refusal,
            'oauth2_scope="..." on the view',
        )
    c.metadata_url = found["resource_metadata"]
    c.scope = frozenset(found.get("scope", "").split())
    scope = f", with the scope {shown(format_scope(c.scope))}" if c.scope else ""
    return f"401{scope}"


def resource_metadata(c: Conversation) -> str:
    """Read the API's metadata, which name the API and its authorization server."""
    if not c.api.is_here and c.settings is not None:
        c.issuer = c.settings.issuer
        raise StepSkipped(f"{c.api.url} has them, with the authorization server {c.issuer}")
    parts = urlsplit(c.api.url)
    usual = f"{parts.scheme}://{parts.netloc}{WELL_KNOWN}{parts.path.rstrip('/')}"
    url = c.metadata_url or usual
    response = c.get(url)
    members = response.members()
    if response.status != 200 or not members:
        raise StepRefused(f"{url} {response.said}", response.refusal)
    _check_resource(c, str(members.get("resource")))
    servers = members.get("authorization_servers")
    if not isinstance(servers, list) or not servers:
        raise StepRefused(f"{url} names no authorization server")
    c.issuer = str(servers[0])
    c.scope = c.scope or frozenset(members.get("scopes_supported") or ())
    return f"resource is {shown(c.api.url)}, of the server {shown(c.issuer)}"


def _check_resource(c: Conversation, resource: str) -> None:
    typed = c.api.url
    if resource == typed:
        return
    text = f"A person types {shown(typed)}, and the metadata say {shown(resource)}: clients compare"
    other = urlsplit(resource)
    if canonical(resource) == canonical(typed):
        raise StepRefused(f"{text} every character. Let them type {shown(resource)}")
    if urlsplit(typed).netloc == other.netloc and urlsplit(typed).scheme != other.scheme:
        # Usual behind a proxy that ends TLS.
        raise StepRefused(f"{text} them", None, public_url_at(c))
    raise StepRefused(f"{text} them", None, resource_line(c.settings, typed), public_url_at(c))


def public_url_at(c: Conversation) -> str:
    """The line of the ini by which the application has the host of the URL that is typed."""
    typed = urlsplit(c.api.url)
    settings = c.settings
    key = "issuer" if settings is None or settings.base_url is None else "base_url"
    path = "" if settings is None else urlsplit(settings.public_url).path
    return f"oauth2.{key} = {typed.scheme}://{typed.netloc}{path}"


def server_metadata(c: Conversation) -> str:
    """Read the metadata of the authorization server."""
    url = urlsplit(c.issuer)._replace(path=metadata_path(c.issuer)).geturl()
    response = c.get(url)
    members = response.members()
    if response.status != 200 or not members:
        raise StepRefused(
            f"{url} {response.said}. It belongs to oauth2.issuer, and a proxy has to forward it",
            response.refusal,
            "oauth2.issuer = the URL of this server",
        )
    c.metadata = members
    if members.get("issuer") != c.issuer:
        raise StepRefused(
            f"The API names the server {shown(c.issuer)}, whose metadata say "
            f"{shown(str(members.get('issuer')))}: clients compare every character",
            None,
            f"oauth2.issuer = {c.issuer}",
        )
    for is_there, text, cure in _demands(c):
        if not is_there:
            raise StepRefused(text, None, cure)
    return f"The issuer is {shown(c.issuer)}"


def _demands(c: Conversation) -> Iterator[tuple[bool, str, str]]:
    grant_types = c.metadata.get("grant_types_supported", ())
    types = c.metadata.get("response_types_supported", ())
    yield (
        "authorization_code" in grant_types,
        "The server has no grant type authorization_code",
        f"oauth2.grant_types = {_with(grant_types, 'authorization_code')}",
    )
    yield (
        "code" in types,
        "The server has no response type code",
        f"oauth2.response_types = {_with(types, 'code')}",
    )
    yield (
        "S256" in c.metadata.get("code_challenge_methods_supported", ()),
        "The metadata do not say S256, which clients demand",
        "oauth2.response_types = code",
    )
    for name in ("authorization_endpoint", "token_endpoint"):
        parts = urlsplit(str(c.metadata.get(name, "")))
        secure = parts.scheme == HTTPS or parts.hostname in LOOPBACK_HOSTS
        text = f"{name} is {parts.geturl()}, which is not https"
        yield secure, text, f"oauth2.base_url = https://{parts.netloc}"


def _with(words: object, word: str) -> str:
    return " ".join(sorted({*words, word})) if isinstance(words, list) else word
