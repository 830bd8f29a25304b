"""``poauth2 INI logout``: notify clients of sessions that have ended."""

from __future__ import annotations

import click

from ..openid.sessions import SessionKeeper
from .command import Commands, Named, command
from .ini import Ini

EXAMPLES = """\
Examples:
  # What a process has left that ended meanwhile, for a scheduler:
  poauth2 production.ini logout deliver
"""

logout = Commands(
    {
        "deliver": Named(
            "logout", "deliver", "Notify the clients of sessions that have ended, where it is due."
        ),
    },
    examples=EXAMPLES,
)


@command(
    "A process that ends a session does so by itself. This is for what it has left when it was "
    "stopped, and may run at any time beside it."
)
def deliver(ini: Ini) -> int:
    """Send every logout token that is due, once."""
    with ini.service() as service:
        keeper = service.server.plug_ins.sessions
        if not isinstance(keeper, SessionKeeper) or keeper.delivery is None:
            raise click.UsageError("no client is notified without oauth2.openid = true")
        done = keeper.delivery.deliver()
    print(f"{done.sent} sent, {done.later} to be tried again, {done.dropped} given up")
    return 1 if done.later or done.dropped else 0
