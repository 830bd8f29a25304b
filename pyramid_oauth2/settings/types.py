"""The types of settings: one parser per type, each with an error message that says what to write.

The docstring of a parser is the type's description in the reference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from ..protocol.http import MAX_BODY
from ..protocol.lifetimes import LONGEST_SIGNED
from ..protocol.messages import message as _
from ..protocol.parameters import MAX_VALUE
from ..protocol.redirect_uris import LOOPBACK_HOSTS
from ..protocol.scopes import SCOPE_TOKEN
from ..protocol.throttling import PERIODS, Limit

Parser = Callable[[Any], Any]

# A path as it is in a URL and in HTML; "//host" would be the address of another host.
OWN_PATH = re.compile(r"/(?!/)[!$-;=?-\[\]-~]*")
DURATION = re.compile(r"([0-9]{1,9})\s*([smhd]?)")
UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
LONGEST = 10 * 365 * 86400
TRUE = frozenset({"true", "yes", "on", "1"})
FALSE = frozenset({"false", "no", "off", "0"})
EVERYBODY = "system.Everyone"  # Pyramid's principal


AUTHORIZATION_SERVER = "authorization_server"
RESOURCE_SERVER = "resource_server"
MODES = (AUTHORIZATION_SERVER, RESOURCE_SERVER)


class BadValue(ValueError):
    """The text of a setting is not valid; the message says what is."""


def duration(value: str | int) -> int:
    """``0``, ``3600``, ``60s``, ``10m``, ``1h``, ``30d``: seconds, without an upper limit."""
    match = DURATION.fullmatch(str(value).strip())
    if not match:
        raise BadValue(
            _("write a number of seconds, or one with a unit, such as 60s, 10m, 1h or 30d")
        )
    return int(match[1]) * UNITS[match[2]]


def lifetime(value: str | int) -> int:
    """``3600``, ``60s``, ``10m``, ``1h``, ``30d``: seconds, at least one, at most ten years."""
    number = duration(value)
    if not 0 < number <= LONGEST:
        raise BadValue("choose between one second and ten years")
    return number


def signed_lifetime(value: str | int) -> int:
    """``600``, ``60s``, ``10m``, ``1h``: seconds, at least one, at most a day."""
    if (number := lifetime(value)) > LONGEST_SIGNED:
        # A key is kept for no longer after it last signed, also if the settings are changed.
        raise BadValue("choose a day at most")
    return number


def code_lifetime(value: str | int) -> int:
    """A lifetime of at most ten minutes (RFC 6749 section 4.1.2)."""
    if (number := lifetime(value)) > 600:
        raise BadValue("choose 10m or less (RFC 6749 section 4.1.2)")
    return number


def seconds(value: str | int) -> int:
    """``0``, ``30``, ``30s``, ``10m``: seconds, 0 to one hour."""
    match = DURATION.fullmatch(str(value).strip())
    number = int(match[1]) * UNITS[match[2]] if match else 3601
    if number > 3600:
        raise BadValue("write 0 to 3600 seconds, or a number with a unit, such as 30s or 10m")
    return number


def code_grace(value: str | int) -> int:
    """``0``, ``30``, ``1m``: seconds, at most one minute."""
    if (number := seconds(value)) > 60:
        raise BadValue("choose 60 seconds or less")
    return number


def boolean(value: str | bool) -> bool:
    """``true`` or ``false``."""
    text = str(value).strip().lower()
    if text in TRUE:
        return True
    if text in FALSE:
        return False
    raise BadValue("write true or false")


def rate(value: str | Limit) -> Limit:
    """``10/minute``: a number per second, minute, hour or day."""
    match = re.fullmatch(r"([0-9]{1,9})\s*/\s*([a-z]+)", str(value).strip())
    if not match or match[2] not in PERIODS:
        raise BadValue(f"write a number and a period, such as 10/minute: {', '.join(PERIODS)}")
    if not int(match[1]):
        raise BadValue("choose 1 or more; oauth2.throttle = false limits no requests")
    return Limit(int(match[1]), match[2])


def words(value: str | Collection[str]) -> frozenset[str]:
    """Words, separated by white space."""
    found = value.split() if isinstance(value, str) else value
    # Not an iterator: the check would use it up, and no word would be left.
    if not isinstance(found, Collection) or not all(isinstance(word, str) for word in found):
        raise BadValue("write words, separated by blanks or lines, or pass a list of texts")
    return frozenset(found)


def some_words(value: str | Collection[str]) -> frozenset[str]:
    """Words, separated by white space; at least one."""
    found = words(value)
    if not found:
        raise BadValue("name at least one, or leave the key out for all")
    return found


def principals(value: str | Collection[str]) -> frozenset[str]:
    """Principals of an ACL, separated by white space; not ``system.Everyone``."""
    found = words(value)
    if any(word.endswith(",") for word in found):
        raise BadValue("separate them by blanks or lines, without commas")
    if EVERYBODY in found:
        raise BadValue(f"{EVERYBODY} is whoever comes, signed in or not; name a group or userids")
    return found


def count(value: str | int) -> int:
    """A number from 1 to 1000."""
    text = str(value).strip()
    if not re.fullmatch("[0-9]{1,4}", text) or not 1 <= int(text) <= 1000:
        raise BadValue("write a number from 1 to 1000")
    return int(text)


def parameter_length(value: str | int) -> int:
    """A number of characters from 4096 to 65536."""
    text = str(value).strip()
    # At most the longest body that is read.
    if not re.fullmatch("[0-9]{4,5}", text) or not MAX_VALUE <= int(text) <= MAX_BODY:
        raise BadValue(f"write a number from {MAX_VALUE} to {MAX_BODY}")
    return int(text)


def response_type_words(value: str | Collection[str]) -> frozenset[str]:
    """At least one response type; which ones there are is known at start-up."""
    found = words(value)
    if not found:
        raise BadValue("write code, or code token")
    return found


def mode_name(value: str) -> str:
    """``authorization_server`` or ``resource_server``."""
    text = str(value).strip()
    if text not in MODES:
        raise BadValue(f"write {' or '.join(MODES)}")
    return text


def plain_text(value: str) -> str:
    """A text."""
    return str(value).strip()


def route_name(value: str) -> str:
    """A name of letters, digits, ``_``, ``.``, ``:`` or ``-``."""
    text = str(value).strip()
    if not re.fullmatch(r"[A-Za-z0-9_.:-]+", text):
        raise BadValue("write one name of letters, digits, '_', '.', ':' or '-'")
    return text


def renderer(value: str) -> str:
    """A template or the name of a renderer, as in ``renderer=`` of a view."""
    return str(value).strip()


def backend_name(value: str) -> str:
    """The name of a backend, or the dotted name of your own backend."""
    text = str(value).strip()
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.:-]*", text):
        raise BadValue("name one backend: sqlalchemy, redis, memory or a dotted name")
    return text


def scope_lines(value: str | Mapping[str, str]) -> Mapping[str, str]:
    """``name = description``, one per line."""
    if isinstance(value, str):
        lines = (line.partition("=") for line in value.splitlines() if line.strip())
        pairs = [(name.strip(), text.strip()) for name, _, text in lines]
    elif isinstance(value, Mapping):
        pairs = list(value.items())
    else:
        raise BadValue("write one 'name = description' a line, or pass a dict")
    for name, text in pairs:
        if not isinstance(name, str) or not isinstance(text, str):
            raise BadValue(
                "a scope and its description are texts, as in {'read': 'Read your data'}"
            )
        if not SCOPE_TOKEN.fullmatch(name):
            raise BadValue(f"{name!r} is not a scope: write one 'name = description' a line")
        if not text:
            raise BadValue(f"say what {name!r} allows, as in '{name} = Read your data'")
    if len(dict(pairs)) != len(pairs):
        raise BadValue("a scope is named twice")
    return MappingProxyType(dict(pairs))


def route_path(value: str) -> str:
    """A path such as ``/oauth2``, without a trailing slash or route markers."""
    text = str(value).strip()
    if not re.fullmatch(r"(/[A-Za-z0-9_.~-]+)+", text):
        raise BadValue("write a path such as /oauth2, without a slash at its end")
    return text


def paths(value: str | Collection[str]) -> frozenset[str]:
    """Paths such as ``/api``, separated by white space."""
    return frozenset(map(route_path, words(value)))


def base_url(value: str) -> str:
    """A URL without a trailing slash, query or fragment: https, or http on a loopback host."""
    return _loopback_if_http(_url(value))


def endpoint_url(value: str) -> str:
    """The URL of an endpoint of another server: https, or http on a loopback host."""
    return _loopback_if_http(_url(value, slash=True))


def issuer_url(value: str) -> str:
    """A URL without query or fragment (RFC 8414 section 2)."""
    return _loopback_if_http(_url(value, slash=True))


def own_address(value: str) -> str:
    """A path on the server's own host, such as ``/static/shop.css``."""
    text = str(value).strip()
    if not OWN_PATH.fullmatch(text):
        raise BadValue("write a path on this host, such as /static/shop.css")
    return text


def image_address(value: str) -> str:
    """An ``https`` URL, or a path on the server's own host, such as ``/static/logo.svg``."""
    text = str(value).strip()
    origin = re.match(r"https://[A-Za-z0-9._-]+(:[0-9]+)?(?=/)", text)
    if not OWN_PATH.fullmatch(text[origin.end() :] if origin else text):
        raise BadValue("write an https URL, or a path on this host, such as /static/logo.svg")
    return text


def site_address(value: str) -> str:
    """A URL, https or http on a loopback host, or a path on the server's own host."""
    text = str(value).strip()
    return own_address(text) if text.startswith("/") else _loopback_if_http(_url(text, slash=True))


def _loopback_if_http(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS:
        raise BadValue(
            f"http is for a loopback host only; write https://{parts.netloc}{parts.path}, since "
            "tokens must not travel in clear"
        )
    return text


def _url(value: str, slash: bool = False) -> str:
    text = str(value).strip()
    try:
        parts = urlsplit(text)
        complete = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        complete = False
    if not complete or parts.scheme not in ("https", "http") or parts.username is not None:
        raise BadValue("write a whole URL, such as https://auth.example.com")
    if "?" in text or "#" in text:
        raise BadValue("leave out the query and the fragment")
    if text.endswith("/") and not slash:
        # Clients append well-known paths to the URL and compare it as a string.
        raise BadValue("leave out the slash at its end")
    # The scheme too, since https_required tests the text for the prefix "https:".
    canonical = text.startswith(f"{parts.scheme}://") and parts.netloc == parts.netloc.lower()
    if not canonical or not re.fullmatch(r"[\x21-\x7e]+", text):
        raise BadValue("write it in ASCII, the scheme and the host in lower case")
    return text
