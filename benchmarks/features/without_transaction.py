"""The endpoints for clients without a transaction of pyramid_tm, as docs/performance.md shows."""

from __future__ import annotations

from typing import Any

ENDPOINTS = {"/oauth2/token", "/oauth2/introspect", "/oauth2/revoke"}


def needs_transaction(request: Any) -> bool:
    """Whether pyramid_tm begins a transaction for the request."""
    return request.path_info not in ENDPOINTS


def includeme(config: Any) -> None:
    """Set the hook."""
    config.add_settings({"tm.activate_hook": f"{__name__}.needs_transaction"})
