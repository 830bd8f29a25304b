"""Authorization requests that come by another way than their parameters, as values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

PUSHED = "pushed"


@dataclass(frozen=True, slots=True)
class SourcedParameters:
    """The parameters of a request.

    :param values: of one that is sent more than once, a list. Values of other types are refused,
        so a source may pass on what it read as JSON.
    :param provenance: what is certain about them, such as ``signed``, for the extensions that
        require it.
    """

    values: Mapping[str, str | Sequence[str]] = field(repr=False)
    provenance: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class StoredRequest:
    """A request that the core has stored, and checked then.

    :param handle: of its interaction.
    """

    handle: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PushedRequest:
    """A request that the core has stored before a browser came.

    :param handle: of its interaction; a source returns it for the parameter that has it.
    :param expires_in: for how long a browser may open it, in seconds.
    """

    handle: str = field(repr=False)
    expires_in: int
