"""The scopes of OpenID Connect, in words for users (Core sections 3.1.2.1, 5.4 and 11)."""

from __future__ import annotations

from collections.abc import Mapping

from ..protocol.messages import message as _
from ..protocol.scopes import OFFLINE_ACCESS, OFFLINE_DESCRIPTION

OPENID = "openid"

DESCRIPTIONS: Mapping[str, str] = {
    OPENID: _("Recognise you when you come again"),
    "profile": _("See your name and your public profile"),
    "email": _("See your e-mail address"),
    "address": _("See your postal address"),
    "phone": _("See your phone number"),
    OFFLINE_ACCESS: OFFLINE_DESCRIPTION,
}
"""What each scope allows."""
