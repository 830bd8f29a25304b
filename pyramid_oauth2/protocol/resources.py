"""The protected resources that tokens are for (RFC 8707, RFC 9728): APIs, each by its URL.

An API that was added by name is a :class:`ProtectedResource`. Everything else of the
application is one *area*, whose tokens and grants name no resource.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import quote, unquote, urlsplit

from zope.interface import implementer

from ..interfaces.application import IProtectedResource
from .errors import InvalidTarget
from .refusal import Refusal
from .scopes import OF_NO_API

RESOURCE = "resource"  # the parameter
PUBLIC = "public"
MOST = 8  # resources that one request names
DEFAULT_PORTS = {"https": ":443", "http": ":80"}
WEB = ("https", "http")
# The characters that RFC 3986 allows in a path.
PATH_CHARACTERS = "/~!$&'()*+,;=:@"
# RFC 3986 section 2: a URI has no other characters.
URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!$-;=?-Z_a-z~\[\]@]+")
# A server may read them as a slash or as the way to the folder above, and Pyramid "@@" as nothing:
# whether such a URL is below another one depends on who reads it.
AMBIGUOUS = re.compile(r"/\.{1,2}(/|$)|/@@|%2e|%2f|%5c|//", re.IGNORECASE)
VIEW_SELECTOR = "@@"  # Pyramid's: "/@@notes" is the view "notes", as "/notes" is.

COUNT = Refusal("resource_count", "RFC 8707 section 2")
SYNTAX = Refusal("resource_syntax", "RFC 8707 section 2")
KNOWN = Refusal("resource_known", "RFC 8707 section 2", decided_by="oauth2.resources")


@implementer(IProtectedResource)
@dataclass(frozen=True, slots=True)
class ProtectedResource:
    """An API that was added by name.

    :param uri: its identifier, as operators and clients write it: the audience of its tokens.
    :param scopes: those that it has; None: all.
    :param token_format: of its access tokens; None: the client decides.
    :param lifetime: how long its access tokens live at most, in seconds; None: no limit of its own.
    :param name: for users; None: they see its host.
    :param subject_type: ``public``: it knows each user by one identifier, whichever client calls
        it; None: as the client knows them (OpenID Connect Core section 8).
    """

    uri: str
    scopes: frozenset[str] | None = None
    token_format: str | None = None
    lifetime: int | None = None
    name: str | None = None
    subject_type: str | None = None


# Each request to a view of an application with named APIs asks for it.
@lru_cache(maxsize=256)
def canonical(uri: str) -> str:
    """The spelling by which two URIs of a resource are compared; of anything else, itself.

    The scheme and the host in lower case, without the default port and one slash at the end:
    nothing more, or two resources might become one (RFC 3986 section 6.2).
    """
    scheme, colon, rest = uri.partition(":")
    scheme = scheme.lower()
    if not colon or scheme not in WEB or not rest.startswith("//"):
        return uri
    host, slash, path = rest[2:].partition("/")
    host = host.lower().removesuffix(DEFAULT_PORTS[scheme])
    return f"{scheme}://{host}{slash}{path}".removesuffix("/")


def as_requested(uri: str) -> str:
    """The spelling that requests for a URL are compared in: no query, and no needless escapes.

    :param uri: an ``https`` or ``http`` URL, canonical.
    """
    start, separator, rest = uri.partition("?")[0].partition("://")
    host, slash, path = rest.partition("/")
    return start + separator + host + slash + quote(unquote(path), safe=PATH_CHARACTERS)


def has_other_spellings(uri: str) -> bool:
    """Whether the same views may be at a URL that reads otherwise.

    :param uri: an ``https`` or ``http`` URL, canonical.
    """
    path = uri.partition("://")[2]
    return AMBIGUOUS.search(path) is not None or path.endswith("/")


def uri_problem(uri: str) -> str | None:
    """What is wrong with the identifier of a resource; None if nothing is.

    RFC 8707 section 2: "Its value MUST be an absolute URI [...] The URI MUST NOT include a
    fragment component."
    """
    if "#" in uri:
        return "it has a fragment (#...)"
    if not URI.fullmatch(uri):
        return "it is no absolute URI, such as https://api.example.com/notes"
    if uri.partition(":")[0].lower() not in WEB:
        return None
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or "@" in parts.netloc:
        return "it has no host, or more than one before its path"
    return None


@dataclass(frozen=True)
class Resources:
    """Every protected resource of the server. In records each is in its canonical spelling.

    :param area: the URL of everything in the application that is not named.
    :param application: the application's public URL; a URL below it is one of the area.
    :param known: the APIs that were added by name, by their canonical spelling.
    :param default: of a request that names none, canonical; None: the area.
    :param trusts_virtual_root: whether the URL of a request with ``X-Vhm-Root`` says where it is.
    """

    area: str
    application: str
    known: Mapping[str, ProtectedResource] = field(default_factory=dict)
    default: str | None = None
    trusts_virtual_root: bool = False

    def named(self, values: Iterable[str]) -> tuple[str, ...]:
        """The resources that a request names, each once.

        :raises InvalidTarget: there are too many, or one is malformed or unknown.
        """
        values = [value for value in values if value]
        if len(values) > MOST:
            raise InvalidTarget(
                f"Name at most {MOST} resources.", refusal=COUNT.comparing(times=len(values))
            )
        return tuple(sorted({self._identity(value) for value in values}))

    def _identity(self, value: str) -> str:
        spelling = canonical(value)
        if spelling in self.known:
            return spelling
        if (problem := uri_problem(value)) is not None:
            raise InvalidTarget(
                f"A resource is malformed: {problem}.", refusal=SYNTAX.comparing(resource=value)
            )
        # The metadata of the views below an area name such URLs.
        if spelling == canonical(self.area) or self._is_below_application(spelling):
            return self.at(value)
        raise InvalidTarget(
            "The server does not know this resource.",
            refusal=KNOWN.comparing(resource=value, known=self.uris),
        )

    def _is_below_application(self, spelling: str) -> bool:
        return (
            "?" not in spelling
            and not AMBIGUOUS.search(spelling.partition("://")[2])
            and is_at_or_below(spelling, canonical(self.application))
        )

    def at(self, url: str) -> str:
        """The resource to which a URL of the application belongs: the longest match decides.

        :param url: without a query.
        """
        if not self.known:
            return self.area
        return longest_match(canonical(url), self.known) or self.area

    def at_request(self, url: str) -> frozenset[str]:
        """The resources to which the URL of a request may belong; none if that is not certain.

        By traversal Pyramid passes over empty segments and single dots, goes up at two dots, and
        takes ``@@name`` for the view ``name``: the view of an API is at other URLs too, which are
        not below that of the API as they read.
        """
        start, separator, path = url.partition("://")
        if not AMBIGUOUS.search(path):
            return frozenset({self.at(url)})
        host, *segments = path.split("/")
        if ".." in segments:
            # Up from where, only the route knows.
            return frozenset()
        names = (each.removeprefix(VIEW_SELECTOR) for each in segments)
        passed = [each for each in names if each not in ("", ".")]
        return frozenset({self.at(url), self.at(start + separator + "/".join([host, *passed]))})

    def may_be_elsewhere(self, virtual_root: str) -> bool:
        """Whether a request may be for another resource than its URL says.

        :param virtual_root: its header ``X-Vhm-Root``: with traversal, Pyramid puts that path
            before the one of the URL, or of what a route leaves of it. Anyone can send it.
        """
        if self.trusts_virtual_root or not virtual_root.strip("/"):
            return False
        application = canonical(self.application)
        return any(is_at_or_below(each, application) for each in self.known)

    def audience(self, resources: Collection[str]) -> tuple[str, ...]:
        """Where a token counts that is limited to *resources*: without any, in the area alone."""
        return tuple(resources) or (self.area,)

    def limit(self, resources: Iterable[str]) -> tuple[str, ...]:
        """As records have it: for the area alone, no limit is stored."""
        limited = tuple(resources)
        return () if limited == (self.area,) else limited

    def usable(self, resources: Iterable[str]) -> tuple[str, ...]:
        """Those that the server still knows."""
        return tuple(each for each in resources if each == self.area or each in self.known)

    def uri(self, resource: str) -> str:
        """A resource as its operator writes it."""
        found = self.known.get(resource)
        return resource if found is None else found.uri

    @property
    def uris(self) -> list[str]:
        """The APIs that were added by name, as their operator writes them."""
        return sorted(each.uri for each in self.known.values())

    def scope_at(self, scope: frozenset[str], resources: Collection[str]) -> frozenset[str]:
        """The part of a scope that counts at one of the *resources*, or belongs to no API."""
        of_resources = [self.scopes_of(each) for each in self.audience(resources)]
        if None in of_resources:
            return scope
        elsewhere = frozenset().union(*(each.scopes or () for each in self.known.values()))
        return scope & (OF_NO_API - elsewhere).union(*filter(None, of_resources))

    def scopes_of(self, resource: str) -> frozenset[str] | None:
        """The scopes that a resource has; None: all."""
        found = self.known.get(resource)
        return None if found is None else found.scopes

    def has_public_subjects(self, resources: Collection[str]) -> bool:
        """Whether each of the *resources* knows a user by the same identifier for all clients."""
        found = [self.known[each].subject_type for each in resources if each in self.known]
        return len(found) == len(resources) > 0 and set(found) == {PUBLIC}

    def lifetime(self, resources: Iterable[str]) -> int | None:
        """How long a token for them lives at most, in seconds; None: no limit of theirs."""
        found = [self.known[each].lifetime for each in resources if each in self.known]
        return min((each for each in found if each is not None), default=None)


def longest_match(spelling: str, resources: Iterable[str]) -> str | None:
    """The resource to which a URL belongs, by whole segments; all canonical."""
    above = [each for each in resources if is_at_or_below(spelling, each)]
    return max(above, key=len, default=None)


def is_at_or_below(spelling: str, above: str) -> bool:
    """Whether a URL is another one, or below it by whole segments; both canonical."""
    return spelling == above or spelling.startswith(f"{above}/")
