"""The rule of the grant stores that one operation writes one family."""

from __future__ import annotations

from collections.abc import Iterable

from ..protocol.records import Grant, Token, TokenRef


def check_family(
    family: str, grant: Grant | None, tokens: Iterable[Token], refs: Iterable[TokenRef] = ()
) -> None:
    """Refuse records of different families in one operation.

    :raises ValueError: something belongs to another family.
    """
    families = {token.family for token in tokens} | {ref.family for ref in refs}
    if grant is not None:
        families.add(grant.id)
    if families - {family}:
        raise ValueError("what one operation writes must be of one family")
