"""The JSON object in the body of a registration request (RFC 7591 section 3.1)."""

from __future__ import annotations

from typing import Any

from ...jose.objects import json_object
from ...protocol.errors import InvalidMetadata
from ...protocol.http import HTTPRequest
from ...protocol.refusal import Refusal

JSON = "application/json"
MEDIA_TYPE = Refusal("registration_media_type", "RFC 7591 section 3.1")
BODY = Refusal("registration_body", "RFC 7591 section 3.1")


def metadata_in(http: HTTPRequest) -> dict[str, Any]:
    """The members of the body.

    :raises InvalidMetadata: it is no JSON object.
    """
    media_type = http.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != JSON:
        raise InvalidMetadata(
            f"Send the metadata as {JSON}.", refusal=MEDIA_TYPE.comparing(content_type=media_type)
        )
    try:
        members = json_object(http.body)
    except ValueError as error:
        # Its text may repeat the body.
        raise InvalidMetadata(
            "The body is not a JSON object in UTF-8 that has each member once.", refusal=BODY
        ) from error
    return members
