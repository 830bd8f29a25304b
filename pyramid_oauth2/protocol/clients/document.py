"""A client as a JSON document: the form used by stores, exports and the command line.

The names are those of :class:`~pyramid_oauth2.protocol.records.Client`, so
those of RFC 7591 where it has one, and ``scope`` is a string as in RFC 7591. Of
a secret it has only what the record has: its digest, in base64.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from ..records import Client, ClientSecret

ARRAYS = (
    "redirect_uris",
    "grant_types",
    "response_types",
    "contacts",
    "allowed_origins",
)
SCOPES = ("scope", "optional_scope")
OBJECTS = ("lifetimes", "extra")


def client_document(client: Client) -> dict[str, Any]:
    """Return the client as input for :func:`json.dumps`, with every field.

    Defaults are included: a client stays as it was registered even if a later
    version has other defaults.
    """
    document = {field.name: getattr(client, field.name) for field in fields(Client)}
    for name in ARRAYS:
        document[name] = list(document[name])
    for name in SCOPES:
        document[name] = " ".join(sorted(document[name]))
    for name in OBJECTS:
        document[name] = dict(document[name])
    if client.jwks is not None:
        document["jwks"] = dict(client.jwks)
    document["client_secrets"] = [
        {
            "digest": base64.b64encode(secret.digest).decode("ascii"),
            "scheme": secret.scheme,
            "created_at": secret.created_at,
            "expires_at": secret.expires_at,
        }
        for secret in client.client_secrets
    ]
    return document


def client_from_document(document: Mapping[str, Any]) -> Client:
    """Return the client of a document; a missing field gets its default.

    :raises ValueError: the document has no usable ``client_id``, or has another
        value that a client cannot have.
    """
    # Unknown names are ignored: while a new version is rolled out, the old one can still read.
    known = {field.name for field in fields(Client)} & document.keys()
    try:
        return Client(**{name: _read(name, document[name]) for name in known})
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a client's document: {error}") from None


def _read(name: str, value: Any) -> Any:
    reader: Callable[[Any], Any] = _READERS.get(name, _text)
    try:
        return reader(value)
    except TypeError as error:
        raise TypeError(f"{name}: {error}") from None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a text is needed")
    return value


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("true or false is needed")
    return value


def _number(value: Any) -> int:
    # In Python a bool is also an int, and JSON readers disagree on integers beyond 2**53.
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 2**53:
        raise TypeError("a whole number is needed")
    return value


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("an object is needed")
    return value


def _lifetimes(value: Any) -> dict[str, int]:
    return {kind: _number(seconds) for kind, seconds in _object(value).items()}


def _or_none(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else read(value)


def _array(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError("a list is needed")
    return tuple(map(_text, value))


def _scopes(value: Any) -> frozenset[str]:
    if not isinstance(value, str):
        raise TypeError("scopes are one string, separated by spaces")
    return frozenset(filter(None, value.split(" ")))


def _secrets(value: Any) -> tuple[ClientSecret, ...]:
    if not isinstance(value, list):
        raise TypeError("a list is needed")
    return tuple(_secret(_object(each)) for each in value)


def _secret(document: Mapping[str, Any]) -> ClientSecret:
    return ClientSecret(
        digest=base64.b64decode(_text(document["digest"]), validate=True),
        scheme=_text(document["scheme"]),
        created_at=_number(document["created_at"]),
        expires_at=_or_none(_number)(document.get("expires_at")),
    )


_READERS: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(ARRAYS, _array),
    **dict.fromkeys(SCOPES, _scopes),
    **dict.fromkeys(("created_at", "updated_at", "version", "epoch"), _number),
    **dict.fromkeys(("require_pkce", "resource_server"), _truth),
    **dict.fromkeys(
        ("client_uri", "logo_uri", "tos_uri", "policy_uri", "jwks_uri", "owner"), _or_none(_text)
    ),
    "client_secrets": _secrets,
    "disabled_at": _or_none(_number),
    "extra": _object,
    "jwks": _or_none(_object),
    "lifetimes": _lifetimes,
}
