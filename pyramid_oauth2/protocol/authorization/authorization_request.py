"""An authorization request that was checked, and its codec (RFC 6749 section 4.1.1)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..access import LIMITS, Access, Details
from ..envelope import Members, NotUnderstood, mark_critical
from ..kept_values import NOTHING_KEPT, KeptValues
from ..token.confirmation import MEMBER as CONFIRMATION
from ..token.confirmation import Confirmation

RESPONSE_MODES = ("query", "fragment", "form_post")
PROMPTS = frozenset({"none", "login", "consent", "select_account", "create"})
_SETS = frozenset({"scope", "prompt", "optional_scope"})
# What a version that ignores it would respond to another request.
_DEMANDS = frozenset({"acr", "max_age", "sub"})


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """What a client requests, checked. The consent form cannot change it, only narrow it.

    ``redirect_uri`` is None where no response is sent to the client: the user is at another
    device than the client, for instance. ``cnf`` is the key to which the client binds what
    is issued (RFC 7800 section 3.1); ``extensions`` are the values of request extensions.
    ``sub``, ``acr`` and ``max_age`` are what is demanded of the user, as in
    :class:`~.user_demand.UserDemand`; ``login_hints`` are for the login page;
    ``client_document`` is the client as a resolver has found it, if the store does not have it
    so; ``others`` are the members that a later version wrote.
    """

    client_id: str
    redirect_uri: str | None
    redirect_uri_named: bool
    response_type: str
    response_mode: str
    scope: frozenset[str]
    state: str | None = None
    code_challenge: str | None = None
    prompt: frozenset[str] = frozenset()
    # What the user may untick, as it was when the request was made.
    optional_scope: frozenset[str] = frozenset()
    resources: tuple[str, ...] = ()
    details: tuple[Details, ...] = ()
    cnf: Mapping[str, str] | None = None
    extensions: KeptValues = NOTHING_KEPT
    sub: str | None = None
    acr: tuple[str, ...] = ()
    max_age: int | None = None
    login_hints: Mapping[str, str] | None = field(default=None, repr=False)
    client_document: Mapping[str, Any] | None = field(default=None, repr=False)
    others: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def access(self) -> Access:
        """Everything that is requested."""
        return Access(self.scope, self.resources, self.details)

    def encode(self) -> dict[str, Any]:
        """As JSON can say it."""
        members = _MEMBERS.write(self)
        members |= {name: sorted(members[name]) for name in _SETS & members.keys()}
        mark_critical(members, self.access.limits())
        if self.cnf is not None:
            mark_critical(members, [CONFIRMATION])
        mark_critical(members, _DEMANDS & members.keys())
        self.extensions.write(members)
        return members

    @classmethod
    def decode(cls, members: Any, understood: Collection[str] = ()) -> AuthorizationRequest:
        """From what :meth:`encode` made.

        :param understood: as for :meth:`~..envelope.Members.read`.
        :raises NotUnderstood: this version cannot answer the request.
        """
        known, others = _MEMBERS.split(members, understood)
        kept = KeptValues.of({**known, **others})
        if CONFIRMATION in known:
            Confirmation.of(known[CONFIRMATION])
        try:
            sets = {name: frozenset(known[name]) for name in _SETS & known.keys()}
            limits = {name: tuple(known[name]) for name in known.keys() & {*LIMITS, "acr"}}
            request = cls(**{**known, **sets, **limits, "extensions": kept}, others=others)
            known_values = request.response_mode in RESPONSE_MODES and request.prompt <= PROMPTS
        except TypeError:
            known_values = False
        if not known_values:
            raise NotUnderstood("asks for what this version of the server does not know")
        return request


_MEMBERS = Members.of(AuthorizationRequest)
