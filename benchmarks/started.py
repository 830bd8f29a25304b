"""One application, started: ``python -m benchmarks.started [--floor] SETTINGS``, these as JSON.

The floor is a bare application of Pyramid that connects to the same store. The line of output is
the CPU time of the process until then, in nanoseconds. So nothing is imported that a deployment
needs not.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from typing import Any

from pyramid.config import Configurator


class Users:
    """``IResourceOwners``, without which the start would warn."""

    def subject(self, request: Any) -> str | None:
        """No user is signed in."""
        return None


def floor(settings: Mapping[str, str]) -> None:
    """Make an application without the add-on, and connect to its store."""
    Configurator().make_wsgi_app()
    if url := settings.get("oauth2.sqlalchemy.url"):
        import sqlalchemy

        sqlalchemy.create_engine(url).connect().close()
    elif url := settings.get("oauth2.redis.url"):
        import redis

        redis.Redis.from_url(url).ping()
    else:  # A resource server, which sends requests.
        import urllib3

        urllib3.PoolManager()


def main() -> None:
    """Make the application, as a server does before it accepts requests."""
    *options, settings = sys.argv[1:]
    if options:
        floor(json.loads(settings))
        return
    with Configurator(settings=json.loads(settings)) as config:
        config.add_route("login", "/login")
        config.include("pyramid_oauth2")
        config.set_oauth2_resource_owners(Users())
        config.make_wsgi_app()


if __name__ == "__main__":
    main()
    print(time.process_time_ns())
