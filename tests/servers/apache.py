"""Apache's httpd, where it is installed, without the files of Debian's configuration."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import programs
from tests.serving import running

CONF = """
ServerName 127.0.0.1
ServerRoot {folder}
DocumentRoot {folder}
PidFile {folder}/apache.pid
DefaultRuntimeDir {folder}
Mutex file:{folder}
ErrorLog {folder}/errors.log
Listen 127.0.0.1:{port}
{modules}
{directives}
"""


@contextmanager
def apache(folder: Path, port: int, modules: tuple[str, ...], directives: str) -> Iterator[None]:
    """Run Apache until the block ends.

    :param folder: its files, with its ``errors.log``.
    :param modules: the names of their files, without ``mod_`` and ``.so``.
    :param directives: what it serves.
    """
    program = programs.need("apache2")
    loaded = "\n".join(
        f"LoadModule {name}_module {programs.MODULES}/mod_{name}.so" for name in modules
    )
    conf = folder / "apache.conf"
    conf.write_text(CONF.format(folder=folder, port=port, modules=loaded, directives=directives))
    command = [str(program), "-X", "-f", str(conf)]
    with running(command, folder / "apache.log", port):
        yield
