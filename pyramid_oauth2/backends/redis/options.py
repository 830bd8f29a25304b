"""The keys of ``oauth2.redis.*`` that are passed to redis-py, and the values that each takes."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Collection, Mapping
from ssl import TLSVersion
from typing import Any, NamedTuple

from redis import Redis
from redis.connection import URL_QUERY_ARGUMENT_PARSERS

from ...startup_error import StartupError

# An option of the pool, not of the client.
TIMEOUT = "timeout"

# The stores rely on these values, so they cannot be set.
_FIXED = {
    *("decode_responses", "encoding", "encoding_errors", "protocol", "retry", "cache"),
    *("retry_on_timeout", "retry_on_error", "connection_pool", "read_from_replicas", "host"),
    *("port", "db", "single_connection_client", "from_url", "url", "unix_socket_path"),
}
# They are objects, which an ini cannot hold.
_OBJECTS = {
    *("cache_config", "credential_provider", "driver_info", "event_dispatcher"),
    *("maint_notifications_config", "oss_cluster_maint_notifications_handler"),
    *("redis_connect_func", "socket_keepalive_options", "ssl_ocsp_context"),
}
_KNOWN = {
    TIMEOUT,
    *inspect.signature(Redis.__init__).parameters.keys() - _FIXED - _OBJECTS,
} - {"self", "kwargs", "ssl"}
_TLS = "write rediss in place of redis in oauth2.redis.url"
_MOST_SECONDS = 24 * 60 * 60
# A pool has a place for each from the start; a server has 10000 by default (maxclients).
_MOST_CONNECTIONS = 10_000
_MOST_BYTES = 2**24  # of one read; each read has a buffer of that size
# Without a certificate a key is a TypeError at each connection, and a password has no effect.
_OF_A_CERTIFICATE = ("ssl_keyfile", "ssl_password")

_PARSERS: Mapping[str, Any] = URL_QUERY_ARGUMENT_PARSERS


class _Rule(NamedTuple):
    accepts: Callable[[Any], bool]
    form: str


_above_0 = _Rule(lambda value: 0 < value <= _MOST_SECONDS, "a number of seconds, such as 1.5")
_from_0 = _Rule(lambda value: 0 <= value <= _MOST_SECONDS, "a number of seconds, 0 or more")
_whole_from_0 = _from_0._replace(form="a whole number of seconds, 0 or more")


def _up_to(most: int) -> _Rule:
    return _Rule(lambda value: 1 <= value <= most, f"a whole number from 1 to {most}")


_RULES: Mapping[str, _Rule] = {
    TIMEOUT: _from_0,
    "socket_timeout": _above_0,
    "socket_connect_timeout": _above_0,
    "health_check_interval": _whole_from_0,
    "max_connections": _up_to(_MOST_CONNECTIONS),
    "socket_read_size": _up_to(_MOST_BYTES),
    "client_name": _Rule(
        lambda value: value.isascii() and value.isprintable() and " " not in value,
        "ASCII without blanks",
    ),
    "ssl_cert_reqs": _Rule(
        lambda value: value in ("none", "optional", "required"), "none, optional or required"
    ),
    "ssl_min_version": _Rule(
        lambda value: value in list(TLSVersion), "771 for TLS 1.2, or 772 for TLS 1.3"
    ),
}


def parsed_option(name: str, text: str, tls: bool) -> Any:
    """Parse the value of an option.

    :param tls: whether the URL means TLS.
    :raises pyramid.exceptions.ConfigurationError: there is no such option, or this is not a
        value for it; the message names it and does not repeat the value.
    """
    _check_name(name, tls)
    parse: Callable[[str], Any] = _PARSERS.get(name, str)
    rule = _RULES.get(name)
    try:
        value = parse(text)
        if rule is None or rule.accepts(value):
            return value
    except (TypeError, ValueError):
        pass
    form = "" if rule is None else f": it is {rule.form}"
    raise StartupError(f"oauth2.redis.{name}: this is not a value for it{form}.")


def check_together(names: Collection[str]) -> None:
    """Check that each option has those that it needs.

    :raises pyramid.exceptions.ConfigurationError: one is missing; the message names it.
    """
    for name in _OF_A_CERTIFICATE:
        if name in names and "ssl_certfile" not in names:
            raise StartupError(
                f"oauth2.redis.{name} is for a certificate of our own: set "
                f"oauth2.redis.ssl_certfile too, or remove oauth2.redis.{name}."
            )


def _check_name(name: str, tls: bool) -> None:
    key = f"oauth2.redis.{name}"
    if name == "ssl":
        raise StartupError(f"{key} cannot be set: remove it. For TLS, {_TLS}.")
    if name in _FIXED | _OBJECTS:
        raise StartupError(f"{key} cannot be set: remove it.")
    if name not in _KNOWN:
        near = difflib.get_close_matches(name, _KNOWN, 1)
        hint = f" Did you mean oauth2.redis.{near[0]}?" if near else ""
        raise StartupError(f"{key} is not an option.{hint}")
    if name.startswith("ssl_") and not tls:
        raise StartupError(f"{key} has no effect without TLS: {_TLS}, or remove {key}.")
