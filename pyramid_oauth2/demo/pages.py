"""The headers of every page of the demo: each shows who is signed in, and some show tokens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyramid_oauth2 import Request, page_headers

View = Callable[[Any, Request], Any]


def protected_page(view: View) -> View:
    """The ``decorator`` of a page's view: it can be neither framed nor cached."""

    def with_headers(context: Any, request: Request) -> Any:
        response = view(context, request)
        response.headers.update(page_headers())
        return response

    return with_headers
