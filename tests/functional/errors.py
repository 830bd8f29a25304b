"""Checks of an error response."""

from __future__ import annotations

import re

from webtest import TestResponse

DESCRIPTION = re.compile(r"[\x20\x21\x23-\x5b\x5d-\x7e]+")


def assert_error(answer: TestResponse, status: int, code: str) -> None:
    """RFC 6749 section 5.2, to the letter."""
    assert (answer.status_int, answer.json["error"]) == (status, code), answer.text
    assert answer.json.keys() == {"error", "error_description"}
    assert DESCRIPTION.fullmatch(answer.json["error_description"])
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    if status == 401:
        assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")
