"""Purges a store as ``poauth2 INI purge`` does: ``python -m benchmarks.sizes.purge STORE URL``."""

from __future__ import annotations

import sys

from pyramid_oauth2 import get_service
from pyramid_oauth2.scripts.purge import purge_all

from ..addon import configured


def main() -> None:
    """Print a line, purge, and print how many records were removed."""
    store, url = sys.argv[1:]
    config = configured(store, url)
    config.make_wsgi_app()
    service = get_service(config.registry)
    server = service.server
    print("begins", flush=True)
    print(purge_all([server.grants, server.consents], server.clock(), lambda removed: None))
    service.close()


if __name__ == "__main__":
    main()
