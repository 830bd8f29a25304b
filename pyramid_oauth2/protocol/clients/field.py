"""What a field of a client's metadata is: everything about it in one declaration."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from zope.interface import implementer

from ...interfaces.application import IClientField
from ..messages import message as _
from .codecs import Codec

if TYPE_CHECKING:
    from ..records import Client

Setter = Literal["operator", "owner", "registration"]
Kind = Literal["line", "url", "lines", "ticks", "choice", "switch", "json"]

OPERATOR: frozenset[Setter] = frozenset({"operator"})
ALL: frozenset[Setter] = frozenset({"operator", "owner", "registration"})

# Which controls of a form can show a value of a codec.
KINDS: Mapping[Codec, frozenset[str]] = {
    Codec.TEXT: frozenset({"line", "choice"}),
    Codec.OPTIONAL_TEXT: frozenset({"line", "url"}),
    Codec.TEXTS: frozenset({"lines", "ticks"}),
    Codec.SCOPE: frozenset({"ticks"}),
    Codec.BOOLEAN: frozenset({"switch"}),
    Codec.INTEGER: frozenset({"line"}),
    Codec.OPTIONAL_INTEGER: frozenset({"line"}),
    Codec.LIFETIMES: frozenset({"line"}),
    Codec.OPTIONAL_MAPPING: frozenset({"json"}),
}
# Those of which a value has several members.
LISTS = frozenset({Codec.TEXTS, Codec.SCOPE})
# Those of which the command line takes words; the others it converts, or has no form for.
WORDS = LISTS | {Codec.TEXT, Codec.OPTIONAL_TEXT}
NAME = re.compile(r"[a-z][a-z0-9_]*")
FLAG = re.compile(r"--[a-z][a-z0-9]*(-[a-z0-9]+)*")
LAST = 1000


class Known(Protocol):
    """What the server knows, as far as a value's rule needs it."""

    @property
    def client_fields(self) -> Mapping[str, ClientField]:
        """The fields of clients, by name."""

    @property
    def issuer(self) -> str:
        """Its issuer identifier."""

    @property
    def known_scopes(self) -> frozenset[str]:
        """The names of all scopes."""

    @property
    def grant_types(self) -> frozenset[str]:
        """The names of the enabled grant types."""

    @property
    def response_types(self) -> frozenset[str]:
        """The names of the enabled response types."""

    @property
    def private_schemes(self) -> frozenset[str]:
        """The private-use schemes without a dot that every redirect URI may have."""

    @property
    def can_sign(self) -> bool:
        """Whether the server can sign."""

    @property
    def resource_uris(self) -> Mapping[str, str]:
        """The APIs that were added by name: as their operator writes them, by canonical URI."""

    @property
    def client_authentications(self) -> frozenset[str]:
        """The names of the methods of client authentication."""


Rule = Callable[[Known, Any], Iterable[str]]
ClientRule = Callable[[Known, "Client"], Iterable["str | tuple[str, str]"]]
ChangeRule = Callable[[Known, "Client | None", "Client"], Iterable[str]]
SignedBy = Callable[[Any], "str | None"]


@dataclass(frozen=True, slots=True)
class Control:
    """How a form shows a field.

    :param kind: ``line``, ``url``, ``lines`` (a value on each line), ``ticks`` (a box for each
        scope or grant type; not for added fields), ``choice`` (one of several), ``switch``
        (one box) or ``json`` (an object).
    :param label: its name. A translation string of the application is translated; so are the
        hints and the labels of choices.
    :param hint: one or two sentences below the label.
    :param label_alone: the label for a client that acts for itself, if it is another one.
    :param hint_alone: the hint for such a client, if it is another one.
    :param choices: for a ``choice``, each value with its label. The pages know those of our own
        fields whose choices the server determines, such as scopes.
    :param longest: the most characters that the form accepts, if the rule cannot say so.
    :param folded: whether it is below the fold, with what is seldom changed.
    :param place: where it is in the form: a lower number is further up.
    """

    kind: Kind
    label: str
    hint: str = ""
    label_alone: str = ""
    hint_alone: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    longest: int | None = None
    folded: bool = False
    place: int = LAST

    def mistakes(self, codec: Codec, default: Any) -> Iterator[str]:
        """Why no form can show a field of that form with this control."""
        if self.kind not in KINDS.get(codec, ()):
            kinds = ", ".join(sorted(KINDS.get(codec, ()))) or "none"
            yield f"controls for {codec.description}: {kinds}"
        if self.choices and default not in [value for value, label in self.choices]:
            yield f"the default {default!r} is none of the choices of the control"
        if self.longest is not None and self.kind in ("switch", "ticks"):
            yield f"a control of the kind {self.kind} has no longest text"


@dataclass(frozen=True, slots=True)
class Option:
    """How the command line takes a field.

    :param flag: the option, such as ``--logo-uri``; that of a list is repeatable.
    :param help: its help, if it is not that of the field.
    :param metavar: the word for its value, if it is not the field's name in capitals.
    :param choices: the texts that are allowed, if there are few.
    :param words: whether one value of a list may hold several words.
    :param place: where it is in the help: a lower number is further up.
    """

    flag: str
    help: str = ""
    metavar: str | None = None
    choices: tuple[str, ...] = ()
    words: bool = False
    place: int = LAST

    def mistakes(self, codec: Codec) -> Iterator[str]:
        """Why the command line cannot take a field of that form with this option."""
        if not FLAG.fullmatch(self.flag):
            yield f"{self.flag!r} is no option such as --logo-uri"
        if codec is Codec.MAPPING:
            yield f"the command line has no option for {codec.description}"
        if self.words and codec not in LISTS:
            yield f"words of the option are for lists, and the field is {codec.description}"
        if self.choices and codec not in WORDS:
            yield f"choices of the option are for texts, and the field is {codec.description}"


@implementer(IClientField)
@dataclass(frozen=True, slots=True)
class ClientField:
    """One field of a client's metadata.

    :param name: its name in documents; that of RFC 7591 or another registered one
        where there is one.
    :param codec: the form of its value.
    :param help: what it means, in a sentence for the reference and the command line.
    :param default: the value of a client that does not have the field. A field with a control
        needs one of its form.
    :param rule: called with the server and a value; yields what is wrong with the
        value and how to correct it; a translation string is translated. Without a rule, a
        field with choices has one of these.
    :param client_rule: called with the server and the client, once each added value is right by
        itself; yields what is wrong with this one, or with its absence, beside the client's
        other fields; with the name of another field before it if that is wrong.
        ``client.extra`` has the added values in their JSON form. A demand for
        a value stops every change by a person who may not set it.
    :param change_rule: called with the server, the client as it was, and the client as it is to
        be; yields what is wrong with that change. The first is None for a client that is being
        registered. It sees right values only, and is called once for each change: it may read what
        is elsewhere.
    :param signed_by: called with a value of an added field; returns the algorithm by which the
        server signs something for a client that has it; None or an empty text if it does not.
        The key is published once the client is in the store.
    :param set_by: who may set it: ``operator``, ``owner`` (the user who owns the client),
        ``registration`` (a client that registers itself, RFC 7591).
    :param control: how a form shows it; None for a field that no form has.
    :param option: how the command line takes it; None for a field without an option.
    :param confidential: whether only a confidential client has it.
    :param for_users: whether it means nothing for a client that acts for itself.
    :param widens: whether an additional value of a list gives the client more rights.
    :param most: how many values a list may have; None for no limit.
    :raises ValueError: the parts of the declaration do not fit each other.
    """

    name: str
    codec: Codec
    help: str
    default: Any = None
    rule: Rule | None = None
    set_by: frozenset[Setter] = OPERATOR
    control: Control | None = None
    option: Option | None = None
    confidential: bool = field(default=False, kw_only=True)
    for_users: bool = field(default=False, kw_only=True)
    widens: bool = field(default=False, kw_only=True)
    most: int | None = field(default=None, kw_only=True)
    client_rule: ClientRule | None = field(default=None, kw_only=True)
    change_rule: ChangeRule | None = field(default=None, kw_only=True)
    signed_by: SignedBy | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r} is not lower-case letters, digits and underscores")
        for mistake in self._mistakes():
            raise ValueError(f"{self.name}: {mistake}")

    def _mistakes(self) -> Iterator[str]:
        # Found here, and not by the first page or command that uses the field.
        if self.control:
            yield from self.control.mistakes(self.codec, self.default)
        if self.option:
            yield from self.option.mistakes(self.codec)
        if not self._has_usable_default():
            yield f"the default {self.default!r} is no value that {self.codec} has in Python"
        if self.codec not in LISTS:
            for name, value in (("widens", self.widens), ("most", self.most is not None)):
                if value:
                    yield f"{name} is for lists, and the field is {self.codec.description}"

    def _has_usable_default(self) -> bool:
        # None stands for a client without the field. A form shows the default as a value; the
        # switch shows both alike.
        if self.default is None and (self.control is None or self.codec is Codec.BOOLEAN):
            return True
        try:
            return bool(self.codec.read(self.codec.write(self.default)) == self.default)
        except (TypeError, ValueError):
            return False

    def problems(self, server: Known, value: Any) -> Iterator[str]:
        """What is wrong with a value, by the field's own rule; by its choices if it has none."""
        choices = [each for each, label in self.control.choices] if self.control else []
        if self.rule:
            yield from self.rule(server, value)
        elif choices and value not in choices:
            yield _("choose one of %(choices)s", choices=", ".join(choices))

    def excess(self, value: Collection[Any]) -> Iterator[str]:
        """What is wrong with the number of values."""
        if self.most is not None and len(value) > self.most:
            yield _(
                "there are %(count)s, and not more than %(most)s are allowed",
                count=len(value),
                most=self.most,
            )


def on_a_form(fields: Iterable[ClientField]) -> list[tuple[ClientField, Control]]:
    """Those that a form has, with their controls, in its order."""
    found = [(field, field.control) for field in fields if field.control]
    return sorted(found, key=lambda each: each[1].place)


def with_an_option(fields: Iterable[ClientField]) -> list[tuple[ClientField, Option]]:
    """Those that the command line takes, with their options, in the order of its help."""
    found = [(field, field.option) for field in fields if field.option]
    return sorted(found, key=lambda each: each[1].place)
