"""A field of a client that its record has as an attribute, which has the default."""

from __future__ import annotations

from typing import Any

from ..records import Client
from .codecs import Codec
from .field import ClientField

MAX_ENTRIES = 50

_DEFAULT = Client("default")


def core_field(name: str, codec: Codec, help: str, **more: Any) -> ClientField:
    """The declaration of a field of the record.

    :param name: of the attribute, as RFC 7591 section 2 has it where it does.
    :param more: the other members of a :class:`~.field.ClientField`, but for the default.
    """
    return ClientField(name, codec, help, getattr(_DEFAULT, name), **more)
