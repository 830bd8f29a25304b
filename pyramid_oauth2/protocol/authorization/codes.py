"""The ``data`` of an authorization code's record, and what wrong verifiers do to it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from ..contention import Contention
from ..envelope import Members, NotUnderstood, dumps, mark_critical
from ..kept_values import NOTHING_KEPT, KeptValues
from ..lost_responses import until_known
from ..records import TokenRef
from ..server import Server
from ..token.confirmation import MEMBER as CONFIRMATION

# The fifth wrong verifier revokes the code: enough for a client with an error,
# too few to guess another client's.
WRONG_VERIFIERS = 5


@dataclass(frozen=True, slots=True)
class CodeData:
    """The authorization request, as far as the token request must match it.

    It is in the code's own record: in a record of its own it could be lost while the code
    is valid, and a code without a challenge would look like one that never had any.

    ``cnf`` is the key that the client must prove to redeem the code (RFC 7800 section 3.1);
    ``extensions`` are the values of request extensions that stay in the code; ``others`` are
    the members that a later version wrote.
    """

    redirect_uri: str
    redirect_uri_named: bool
    code_challenge: str | None = None
    wrong_verifiers: int = 0
    cnf: Mapping[str, str] | None = None
    extensions: KeptValues = NOTHING_KEPT
    others: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def members(self) -> dict[str, Any]:
        """As members of a record."""
        members = _MEMBERS.write(self)
        if self.cnf is not None:
            mark_critical(members, [CONFIRMATION])
        self.extensions.write(members)
        return members

    def encode(self) -> bytes:
        """As the opaque ``data`` of a record."""
        return dumps(self.members())

    @classmethod
    def decode(cls, data: bytes, understood: Collection[str] = ()) -> CodeData:
        """From the ``data`` of a record.

        :param understood: as for :meth:`~..envelope.Members.read`.
        :raises NotUnderstood: this version cannot use the code.
        """
        members, others = _MEMBERS.read(data, understood)
        members["extensions"] = KeptValues.of({**members, **others})
        return cls(**members, others=others)


_MEMBERS = Members.of(CodeData)


def burn_after_wrong_verifiers(server: Server, ref: TokenRef) -> None:
    """Count a wrong verifier before the response is sent; the fifth revokes the code."""
    contention = Contention("the code")
    while (found := server.grants.find(ref)) is not None:
        token, _ = found
        if token.consumed_at is not None or token.revoked_at is not None:
            return
        try:
            data = CodeData.decode(token.data, server.understood)
        except NotUnderstood:
            return
        if data.wrong_verifiers + 1 >= WRONG_VERIFIERS:
            until_known(partial(server.grants.revoke_token, ref, server.clock()))
            return
        counted = replace(data, wrong_verifiers=data.wrong_verifiers + 1)
        amend = partial(server.grants.amend, ref, token.version, {"data": counted.encode()})
        # Repeated until it is written, so that each of many guesses at once counts. One whose
        # response is lost may count twice: what is found then may be another request's guess.
        if until_known(amend):
            return
        contention.lost()
