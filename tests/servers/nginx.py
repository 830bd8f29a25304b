"""nginx, where it is installed. The docs' tests are content without it, unlike with the stores."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.serving import running

PROGRAM = shutil.which("nginx", path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin")))
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
    """Run nginx until the block ends; the test is skipped where there is none.

    :param folder: where it works, with its ``errors.log``.
    :param http: its directives within ``http``.
    :param port: on which it is waited for.
    """
    if PROGRAM is None:
        pytest.skip("nginx is not installed: apt-get install nginx-light")
    (folder / "nginx.conf").write_text(CONF.format(http=http))
    command = [PROGRAM, "-p", str(folder), "-c", "nginx.conf", "-g", "daemon off;"]
    with running(command, folder / "nginx.log", port):
        yield
