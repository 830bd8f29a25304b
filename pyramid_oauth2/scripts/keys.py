"""``poauth2 INI keys``: list the keys that sign, and replace or revoke them."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from ..jose.algorithms import ALGORITHMS
from ..jose.private_keys import private_key
from ..jose.published_keys import MAX_KEYS
from ..jose.refused import KeyRefused
from ..keys.ring import KeyRing
from ..keys.rotation import Rotation
from ..keys.signing_key import Ring, SigningKey
from ..startup import signer_unchecked
from .arguments import identifier, json_option, some_path
from .command import Command, Commands, Named, command
from .ini import Ini
from .terminal import shown
from .times import utc

KEY_ID_LENGTH = 255
EXAMPLES = """\
Examples:
  poauth2 development.ini keys list

  # The next key is published now, and signs as soon as every cache has it:
  poauth2 development.ini keys rotate

  # The key of the server that this one replaces, so that what it signed stays valid:
  poauth2 development.ini keys import key.pem --algorithm RS256

  # A key is known to others: nothing that it signed is valid any more.
  poauth2 development.ini keys revoke KID
"""

# RFC 7638 section 3: the thumbprint is base64url, which may begin with "-".
LIKE_AN_OPTION = re.compile(r"-[A-Za-z0-9_-]{42}")


class NamingKey(Command):
    """A command whose only word may be a ``kid`` that looks like an option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the words, as if ``--`` stood before such a ``kid``."""
        like_an_option = len(args) == 1 and LIKE_AN_OPTION.fullmatch(args[0])
        return super().parse_args(ctx, ["--", *args] if like_an_option else args)


keys = Commands(
    {
        "list": Named("keys", "list_keys", "List the keys, and which of them sign."),
        "rotate": Named("keys", "rotate", "Make the next key now, before its time."),
        "import": Named("keys", "import_key", "Sign with a key of another server."),
        "revoke": Named("keys", "revoke", "Make everything invalid that a key has signed."),
        "reseal": Named("keys", "reseal", "Seal every key again, by the first secret."),
    },
    examples=EXAMPLES,
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
@click.option(
    "--algorithm",
    type=click.Choice(list(ALGORITHMS)),
    help="the algorithm whose key it is; needed unless all keys are of one",
)
@click.option("--now", "at_once", is_flag=True, help="let it sign at once; see 'keys revoke'")
def rotate(ini: Ini, algorithm: str | None, at_once: bool) -> int:
    """Make the next key of an algorithm."""
    with _rotation(ini) as rotation:
        before, now = rotation.read(), time.time()
        algorithm = algorithm or _only_algorithm(before)
        if _is_full(before, now, rotation):
            return 1
        key = rotation.make(algorithm, before, now, at_once=at_once).of(algorithm)[-1]
    if key in before.keys:
        print("poauth2: Another process has changed the keys meanwhile.", file=sys.stderr)
        return 1
    return _report(key, now)


def _is_full(ring: Ring, now: float, rotation: Rotation) -> bool:
    """Whether no key may be added by hand, which is said.

    There is room for the next one of each algorithm, which the server makes by itself.
    """
    count = len(list(ring.published(now, rotation.schedule)))
    if count < MAX_KEYS - len(ALGORITHMS):
        return False
    print(
        f"poauth2: {count} keys are published, and applications read {MAX_KEYS} at most: revoke "
        "one, or wait until one is gone; see 'keys list'",
        file=sys.stderr,
    )
    return True


def _only_algorithm(ring: Ring) -> str:
    """The algorithm of every key.

    :raises click.UsageError: there is none, or more than one.
    """
    found = [name for name in ALGORITHMS if ring.of(name)]
    if len(found) == 1:
        return found[0]
    why = f"there are keys for {', '.join(found)}" if found else "there is no key yet"
    raise click.UsageError(f"name the --algorithm: {why}")


def _report(key: SigningKey, now: float) -> int:
    signs = "signs now" if key.active_from <= now else f"signs from {utc(int(key.active_from))} on"
    print(f"{key.algorithm}  {key.kid}  {signs}")
    return 0


@command(
    "FILE, or standard input, is one private key in PEM or as a JWK. It signs at once: those who "
    "verify know it from the server that had it. The key that signed before stays published."
)
@click.argument("file", metavar="[FILE]", default="-", type=some_path)
@click.option(
    "--algorithm",
    type=click.Choice(list(ALGORITHMS)),
    help="the algorithm by which it signs; by default RS256, ES256 or Ed25519, as its type is",
)
@click.option("--later", is_flag=True, help="publish it before it signs, as 'keys rotate' does")
def import_key(ini: Ini, file: str, algorithm: str | None, later: bool) -> int:
    """Add a private key that was made elsewhere."""
    try:
        private = private_key(_contents(file), algorithm)
    except KeyRefused as error:
        print(f"poauth2: The key in {shown(file)} {error}.", file=sys.stderr)
        return 1
    with _rotation(ini) as rotation:
        now = time.time()
        ring = rotation.read()
        if (same := ring.named(private.kid)) is not None:
            return _known(same)
        if _is_full(ring, now, rotation):
            return 1
        key = rotation.bring(private, now, at_once=not later)
    return _report(key, now)


def _contents(file: str) -> bytes:
    try:
        if file == "-":
            # Also bytes that are no text: of DER, or in what a PEM has before its key.
            return sys.stdin.read().encode(errors="surrogateescape")
        return Path(file).read_bytes()
    except OSError as error:
        raise KeyRefused(f"cannot be read: {error.strerror}") from None


def _known(key: SigningKey) -> int:
    if key.revoked_at is not None:
        text = "was revoked: it is known to others. Use another key."
    else:
        text = f"is here already, for {key.algorithm}."
    print(f"poauth2: The key {shown(key.kid)} {text}", file=sys.stderr)
    return 1


@command(
    "Other servers that cache the key set accept what it signed until they fetch the set again, "
    "and may refuse what the next key signs for a minute.",
    cls=NamingKey,
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
