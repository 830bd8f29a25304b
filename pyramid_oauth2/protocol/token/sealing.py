"""A response that is stored so that only its client can open it: for a response that was lost.

The key is derived from the token that was redeemed, which the store does not have.
So a copy of the store opens nothing, and neither does the token alone after the
sealed answer was cleared.
"""

from __future__ import annotations

from collections.abc import Collection

from ..scopes import format_scope
from ..seal import Seal, derived_seal
from .confirmation import Confirmation

PURPOSE = b"pyramid_oauth2 sealed answer"


def seal_for(
    spent: str,
    client_id: str,
    family: str,
    scope: frozenset[str],
    confirmation: Confirmation | None = None,
    resources: Collection[str] = (),
    authenticated_by: str = "",
) -> Seal:
    """The seal of the response to one request.

    :param spent: the token string that is redeemed.
    :param scope: the requested scope, as a set: its order makes no difference.
    :param confirmation: the key that the request proves: a request with another gets nothing.
    :param resources: those that the tokens are limited to.
    :param authenticated_by: the method by which the client proves a key of its own: a request
        without that gets nothing.
    """
    question = [client_id, family, format_scope(scope)]
    # A "=" after the name: as a resource, no key and no scope can be read. Without any, the
    # question is that of earlier versions.
    question += [f"resource={each}" for each in sorted(resources)]
    if confirmation is not None:
        question += [f"{name}={value}" for name, value in sorted(confirmation.methods.items())]
    if authenticated_by:
        question.append(f"authenticated_by={authenticated_by}")
    return derived_seal(spent, PURPOSE, question)
