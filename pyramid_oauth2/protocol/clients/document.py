"""A client as a JSON document: the form used by stores, exports and the command line.

The names are those of :class:`~pyramid_oauth2.protocol.records.Client`, so
those of RFC 7591 where it has one, and ``scope`` is a string as in RFC 7591. Of
a secret it has only what the record has: its digest, in base64.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any

from ..messages import message as _
from ..messages import message_of
from ..records import Client, ClientSecret
from .codecs import Reader, integer, mapping, or_none, text, time
from .metadata import BY_NAME
from .unreadable import refuse_to_write


def client_document(client: Client) -> dict[str, Any]:
    """Return the client as input for :func:`json.dumps`, with every field.

    Defaults are included: a client stays as it was registered even if a later
    version has other defaults.

    :raises StoreUnavailable: its own record cannot be read, and must not be replaced.
    """
    refuse_to_write(client)
    return {name: write(getattr(client, name)) for name, (_, write) in _CODECS.items()}


def client_from_document(document: Mapping[str, Any]) -> Client:
    """Return the client of a document; a missing field gets its default.

    :raises ValueError: the document has no usable ``client_id``, or has another
        value that a client cannot have.
    """
    # Unknown names are ignored: while a new version is rolled out, the old one can still read.
    known = _CODECS.keys() & document.keys()
    try:
        return Client(**{name: read_field(name, document[name]) for name in known})
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a client's document: {error}") from None


def document_problems(client: Client) -> Iterator[tuple[str, str]]:
    """The fields that could not be read again, as pairs of field and message."""
    for name, (read, write) in _CODECS.items():
        try:
            read(write(getattr(client, name)))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            yield name, message_of(error)


def read_field(name: str, value: Any) -> Any:
    """Return the Python value of one member of a document.

    :raises KeyError: a part of it is missing.
    :raises TypeError: it is not of the field's form.
    """
    read, _ = _CODECS[name]
    try:
        return read(value)
    except TypeError as error:
        raise TypeError(f"{name}: {error}") from None


def _read_secrets(value: Any) -> tuple[ClientSecret, ...]:
    if not isinstance(value, list):
        raise TypeError(_("a list is needed"))
    return tuple(_read_secret(mapping(each)) for each in value)


def _read_secret(document: Mapping[str, Any]) -> ClientSecret:
    return ClientSecret(
        digest=base64.b64decode(text(document["digest"]), validate=True),
        scheme=text(document["scheme"]),
        created_at=time(document["created_at"]),
        expires_at=or_none(time)(document.get("expires_at")),
    )


def _write_secrets(secrets: Iterable[ClientSecret]) -> list[dict[str, Any]]:
    return [
        {
            "digest": base64.b64encode(secret.digest).decode("ascii"),
            "scheme": secret.scheme,
            "created_at": secret.created_at,
            "expires_at": secret.expires_at,
        }
        for secret in secrets
    ]


def _unchanged(value: Any) -> Any:
    return value


# What the registry itself maintains.
_MAINTAINED: Mapping[str, Reader] = {
    "client_id": text,
    "created_at": time,
    "updated_at": time,
    "disabled_at": or_none(time),
    "version": integer,
    "epoch": integer,
}
_BY_NAME = {
    "client_secrets": (_read_secrets, _write_secrets),
    **{name: (read, _unchanged) for name, read in _MAINTAINED.items()},
    **{name: (field.codec.read, field.codec.write) for name, field in BY_NAME.items()},
}
# In the order of the record.
_CODECS: Mapping[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    field.name: _BY_NAME[field.name] for field in fields(Client)
}
