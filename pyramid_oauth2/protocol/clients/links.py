"""The fields by which people learn more of a client, and reach those who run it."""

from __future__ import annotations

from ..messages import message as _
from . import value_rules
from .codecs import Codec
from .core_field import MAX_ENTRIES, core_field
from .field import ALL, ClientField, Control, Option

LINKS: tuple[ClientField, ...] = (
    core_field(
        "client_uri",
        Codec.OPTIONAL_TEXT,
        "The home page of the client: an https URL. As long as no operator has registered or "
        "approved the client, users see it only if it is on the host of a redirect URI.",
        rule=value_rules.https_url,
        set_by=ALL,
        control=Control(
            "url",
            _("Website"),
            _(
                "Users see links to the hosts of its redirect URIs; to others once an operator has "
                "approved it."
            ),
            folded=True,
            place=13,
        ),
        option=Option("--client-uri", "its home page", metavar="URI", place=14),
    ),
    core_field(
        "logo_uri",
        Codec.OPTIONAL_TEXT,
        "Its logo, which users see: an https URL.",
        rule=value_rules.logo,
        set_by=ALL,
        control=Control("url", _("Logo"), folded=True, place=14),
        option=Option("--logo-uri", "its logo, shown to users", metavar="URI", place=15),
    ),
    core_field(
        "tos_uri",
        Codec.OPTIONAL_TEXT,
        "Its terms of service: an https URL. Users see it as they see `client_uri`.",
        rule=value_rules.https_url,
        set_by=ALL,
        control=Control("url", _("Terms of service"), folded=True, place=16),
        option=Option("--tos-uri", "its terms of service", metavar="URI", place=16),
    ),
    core_field(
        "policy_uri",
        Codec.OPTIONAL_TEXT,
        "Its privacy policy: an https URL. Users see it as they see `client_uri`.",
        rule=value_rules.https_url,
        set_by=ALL,
        control=Control("url", _("Privacy policy"), folded=True, place=15),
        option=Option("--policy-uri", "its privacy policy", metavar="URI", place=17),
    ),
    core_field(
        "contacts",
        Codec.TEXTS,
        "How to reach those who run the client; at most 50.",
        rule=value_rules.contacts,
        most=MAX_ENTRIES,
        set_by=ALL,
        control=Control(
            "lines",
            _("Contacts"),
            _("Mail addresses of those who run it, one a line. Users do not see them."),
            folded=True,
            place=17,
        ),
        option=Option("--contact", "whom to ask about it; repeatable", metavar="CONTACT", place=18),
    ),
)
"""In the order of the table of all fields, :data:`~.metadata.FIELDS`."""
