"""Redirect URIs: which may be registered, which may be used, and the URL of a response.

RFC 6749 section 3.1.2, RFC 8252, RFC 9700 section 2.1.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from .messages import Message
from .messages import message as _

# A client that reads the first of two parameters of one name would read the registered one.
RESPONSE_PARAMETERS = frozenset(
    {"access_token", "code", "error", "error_description", "expires_in", "iss", "state"}
)

WEB = frozenset({"https", "http"})
# Their pages have an opaque origin, sent as "null" (Fetch standard), or there are no pages.
NO_ORIGIN = frozenset(
    {"about", "blob", "data", "file", "filesystem", "ftp", "javascript", "mailto", "ws", "wss"}
)
# Not in an origin as browsers send it (URL standard: the port is null then).
DEFAULT_PORTS = {"https": 443, "http": 80}
LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
# RFC 6761 section 6.3: names below localhost are loopback as well.
_BELOW_LOCALHOST = re.compile(r"([a-z0-9_-]+\.)+localhost")

# A URI is ASCII without white space, control characters, or the characters
# that RFC 3986 excludes; other parsers may read anything else differently.
_URI = re.compile(r"[\x21\x23-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]+")
_PORT = re.compile(r":[0-9]*$")
_PRIVATE_USE_SCHEME = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+")
_SCHEME_WITHOUT_DOT = re.compile(r"[a-z][a-z0-9+-]{0,49}")
# A browser or a system acts on them itself: one runs a script, another opens a mail program.
TAKEN_SCHEMES = (
    WEB
    | NO_ORIGIN
    | {
        *("chrome", "chrome-extension", "cid", "content", "facetime", "geo", "intent", "itms"),
        *("jar", "livescript", "market", "mid", "mocha", "moz-extension", "ms-help", "res"),
        *("resource", "search-ms", "sftp", "sms", "ssh", "tel", "urn", "vbscript"),
        *("view-source", "webcal", "wyciwyg"),
    }
)


def private_scheme_problem(scheme: str) -> Message | None:
    """What is wrong with a private-use scheme without a dot, None if nothing is.

    Such schemes are allowed by name only: RFC 8252 section 7.1 demands a domain name in reverse,
    which two apps do not share by chance.
    """
    if not _SCHEME_WITHOUT_DOT.fullmatch(scheme):
        return _("is not a scheme without a dot: write lower-case letters, digits, '+' or '-'")
    if scheme in TAKEN_SCHEMES:
        return _("is a scheme with a meaning of its own")
    return None


def redirect_uri_problem(uri: str, private_schemes: Collection[str] = ()) -> Message | None:
    """What is wrong with a redirect URI that is to be registered, None if nothing is.

    Allowed are https on any host, http on a loopback host only, and a
    private-use scheme with a dot in it (``com.example.app:/callback``, RFC 8252
    section 7.1).

    :param private_schemes: schemes without a dot that are allowed as well.
    """
    if not _URI.fullmatch(uri):
        return _("has characters that a URI cannot have; percent-encode them")
    if "#" in uri:
        # RFC 6749 section 3.1.2: "The endpoint URI MUST NOT include a fragment component."
        return _("has a fragment; leave out the '#' and what follows")
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname, parts.port
    except ValueError:
        return _("is not a URI")
    if RESPONSE_PARAMETERS & {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}:
        return _("has a query parameter that a response has as well, such as code or state")
    if not parts.scheme:
        return _("is relative; write it whole, with https://")
    if not uri.startswith(parts.scheme):
        # Browsers take it as the same, and what compares schemes would not.
        return _("has capital letters in its scheme; write it in lower case")
    if parts.scheme in WEB:
        if not host:
            return _("has no host")
        return _host_problem(parts, port) or _plain_http_problem(parts.scheme, host)
    if parts.scheme not in private_schemes and not _PRIVATE_USE_SCHEME.fullmatch(parts.scheme):
        # RFC 8252 section 7.1: a scheme in reverse domain name notation;
        # javascript:, data: and the like have no dot.
        return _("has a scheme that is neither https nor a private-use one such as com.example.app")
    return None


def _host_problem(parts: SplitResult, port: int | None) -> Message | None:
    host = parts.hostname or ""
    if parts.username is not None or parts.password is not None:
        return _("has a user name before the host; leave it out")
    if "*" in host:
        # No such host exists, and a wildcard match is what RFC 9700 section 2.1 forbids.
        return _("has a wildcard; register each host by its whole name")
    if "%" in host:
        # A browser decodes it: what is compared or shown as one host would be another.
        return _("has percent-encoded characters in its host; write them as they are")
    if port == 0:
        return _("has port 0")
    return None


def _plain_http_problem(scheme: str, host: str) -> Message | None:
    if scheme == "http" and host not in LOOPBACK_HOSTS:
        return _("is http on a public host; use https (http is for localhost and 127.0.0.1 only)")
    return None


def origin_problem(origin: str) -> Message | None:
    """What is wrong with an origin whose pages may read the responses to a client.

    An origin is a scheme, a host and a port (RFC 6454 section 6.2). The scheme is https, http on
    a loopback host (also ``http://tauri.localhost``), or that by which an app or a browser's
    extension loads its pages (``capacitor://localhost``, ``chrome-extension://...``).
    """
    if origin == "null":
        return _("is sent by every page without an origin, so it would allow any site")
    if not _URI.fullmatch(origin):
        return _("has characters that an origin cannot have")
    try:
        parts = urlsplit(origin)
        host, port = parts.hostname, parts.port
    except ValueError:
        return _("is not an origin")
    if parts.scheme in NO_ORIGIN:
        return _("has a scheme whose pages have no origin of their own")
    if not host or origin != f"{parts.scheme}://{parts.netloc}":
        return _("is not an origin; write scheme, host and port only, as in https://app.example")
    if parts.scheme in WEB and parts.netloc != parts.netloc.lower():
        # Of another scheme the host stays as it is written (URL standard, "opaque host").
        return _("has capital letters; browsers send an origin in lower case")
    if problem := _host_problem(parts, port):
        return problem
    # Not for a redirect URI: some resolvers ask a server for such a name, and a code is sent
    # there. A page that reads a token response has the code already.
    local = _BELOW_LOCALHOST.fullmatch(host) is not None
    if not local and (problem := _plain_http_problem(parts.scheme, host)):
        return problem
    sent = origin_of(origin)
    if origin == sent:
        return None
    return _("has a port that browsers do not send; write %(origin)s", origin=sent)


def origin_of(url: str) -> str:
    """The origin of a URL as browsers send it (RFC 6454 section 6.2): without the default port.

    :raises ValueError: *url* is not a URL.
    """
    parts = urlsplit(url)
    host = _PORT.sub("", parts.netloc.rpartition("@")[2])
    if parts.scheme in WEB:
        host = host.lower()
    given = parts.port not in (None, DEFAULT_PORTS.get(parts.scheme))
    return f"{parts.scheme}://{host}:{parts.port}" if given else f"{parts.scheme}://{host}"


# RFC 8252 section 7.3: the two loopback addresses. Section 8.3 advises clients against
# localhost; many use it, and one that has registered it depends on what it resolves to anyway.
_LOOPBACK = re.compile(r"(http://(?:127\.0\.0\.1|\[::1\]|localhost))(?::[0-9]{1,5})?(?=[/?]|$)")


def matching_redirect_uri(
    registered: Sequence[str], requested: str | None, private_schemes: Collection[str] = ()
) -> str | None:
    """Return the redirect URI that a request may use, None if there is none.

    RFC 9700 section 2.1: "Authorization servers MUST utilize exact string
    matching except for port numbers in localhost redirection URIs of native
    apps". A request without one uses the registered one if there is only one.

    :param private_schemes: as for :func:`redirect_uri_problem`.
    """
    if requested is None:
        requested = registered[0] if len(registered) == 1 else None
    # The record may be older than the rules, or come from another server.
    if requested is None or redirect_uri_problem(requested, private_schemes) is not None:
        return None
    if requested in registered:
        return requested
    portless = _without_loopback_port(requested)
    if portless is None:
        return None
    return requested if any(_without_loopback_port(r) == portless for r in registered) else None


def _without_loopback_port(uri: str) -> str | None:
    match = _LOOPBACK.match(uri)
    return None if match is None else match[1] + uri[match.end() :]


def redirect_url(redirect_uri: str, parameters: Mapping[str, str], mode: str) -> str:
    """Return the URL that delivers *parameters* to the client.

    A query in the registered URI is preserved (RFC 6749 section 3.1.2).

    :param mode: ``query`` or ``fragment``.
    """
    encoded = urlencode(parameters)
    if mode == "fragment":
        return f"{redirect_uri}#{encoded}"
    if "?" not in redirect_uri:
        return f"{redirect_uri}?{encoded}"
    return f"{redirect_uri}{'' if redirect_uri.endswith(('?', '&')) else '&'}{encoded}"
