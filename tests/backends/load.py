"""A worker under load, to be killed: ``python -m tests.backends.load URL SEED``.

It redeems the tokens derived from the seed, racing with other workers, opens grants
and adds tokens in between, and prints each redemption that it won.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from hashlib import sha256

from pyramid_oauth2.backends.contract.factories import (
    NOW,
    new_attempt,
    new_digest,
    new_grant,
    new_token,
)
from pyramid_oauth2.protocol.records import Grant, Outcome, StoreUnavailable, Token

from .server_databases import open_backend

TOKENS = 2000
OPENED = "opened at once"


def grant_of(seed: str, number: int) -> tuple[Grant, Token]:
    """The grant with that number, and the token that all workers redeem."""
    digest = sha256(f"{seed} {number}".encode()).digest()
    grant = new_grant(id=digest.hex()[:16], subject=f"user {number}")
    return grant, new_token(grant=grant, digest=digest)


def pair(grant: Grant, label: str, **fields: object) -> list[Token]:
    """Two tokens, of which both must exist, or neither."""
    return [new_token(grant=grant, data=label.encode(), **fields) for _ in range(2)]


def main(url: str, seed: str) -> None:
    grants = open_backend(url).grants
    print("ready", flush=True)
    for number in range(TOKENS):
        grant, token = grant_of(seed, number)
        attempt = new_attempt()
        try:
            fruits = pair(grant, attempt, parent=token.digest)
            if grants.redeem(token, NOW, attempt, fruits).outcome is Outcome.WON:
                print(number, attempt, flush=True)
            grants.add(grant.id, pair(grant, new_attempt()), NOW)
            mine = replace(new_grant(id=new_digest().hex()[:16]), client_id=OPENED)
            grants.open(mine, pair(mine, OPENED), NOW)
        except StoreUnavailable as error:
            print(error, file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:])
