"""The names and options that no added field may have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from ..records import Client
from .codecs import Codec
from .field import with_an_option
from .metadata import FIELDS

# Beside those of the record: what else a client's document or a form may have.
NAMES = frozenset(field.name for field in fields(Client)) | {
    *("client_secret", "client_secret_expires_at", "client_id_issued_at"),
    *("registration_access_token", "registration_client_uri", "software_statement"),
    *("oauth2_browser_token", "oauth2_fields"),
}


def _flags() -> Iterator[str]:
    for field, option in with_an_option(FIELDS):
        yield option.flag
        if field.codec is Codec.BOOLEAN:
            yield option.flag.replace("--", "--no-", 1)


FLAGS = frozenset(_flags()) | {
    *("--help", "--kind", "--client-id", "--secret-stdin", "--clear", "--json"),
}
