"""What a claim is, in words for users: for the consent page."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ..protocol.messages import message as _
from .standard_claims import STANDARD, base_of

ABOUT_YOU = _("It learns about you")
WORDS: Mapping[str, str] = {
    "name": _("Your name"),
    "family_name": _("Your family name"),
    "given_name": _("Your first name"),
    "middle_name": _("Your middle name"),
    "nickname": _("Your nickname"),
    "preferred_username": _("Your user name"),
    "profile": _("The address of your profile"),
    "picture": _("Your picture"),
    "website": _("Your website"),
    "gender": _("Your gender"),
    "birthdate": _("Your date of birth"),
    "zoneinfo": _("Your time zone"),
    "locale": _("Your language"),
    "updated_at": _("When these data were last changed"),
    "email": _("Your e-mail address"),
    "email_verified": _("Whether your e-mail address was verified"),
    "address": _("Your postal address"),
    "phone_number": _("Your phone number"),
    "phone_number_verified": _("Whether your phone number was verified"),
}
"""The standard claims (OpenID Connect Core section 5.1)."""


def in_words(names: Collection[str], further: Mapping[str, str]) -> tuple[str, ...]:
    """The claims in words, each once.

    A name is never shown, since a client may have made it: a page would say its sentences.

    :param further: the words for the claims that the application adds, by name.
    """
    bases, words = {base_of(name) for name in names}, {**further, **WORDS}
    return tuple(words[name] for name in (*STANDARD, *sorted(further)) if name in bases)
