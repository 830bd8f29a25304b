"""The query of our own URL with which a request comes again, after a login for instance."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from ..http import Parameters

# The parameter of our own URL that has the mark of a new login.
MARK = "oauth2_login"

# Characters of a query that the login URL contains, encoded once more. Servers and browsers
# limit a URL to 8,000 characters or so.
LONGEST = 3_500


def return_query(parameters: Parameters | None, handle: str) -> str:
    """The request itself, or the handle of one that is stored; without the mark of a login.

    :param parameters: what the client sent; None for a request that is stored.
    """
    if parameters is None:
        return urlencode({"interaction": handle})
    return urlencode(
        [
            (name, value)
            for name, values in parameters.values.items()
            for value in values
            # A client that sends its secret here by mistake must not find it in a URL.
            if value and name not in parameters.rules.secret and name != MARK
        ]
    )


def is_too_long(query: str) -> bool:
    """Whether the query does not fit into the URL of a login, so that the request is stored."""
    return len(quote(query, safe="")) > LONGEST
