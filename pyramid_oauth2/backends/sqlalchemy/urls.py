"""The URL of a database. It may hold a password, so no error repeats a part of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from .prepared_statements import without_threshold

SCHEMES = "sqlite:///FILE, postgresql+psycopg://..., mysql+pymysql://... or mariadb+pymysql://..."


def parsed_url(url: str | URL) -> tuple[URL, dict[str, Any]]:
    """Parse the URL of a database.

    :return: the URL, and what to pass to ``create_engine`` besides.
    :raises ValueError: it is none; the message says why, and repeats nothing of it.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ValueError(f"this is not a URL; write one of {SCHEMES}") from None
    except ValueError:
        raise ValueError(
            "the port is not a number, or the user or the password has an @, a : or a /: quote "
            "them in the URL (%40, %3A, %2F)"
        ) from None
    if "@" in (parsed.host or ""):
        raise ValueError("the user or the password has an @: quote it in the URL (%40)")
    if parsed.get_backend_name() == "sqlite":
        return parsed, {}
    return without_threshold(parsed)
