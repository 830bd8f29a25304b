"""``poauth2 INI keys``: list the keys that sign, and replace or revoke them."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from ..jose.algorithms import ALGORITHMS, ES256
from ..keys.ring import KeyRing
from ..keys.rotation import Rotation
from ..keys.signing_key import Ring, SigningKey
from ..startup import signer_unchecked
from .arguments import identifier, json_option
from .command import Commands, Named, command
from .ini import Ini
from .terminal import shown
from .times import utc

KEY_ID_LENGTH = 255
EXAMPLES = """\
Examples:
  poauth2 development.ini keys list

  # The next key is published now, and signs as soon as every cache has it:
  poauth2 development.ini keys rotate

  # A key is known to others: nothing that it signed is valid any more.
  poauth2 development.ini keys revoke KID
"""

keys = Commands(
    {
        "list": Named("keys", "list_keys", "List the keys, and which of them sign."),
        "rotate": Named("keys", "rotate", "Make the next key now, before its time."),
        "revoke": Named("keys", "revoke", "Make everything invalid that a key has signed."),
        "reseal": Named("keys", "reseal", "Seal every key again, by the first secret."),
    },
    examples=EXAMPLES,
)
_algorithm = click.option(
    "--algorithm",
    type=click.Choice(list(ALGORITHMS)),
    default=ES256,
    show_default=True,
    help="the algorithm whose key it is",
)


@command()
@json_option("as JSON; times are in UTC seconds")
def list_keys(ini: Ini, as_json: bool) -> int:
    """List every key by algorithm, oldest first."""
    with signer_unchecked(), _rotation(ini) as rotation:
        ring, now = rotation.read(), time.time()
        listed = [(key, ring.state(key, now, rotation.schedule)) for key in ring.keys]
    if as_json:
        print(json.dumps([_document(*each, ring) for each in listed], indent=2))
        return 0
    if not (listed or ring.unreadable):
        print("There are no keys: the first is made when something is signed.")
    for algorithm, generation in ring.unreadable:
        print(f"{algorithm}  generation {generation}  cannot be read by this version")
    for key, state in listed:
        print(f"{key.algorithm}  {shown(key.kid)}  {state}")
        print(f"    {_times(key, ring)}")
    return 0


@command("Applications that cache the key set know the next key before it signs.")
@_algorithm
@click.option("--now", "at_once", is_flag=True, help="let it sign at once; see 'keys revoke'")
def rotate(ini: Ini, algorithm: str, at_once: bool) -> int:
    """Make the next key of an algorithm."""
    with _rotation(ini) as rotation:
        before, now = rotation.read(), time.time()
        ring = rotation.make(algorithm, before, now, at_once=at_once)
    key = ring.of(algorithm)[-1]
    if key in before.keys:
        print("poauth2: Another process has changed the keys meanwhile.", file=sys.stderr)
        return 1
    signs = "signs now" if key.active_from <= now else f"signs from {utc(int(key.active_from))} on"
    print(f"{key.algorithm}  {key.kid}  {signs}")
    return 0


@command(
    "Other servers that cache the key set accept what it signed until they fetch the set again, "
    "and may refuse what the next key signs for a minute."
)
@click.argument("kid", metavar="KID", type=identifier(KEY_ID_LENGTH))
def revoke(ini: Ini, kid: str) -> int:
    """Revoke a key; the next one signs at once."""
    with signer_unchecked(), _rotation(ini) as rotation:
        ring = rotation.revoke(kid, time.time())
    if ring is None:
        print(f"poauth2: There is no key {shown(kid)}.", file=sys.stderr)
        return 1
    print(f"{kid} is revoked. Each process knows it within {int(rotation.schedule.cache)} seconds.")
    return 0


@command("The old secret may be removed from oauth2.secret afterwards.")
def reseal(ini: Ini) -> int:
    """Seal every key by the first secret."""
    with signer_unchecked(), _rotation(ini) as rotation:
        resealed, failures = rotation.reseal(time.time())
    print(f"{resealed} {'key' if resealed == 1 else 'keys'} sealed by the first secret")
    for failure in failures:
        print(f"poauth2: A key cannot be opened: {failure}.", file=sys.stderr)
    return 1 if failures else 0


@contextmanager
def _rotation(ini: Ini) -> Iterator[Rotation]:
    with ini.service() as service:
        signer = service.server.signer
        if signer is None:
            raise click.UsageError(
                "the server cannot sign: write what 'poauth2 secret' prints into oauth2.secret"
            )
        if not isinstance(signer, KeyRing):
            raise click.UsageError("the application signs by a signer of its own")
        yield signer.rotation


def _times(key: SigningKey, ring: Ring) -> str:
    said = [f"published {utc(int(key.announced_at))}", f"signs from {utc(int(key.active_from))}"]
    retired_at = ring.retired_at(key)
    if key.revoked_at is not None:
        said.append(f"revoked {utc(int(key.revoked_at))}")
    elif retired_at is not None:
        said.append(f"to {utc(int(retired_at))}")
    return ", ".join(said)


def _document(key: SigningKey, state: str, ring: Ring) -> dict[str, Any]:
    return {
        "kid": key.kid,
        "algorithm": key.algorithm,
        "state": state,
        "announced_at": int(key.announced_at),
        "active_from": int(key.active_from),
        "retired_at": None if (at := ring.retired_at(key)) is None else int(at),
        "revoked_at": None if key.revoked_at is None else int(key.revoked_at),
    }
