"""A block of the consent page, which a feature contributes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ConsentBlock:
    """What else is granted, or limited: a heading, and a list below the scopes.

    Translation strings are translated.

    :param title: the heading, without a full stop, such as "Accounts".
    :param lines: the items of the list, at least one.
    """

    title: str
    lines: tuple[str, ...]
