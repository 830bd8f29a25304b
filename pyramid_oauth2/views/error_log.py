"""The log of the error pages: a line for each, with the reference number that the page shows."""

from __future__ import annotations

import logging
import secrets

from ..monitoring.log_lines import format_members
from ..protection.request import Request
from ..protocol.refusal import Refusal
from ..responses import record_refusal

log = logging.getLogger("pyramid_oauth2.error_pages")

# None that can be read as another, and no vowels, which could make words.
CHARACTERS = "23456789BCDFGHJKMNPQRSTVWXYZ"
LENGTH = 8
REFERENCE = "pyramid_oauth2.reference"


def log_error_page(
    request: Request,
    status: int,
    refusal: Refusal,
    reason: str | None = None,
    client_id: str | None = None,
) -> str:
    """Log why a page shows an error; return its reference number.

    The line is a warning, and an error if the server could not answer (a status from 500).

    :param status: the HTTP status of the page.
    :param refusal: the check that refused the request.
    :param reason: what is wrong, in English, without a secret; None if the check says it.
    :param client_id: of the client that the request names, if it exists.
    """
    record_refusal(request, refusal)
    # In the environ: a request that pyramid_retry runs again has one number.
    drawn = "".join(secrets.choice(CHARACTERS) for _ in range(LENGTH))
    reference: str = request.environ.setdefault(REFERENCE, drawn)
    members = {
        "reference": reference,
        "status": status,
        "client_id": client_id,
        "remote_addr": request.environ.get("REMOTE_ADDR"),
        "reason": reason,
        **refusal.members(),
    }
    members = {name: value for name, value in members.items() if value is not None}
    level = logging.ERROR if status >= 500 else logging.WARNING
    log.log(level, format_members(members), extra={"oauth2": members})
    return reference
