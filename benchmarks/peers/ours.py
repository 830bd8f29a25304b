"""The add-on as a WSGI application; as a program, prepares its store and prints the secret."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from pyramid_oauth2 import get_service, migrations

from ..addon import configured, register_client

STORE, URL = os.environ["BENCH_STORE"], os.environ["BENCH_URL"]


class TrustingRemoteUser:
    """Takes the user from a header, which only the preparation of the codes sends."""

    def __init__(self, application: Any) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Pass the request on."""
        if user := environ.get("HTTP_REMOTE_USER"):
            environ["REMOTE_USER"] = user
        answer: Iterable[bytes] = self._application(environ, start_response)
        return answer


def make() -> TrustingRemoteUser:
    """The application, for a server that takes a factory."""
    return TrustingRemoteUser(configured(STORE, URL).make_wsgi_app())


if __name__ == "__main__":
    if STORE != "redis":
        migrations.upgrade(URL)
    config = configured(STORE, URL)
    config.commit()
    config.make_wsgi_app()
    print(register_client(get_service(config.registry)))
