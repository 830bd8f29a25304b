"""The page after a decision of which the client is not informed by a redirect."""

from __future__ import annotations

from pyramid.response import Response

from ..protection.request import Request
from ..protocol.records import Client
from .pages import render_page


def done_page(request: Request, client: Client, decision: str) -> Response:
    """Say what was decided, and that the window can be closed.

    :param decision: ``allow`` or ``deny``.
    """
    values = {
        "client_name": client.client_name or client.client_id,
        "allowed": decision == "allow",
    }
    return render_page(request, "done", values)
