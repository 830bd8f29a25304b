"""The private-use schemes of redirect URIs, as the ini names them."""

from __future__ import annotations

from collections.abc import Collection

from ..protocol.redirect_uris import private_scheme_problem
from .types import BadValue, words


def private_schemes(value: str | Collection[str]) -> frozenset[str]:
    """Schemes without a dot, such as ``cursor``, separated by white space."""
    found = words(value)
    for scheme in sorted(found):
        if problem := private_scheme_problem(scheme):
            raise BadValue(f"{scheme!r} {problem}")
    return found
