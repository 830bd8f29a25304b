"""``oauth2.redis.url``: one server, a Sentinel group or a Cluster, with TLS or without.

::

    redis://[user:password@]host[:port][/database]
    unix://[user:password@]/path[?db=database]
    redis+sentinel://[user:password@]host[:port],host.../service[/database]
    redis+cluster://[user:password@]host[:port],host...

``rediss`` instead of ``redis`` means TLS. Options of redis-py may follow as a
query; if the Sentinels have a password of their own, also ``sentinel_username``
and ``sentinel_password``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

SINGLE, SENTINEL, CLUSTER = "single", "sentinel", "cluster"
SCHEMES = (
    "redis://host:port/0, rediss://... (TLS), unix:///path, "
    "redis+sentinel://host:port,host:port/service/0 or redis+cluster://host:port,host:port"
)
PORT, SENTINEL_PORT = 6379, 26379
# RFC 3986 appendix B.
_URL = re.compile(r"(?:([^:/?#]+):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#.*)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Address:
    """The parts of a URL.

    :ivar mode: ``single``, ``sentinel`` or ``cluster``.
    :ivar hosts: hosts and ports; none for a Unix socket.
    :ivar options: the query, as text.
    """

    mode: str
    hosts: tuple[tuple[str, int], ...] = ()
    path: str | None = None
    service: str | None = None
    database: int = 0
    tls: bool = False
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    options: Mapping[str, str] = field(default_factory=dict, repr=False)


def parse_url(url: str) -> Address:
    """Parse a URL.

    :raises ValueError: it has none of these forms; the message does not repeat it,
        since it may hold a password.
    """
    parts = _split(url)
    scheme, _, mode = parts.scheme.partition("+")
    if (scheme, mode) == ("unix", ""):
        return _socket(parts)
    if scheme not in ("redis", "rediss") or mode not in ("", SENTINEL, CLUSTER):
        raise ValueError(f"its scheme is not one of {SCHEMES}")
    credentials, _, hosts = parts.netloc.rpartition("@")
    username, password = _credentials(credentials)
    addresses = _hosts(hosts, mode)
    service, database = _path(parts.path, mode)
    return Address(
        mode or SINGLE,
        addresses,
        service=service,
        database=database,
        tls=scheme == "rediss",
        username=username,
        password=password,
        options=dict(parse_qsl(parts.query)),
    )


def _split(url: str) -> SplitResult:
    # urlsplit allows one host only, and refuses an IPv6 address in a list of several.
    found = _URL.fullmatch(url.strip())
    assert found is not None, "it matches every text"
    scheme, netloc, path, query = found.groups("")
    return SplitResult(scheme.lower(), netloc, path, query, "")


def _socket(parts: SplitResult) -> Address:
    options = dict(parse_qsl(parts.query))
    database = _database(options.pop("db", ""))
    username, password = _credentials(parts.netloc.rpartition("@")[0])
    return Address(
        SINGLE,
        path=unquote(parts.path),
        database=database,
        username=username,
        password=password,
        options=options,
    )


def _credentials(text: str) -> tuple[str | None, str | None]:
    username, _, password = text.partition(":")
    return unquote(username) or None, unquote(password) or None


def _hosts(text: str, mode: str) -> tuple[tuple[str, int], ...]:
    hosts = tuple(_host(host, mode) for host in text.split(","))
    if mode == "" and len(hosts) > 1:
        raise ValueError(f"several hosts need another scheme; give one of {SCHEMES}")
    return hosts


def _host(text: str, mode: str) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{text}")
    except ValueError:
        raise ValueError(f"not a URL; give one of {SCHEMES}") from None
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError("a port is not a number up to 65535") from None
    if not host:
        raise ValueError(f"a host is missing; give one of {SCHEMES}")
    return host, port or (SENTINEL_PORT if mode == SENTINEL else PORT)


def _path(path: str, mode: str) -> tuple[str | None, int]:
    words = [unquote(word) for word in path.strip("/").split("/")]
    if mode == SENTINEL:
        if not words[0]:
            raise ValueError("the service is missing: redis+sentinel://host:port/service/0")
        return words[0], _database("/".join(words[1:]))
    database = _database("/".join(words))
    if mode == CLUSTER and database:
        raise ValueError("a Cluster has no databases: leave the number out")
    return None, database


def _database(text: str) -> int:
    if (text and not text.isascii()) or (text and not text.isdigit()):
        raise ValueError("the database is not a number")
    return int(text or 0)
