"""By which identifier a client knows a user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zope.interface import Interface

if TYPE_CHECKING:
    from ..protocol.records import Client


class ISubjects(Interface):
    """Says by which identifier a client knows a user (OpenID Connect Core section 8).

    Registered with ``config.set_oauth2_subjects``. It is the ``sub`` of everything that leaves
    the server: introspection, JWT access tokens, ID tokens, userinfo. In records, and to the
    application, a user is always the subject of its resource owners.
    """

    def subject_for(client: Client, subject: str) -> str:
        """The identifier of a user for a client: the same for ever, and no other user's.

        At most 255 ASCII characters. It is called for each token that is issued or
        introspected, so it has to be fast.

        :param client: the client of the token.
        :param subject: the user, as grants name them.
        :raises StoreUnavailable: it is not known now.
        """
