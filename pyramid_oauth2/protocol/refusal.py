"""Why a request was refused, for those who operate the server: one value for every refusal.

A check that refuses says which check it is, the section that demands it, what was
compared, and which setting or record decides. The audit log and the debug toolbar show it.
The response to the client has nothing of it: that has the OAuth error and its description,
which are the same for every reason that a stranger must not learn.

Each module has its checks as constants; a raise adds what was compared::

    REDIRECT_URI = Refusal("code_redirect_uri", "RFC 6749 section 4.1.3", decided_by="code")

    raise InvalidGrant("...", refusal=REDIRECT_URI.comparing(sent=sent, code=data.redirect_uri))
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias

from .masking import shown_as

OWN_RULE = "pyramid_oauth2"
"""The source of a check that no standard demands."""

Value: TypeAlias = str | int | Iterable[str] | None
"""What can be compared: a text, a number, or a set of names such as scopes."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,49}")


@dataclass(frozen=True, slots=True)
class Refusal:
    """The check that refused a request.

    :param check: its name: one word of lower-case letters, digits and ``_``. It is
        fixed, never built from data: logs are searched for it, and metrics may use it as
        a label.
    :param source: what demands the check, such as ``RFC 6749 section 4.1.3``, or
        :data:`OWN_RULE`.
    :param compared: the names and values that were compared, in order. A value is
        masked, escaped and shortened here: no secret and no line break can be in it.
    :param decided_by: the setting (``oauth2.require_pkce``), the record (``grant``) or
        its field (``client.redirect_uris``) whose value decides.
    :raises ValueError: ``check`` or a name in ``compared`` is not such a word.
    """

    check: str
    source: str
    compared: tuple[tuple[str, str], ...] = ()
    decided_by: str | None = None

    def __post_init__(self) -> None:
        for name in (self.check, *(name for name, _ in self.compared)):
            if not _NAME.fullmatch(name):
                raise ValueError("the name of a check, or of what it compares, is one plain word")
        compared = tuple((name, shown_as(name, value)) for name, value in self.compared)
        object.__setattr__(self, "compared", compared)

    def comparing(self, **values: Value) -> Refusal:
        """The same refusal, with more that was compared.

        A parameter that is always a secret (``code``, ``code_verifier``, ``password``,
        ...) is masked by its name, a token string by its form. Any other secret must be
        given as :func:`~.masking.masked` returns it, or not at all.
        """
        more = tuple((name, _text(value)) for name, value in values.items())
        return replace(self, compared=self.compared + more)

    def members(self) -> dict[str, str]:
        """Everything as text, by name: members of a log line, and rows of a page."""
        decided_by = {} if self.decided_by is None else {"decided_by": self.decided_by}
        compared = {f"compared_{name}": value for name, value in self.compared}
        return {"check": self.check, "source": self.source, **decided_by, **compared}


def _text(value: Value) -> str:
    if value is None:
        return "(none)"
    if isinstance(value, str | int):
        return str(value)
    return " ".join(sorted(value)) or "(none)"
