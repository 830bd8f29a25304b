"""``poauth2 secret``: print a new secret for ``oauth2.secret``; it needs no ini."""

from __future__ import annotations

import os

from ..protocol.token_strings import new_server_secret
from .command import Command, command
from .ini import Ini

EXAMPLES = """\
Examples:
  # In a file that only its owner can read, and in the ini: oauth2.secret = file:/etc/shop/secret
  (umask 077; poauth2 secret > /etc/shop/secret)

To replace a secret: add the new one last everywhere, then put it first everywhere,
then run 'poauth2 INI keys reseal', and only then remove the old one.
"""


class _WithoutIni(Command):
    needs_ini = False


@command("256 random bits with a checksum, for oauth2.secret.", examples=EXAMPLES, cls=_WithoutIni)
def secret(ini: Ini | None) -> int:
    """Print 256 random bits with a checksum, for oauth2.secret."""
    print(new_server_secret(os.urandom))
    return 0
