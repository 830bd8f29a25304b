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


def in_words(names: Collection[str]) -> tuple[str, ...]:
    """The claims in words, each once; one that is not a standard claim by its name."""
    bases = {base_of(name) for name in names}
    others = sorted(bases - WORDS.keys())
    return (*(WORDS[name] for name in STANDARD if name in bases), *others)
