"""How long things live."""

from __future__ import annotations

from dataclasses import dataclass

from .records import ACCESS_TOKEN, AUTHORIZATION_CODE, INTERACTION, REFRESH_TOKEN, Client

LONGEST_SIGNED = 86_400
"""For how many seconds anything that is signed lives at most.

A key is published for so long after it last signed, and for so long it is known to be revoked.
"""


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long things live, in seconds.

    ``refresh_token_grace`` is for how long the response to a refresh can be repeated,
    ``authorization_code_grace`` the same for a code; 0: never.
    """

    access_token: int
    public_access_token: int
    refresh_token: int
    refresh_token_grace: int
    authorization_code: int
    authorization_code_grace: int
    interaction: int
    consent: int
    grant: int

    def of(self, kind: str, client: Client) -> int:
        """The lifetime of a token of *kind* for *client*; a client may have its own."""
        if kind == ACCESS_TOKEN:
            default = self.public_access_token if client.public else self.access_token
            return client.lifetimes.get(ACCESS_TOKEN, default)
        lifetimes = {
            AUTHORIZATION_CODE: self.authorization_code,
            INTERACTION: self.interaction,
            REFRESH_TOKEN: self.refresh_token,
        }
        return lifetimes[kind]
