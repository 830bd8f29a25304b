"""nginx, where it is installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import programs
from tests.serving import running

CONF = """
error_log errors.log warn;
pid nginx.pid;
events {{}}
http {{
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    {http}
}}
"""


@contextmanager
def nginx(folder: Path, http: str, port: int) -> Iterator[None]:
    """Run nginx until the block ends.

    :param folder: its working directory, with its ``errors.log``.
    :param http: its directives within ``http``.
    :param port: the port to wait for.
    """
    program = programs.need("nginx")
    (folder / "nginx.conf").write_text(CONF.format(http=http))
    command = [str(program), "-p", str(folder), "-c", "nginx.conf", "-g", "daemon off;"]
    with running(command, folder / "nginx.log", port):
        yield
