"""The fields of a client for logout.

OpenID Connect RP-Initiated Logout 1.0 section 3.1, Back-Channel Logout 1.0 section 2.2.
"""

from __future__ import annotations

from ..protocol.clients import value_rules
from ..protocol.clients.codecs import Codec
from ..protocol.clients.field import ALL, ClientField, Control, Option
from ..protocol.messages import message as _
from .operator_urls import usable_url

MOST = 50

POST_LOGOUT_REDIRECT_URIS = ClientField(
    "post_logout_redirect_uris",
    Codec.TEXTS,
    "Where users may be sent after they have signed out; at most 50.",
    (),
    rule=value_rules.redirect_uris,
    set_by=ALL,
    most=MOST,
    control=Control(
        "lines",
        _("After signing out"),
        _("Where users may be sent then, one a line, exactly as the client will send it."),
        folded=True,
    ),
    option=Option(
        "--post-logout-redirect-uri",
        "where its users may be sent after they have signed out; repeatable",
        metavar="URI",
    ),
    for_users=True,
)

# Only an operator may set it: the server sends requests to it.
BACKCHANNEL_LOGOUT_URI = ClientField(
    "backchannel_logout_uri",
    Codec.OPTIONAL_TEXT,
    "Where the client is notified that a user has signed out: an https URL, to which the server "
    "sends a logout token.",
    rule=usable_url,
    control=Control(
        "url",
        _("Logout URL"),
        _("The server notifies the client there when one of its users signs out."),
        folded=True,
    ),
    option=Option("--backchannel-logout-uri", metavar="URL"),
    for_users=True,
)

BACKCHANNEL_LOGOUT_SESSION_REQUIRED = ClientField(
    "backchannel_logout_session_required",
    Codec.BOOLEAN,
    "Whether it needs the session in a logout token, which each one has.",
    False,
    for_users=True,
)

LOGOUT_FIELDS = (
    POST_LOGOUT_REDIRECT_URIS,
    BACKCHANNEL_LOGOUT_URI,
    BACKCHANNEL_LOGOUT_SESSION_REQUIRED,
)
"""Every field, as it is registered."""
