"""The ``oauth2.*`` settings: each key, its type, default and meaning, once.

The ini is parsed once, at start-up, into a frozen :class:`Settings`. All
mistakes are told together, each with its cure. An extension's keys live under
a prefix of their own (``oauth2.sqlalchemy.url``), which it declares with
``config.add_oauth2_settings``.
"""

from __future__ import annotations

import dataclasses
import difflib
import types
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pyramid.exceptions import ConfigurationError
from pyramid.interfaces import PHASE1_CONFIG

from .interfaces import ISettings, ISettingsPrefix
from .setting_types import (
    BadValue,
    Parser,
    backend_name,
    base_url,
    boolean,
    code_lifetime,
    issuer_url,
    lifetime,
    paths,
    renderer,
    response_type_words,
    route_name,
    route_path,
    scope_lines,
    seconds,
    words,
)

PREFIX = "oauth2."
REQUIRED: Any = object()


def setting(parse: Parser, default: Any, meaning: str, *, key: str | None = None) -> Any:
    """Declare a setting as a dataclass field.

    :param parse: from the ini's text to the value; raises :exc:`BadValue`.
    :param default: the value where the ini says nothing, or :data:`REQUIRED`.
    :param meaning: one or two sentences for the reference.
    :param key: its name after ``oauth2.``, where that is not the field's.
    """
    metadata = {"parse": parse, "meaning": meaning, "key": key, "default": default}
    value = None if default is REQUIRED else default
    return dataclasses.field(default_factory=lambda: value, metadata=metadata)


@dataclass(frozen=True)
class Settings:
    """What the ini says, parsed and checked."""

    issuer: str = setting(
        issuer_url,
        REQUIRED,
        "The URL that names this authorization server to its clients (RFC 8414 section 2). "
        "https, or http on a loopback host; without a trailing slash, query or fragment.",
    )
    backend: str = setting(
        backend_name,
        REQUIRED,
        "Where state lives: sqlalchemy, redis, memory (for tests), or the dotted name of a "
        "backend of your own.",
    )
    backend_clients: str | None = setting(
        backend_name,
        None,
        "Another backend for the clients. Default: oauth2.backend.",
        key="backend.clients",
    )
    backend_grants: str | None = setting(
        backend_name,
        None,
        "Another backend for grants and tokens. Default: oauth2.backend.",
        key="backend.grants",
    )
    backend_consents: str | None = setting(
        backend_name,
        None,
        "Another backend for remembered consent. Default: oauth2.backend.",
        key="backend.consents",
    )
    scopes: Mapping[str, str] = setting(
        scope_lines,
        types.MappingProxyType({}),
        "The scopes that clients may ask for: one 'name = description' a line. The description "
        "is what users read.",
    )
    default_scopes: frozenset[str] | None = setting(
        words,
        None,
        "What a request that names no scope gets, cut to the client's own scope. "
        "Default: the client's own scope.",
    )
    grant_types: frozenset[str] | None = setting(
        words,
        None,
        "The grant types of the token endpoint. Default: authorization_code refresh_token "
        "client_credentials, as far as they are registered.",
    )
    access_token_lifetime: int = setting(
        lifetime, 3600, "How long an access token lives, such as 3600, 10m or 1h."
    )
    public_access_token_lifetime: int | None = setting(
        lifetime,
        None,
        "How long an access token of a public client lives. Default: oauth2.access_token_lifetime.",
    )
    authorization_code_lifetime: int = setting(
        code_lifetime, 60, "How long an authorization code may be redeemed; at most 10m."
    )
    refresh_token_lifetime: int = setting(
        lifetime, 30 * 86400, "How long a refresh token lives since it was issued."
    )
    interaction_lifetime: int = setting(
        lifetime, 600, "How long a user may take to log in and decide."
    )
    consent_lifetime: int = setting(
        lifetime, 365 * 86400, "How long remembered consent counts since it was given."
    )
    response_types: frozenset[str] = setting(
        response_type_words,
        frozenset({"code"}),
        "What the authorization endpoint answers with. The other one, token, is the implicit "
        "grant: RFC 9700 section 2.1.2 says not to use it.",
    )
    require_pkce: bool = setting(
        boolean,
        True,
        "Whether confidential clients must use PKCE as well. Public ones always must. A single "
        "client can be exempted when it is registered.",
    )
    login_route: str | None = setting(
        route_name,
        None,
        "The route of the application's login page. Default: its forbidden view is asked.",
    )
    login_return_param: str = setting(
        route_name, "next", "The query parameter by which the login page gets the way back."
    )
    renderer_consent: str = setting(
        renderer,
        "pyramid_oauth2:templates/consent.oauth2",
        "The template of the consent page.",
        key="renderer.consent",
    )
    renderer_error: str = setting(
        renderer,
        "pyramid_oauth2:templates/error.oauth2",
        "The template of the error page.",
        key="renderer.error",
    )
    renderer_form_post: str = setting(
        renderer,
        "pyramid_oauth2:templates/form_post.oauth2",
        "The template of the page that posts an answer to the client.",
        key="renderer.form_post",
    )
    grant_lifetime: int = setting(
        lifetime,
        365 * 86400,
        "How long what a user allowed may last at most, whatever is refreshed meanwhile.",
    )
    path: str = setting(
        route_path, "/oauth2", "The path below which the endpoints stand, such as /oauth2."
    )
    base_url: str | None = setting(
        base_url,
        None,
        "The public URL to which oauth2.path is added, where the application does not stand at "
        "the issuer. Default: the issuer.",
    )
    enforce_https: bool | None = setting(
        boolean,
        None,
        "Whether the endpoints refuse plain http. Default: true for an https issuer.",
    )
    resource_paths: frozenset[str] = setting(
        paths,
        frozenset(),
        "Paths such as /api below which every bearer token is ours, also one without our prefix.",
    )
    security_policy: bool = setting(
        boolean,
        True,
        "Whether the include wraps the application's security policy. false is for an application "
        "that composes its own with BearerTokenHelper or OAuth2AuthenticationPolicy.",
    )
    client_cache: int = setting(
        seconds,
        2,
        "For how many seconds a process may believe what it knows of a client: the time after "
        "which a disabled one stops everywhere. 0 reads the store every time.",
    )
    sections: Mapping[str, Mapping[str, str]] = dataclasses.field(
        default_factory=dict, repr=False, metadata={"key": None}
    )

    def section(self, prefix: str) -> Mapping[str, str]:
        """The ini's values below ``oauth2.<prefix>.``, unparsed, without that prefix."""
        return self.sections.get(prefix, {})

    def renderer(self, page: str) -> str:
        """The template of a page, by its name."""
        template: str = getattr(self, f"renderer_{page}")
        return template

    def backend_of(self, role: str) -> str:
        """The backend for ``clients``, ``grants`` or ``consents``."""
        return getattr(self, f"backend_{role}") or self.backend

    @property
    def public_url(self) -> str:
        """The URL to which the path of an endpoint is added. Never taken from a request."""
        return self.base_url or self.issuer

    @property
    def public_lifetime(self) -> int:
        """The life of a public client's access token, in seconds."""
        return self.public_access_token_lifetime or self.access_token_lifetime

    @property
    def https_required(self) -> bool:
        """Whether plain http is refused."""
        if self.enforce_https is None:
            # A missing issuer is a mistake of its own.
            return (self.issuer or "").startswith("https:")
        return self.enforce_https


def setting_fields() -> dict[str, dataclasses.Field[Any]]:
    """The declared settings by their key without ``oauth2.``."""
    return {
        field.metadata["key"] or field.name: field
        for field in dataclasses.fields(Settings)
        if "parse" in field.metadata
    }


def parse_settings(raw: Mapping[str, Any]) -> tuple[Settings, list[str]]:
    """Parse the application's settings; keys that do not begin with ``oauth2.`` are not ours.

    :return: the settings, with defaults where the ini is wrong, and every
        mistake found as one sentence each. Unknown keys are left to
        :func:`unknown_keys`, since an extension may yet declare them.
    """
    ours = {key[len(PREFIX) :]: value for key, value in raw.items() if key.startswith(PREFIX)}
    values: dict[str, Any] = {}
    mistakes = []
    for key, field in setting_fields().items():
        text = ours.get(key)
        if text is None or (isinstance(text, str) and not text.strip()):
            if field.metadata["default"] is REQUIRED:
                mistakes.append(f"oauth2.{key} is missing. {field.metadata['meaning']}")
            continue
        try:
            values[field.name] = field.metadata["parse"](text)
        except BadValue as error:
            mistakes.append(f"oauth2.{key} = {text!r}: {error}")
    values["sections"] = _sections(ours)
    settings = Settings(**values)
    return settings, mistakes + list(_contradictions(settings))


def unknown_keys(
    raw: Mapping[str, Any], prefixes: Mapping[str, Collection[str] | None]
) -> list[str]:
    """A sentence for each ``oauth2.*`` key that nobody declared, with the nearest known one.

    :param prefixes: the keys that extensions declared, by prefix; None for a
        prefix that passes every key through.
    """
    known = set(setting_fields())
    for prefix, keys in prefixes.items():
        known.update(f"{prefix}.{key}" for key in keys or ())
    mistakes = []
    for key in sorted(key[len(PREFIX) :] for key in raw if key.startswith(PREFIX)):
        prefix, dot, rest = key.partition(".")
        passes = bool(dot and rest) and prefix in prefixes and prefixes[prefix] is None
        if key not in known and not passes:
            mistakes.append(f"oauth2.{key} is not a setting.{_nearest(key, known, prefixes)}")
    return mistakes


def _nearest(key: str, known: set[str], prefixes: Collection[str]) -> str:
    prefix, dot, rest = key.partition(".")
    # A misspelt prefix first: "sqlachemy.url" is nearer to nothing else.
    near = difflib.get_close_matches(prefix, prefixes, 1) if dot and prefix not in prefixes else []
    if near:
        return f" Did you mean oauth2.{near[0]}.{rest}?"
    near = difflib.get_close_matches(key, known, 1)
    return f" Did you mean oauth2.{near[0]}?" if near else ""


def _sections(ours: Mapping[str, Any]) -> Mapping[str, Mapping[str, str]]:
    sections: dict[str, dict[str, str]] = {}
    for key, value in ours.items():
        prefix, dot, rest = key.partition(".")
        if dot and key not in setting_fields():
            sections.setdefault(prefix, {})[rest] = value
    return sections


def _contradictions(settings: Settings) -> Iterator[str]:
    if settings.enforce_https is False and settings.issuer and settings.issuer.startswith("https:"):
        yield (
            "oauth2.enforce_https = false with an https issuer would let tokens travel in clear. "
            "Leave it out; behind a proxy that ends TLS, let the WSGI server trust the proxy."
        )
    if settings.enforce_https and (settings.issuer or "").startswith("http:"):
        yield "oauth2.enforce_https = true contradicts the http issuer."
    if settings.https_required and (settings.base_url or "https:").startswith("http:"):
        yield "oauth2.base_url is http, but the issuer is https: tokens must not travel in clear."
    if settings.access_token_lifetime > settings.grant_lifetime:
        yield "oauth2.access_token_lifetime is longer than oauth2.grant_lifetime."


def load_settings(config: Any) -> Settings:
    """Parse the settings of an application that is being configured, and make them a utility.

    Mistakes are told once every include has had its say: until then an
    extension may yet declare a key that nobody knows.
    """
    raw = dict(config.registry.settings)
    settings, mistakes = parse_settings(raw)
    config.registry.registerUtility(settings, ISettings)

    def check() -> None:
        declared = config.registry.getUtilitiesFor(ISettingsPrefix)
        prefixes = {name: prefix.keys for name, prefix in declared}
        found = mistakes + unknown_keys(raw, prefixes)
        if found:
            raise ConfigurationError("The oauth2.* settings are wrong:\n  " + "\n  ".join(found))

    # After the prefixes, which are declared in PHASE1_CONFIG, and before the
    # routes and views, where a wrong setting would show as something else.
    config.action("oauth2 settings", check, order=PHASE1_CONFIG + 1)
    return settings
