"""One application, started: ``python -m benchmarks.started [SETTINGS]``, the settings as JSON.

Without settings it is a bare application of Pyramid. The line of output is the CPU time of
the process until then, in nanoseconds. So nothing is imported that a deployment needs not.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from pyramid.config import Configurator


class Users:
    """``IResourceOwners``, without which the start would warn."""

    def subject(self, request: Any) -> str | None:
        """No user is signed in."""
        return None


def main() -> None:
    """Make the application, as a server does before it accepts requests."""
    if len(sys.argv) == 1:
        Configurator().make_wsgi_app()
        return
    with Configurator(settings=json.loads(sys.argv[1])) as config:
        config.add_route("login", "/login")
        config.include("pyramid_oauth2")
        config.set_oauth2_resource_owners(Users())
        config.make_wsgi_app()


if __name__ == "__main__":
    main()
    print(time.process_time_ns())
