"""A checkout in a separate folder, with the demo running in it, and the examples."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from queue import Queue
from types import ModuleType
from urllib.parse import urlsplit

import pytest

from .live import LiveServer, live_server
from .log_watch import credentials_in
from .ports import free_port
from .serving import BIN, environment

ROOT = Path(__file__).parents[1]
COMMAND = re.compile(r"^```sh\n(make example-.*)\n```$", re.MULTILINE)
PATIENCE = 60  # seconds, for a line


class Running:
    """An example, started by a command of its README.

    :ivar printed: its output lines so far.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.printed: list[str] = []
        self._process = process
        self._lines: Queue[str] = Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def line(self, word: str) -> str:
        """The next output line that contains *word*.

        :raises AssertionError: the program ends before, or takes too long.
        """
        passed = []
        while line := self._lines.get(timeout=PATIENCE):
            if word in line:
                return line
            passed.append(line)
        raise AssertionError(f"no {word!r} in {passed}")

    def end(self) -> int:
        """Wait for its end; return the exit status."""
        status = self._process.wait(PATIENCE)
        self._reader.join()
        return status

    def terminate(self) -> None:
        """Stop it, if it still runs."""
        self._process.terminate()
        self.end()

    def _read(self) -> None:
        with self._process.stdout as lines:
            for line in lines:
                self.printed.append(line)
                self._lines.put(line)
        self._lines.put("")


@dataclass(frozen=True)
class Checkout:
    """A folder with the contents of a checkout, and the demo that runs in it.

    :ivar api: the address of the example of a resource server.
    :ivar mcp: the URL of the example of an MCP server.
    :ivar relying_party: the address of the example of a relying party.
    """

    folder: Path
    server: LiveServer
    api: str
    mcp: str
    relying_party: str

    def secret(self, client_id: str) -> str:
        """The secret of one of the demo's clients."""
        suffix = client_id.removeprefix("demo")
        return (self.folder / f"demo-client{suffix}.secret").read_text().strip()

    def file(self, example: str, name: str) -> Path:
        """A file of an example."""
        return self.folder / "examples" / example / name

    def module(self, example: str) -> ModuleType:
        """The program of an example, configured for the demo that runs here."""
        spec = spec_from_file_location(example, self.file(example, f"{example}.py"))
        assert spec is not None
        assert spec.loader is not None
        module = module_from_spec(spec)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("ISSUER", self.server.issuer)
            spec.loader.exec_module(module)
        return module

    def move_relying_party(self) -> None:
        """Register its client for the port that it has here."""
        edit = [BIN / "poauth2", self.server.ini, "client", "edit", "demo-relying-party"]
        uris = {
            "--redirect-uri": f"{self.relying_party}/callback",
            "--post-logout-redirect-uri": f"{self.relying_party}/",
            "--backchannel-logout-uri": f"{self.relying_party}/back-channel-logout",
        }
        options = [word for option in uris.items() for word in option]
        subprocess.run([*edit, *options], check=True, capture_output=True)

    @contextlib.contextmanager
    def without(self, name: str) -> Iterator[None]:
        """Hide a file until the block ends."""
        away = (self.folder / name).rename(self.folder / f"{name}.away")
        yield
        away.rename(self.folder / name)

    @contextlib.contextmanager
    def run(
        self,
        example: str,
        number: int = 0,
        issuer: str | None = None,
        programs: Path = BIN,
        **variables: str,
    ) -> Iterator[Running]:
        """Run a command of the example's README until the block ends.

        Its output must contain no token and no code.

        :param number: the index of the command.
        :param issuer: of another demo than the one that runs here.
        :param programs: those of the virtual environment.
        """
        port = urlsplit(issuer or self.server.issuer).port
        readme = self.file(example, "README.md").read_text()
        command = COMMAND.findall(readme)[number].replace("http://localhost:6544", self.api)
        process = subprocess.Popen(
            ["sh", "-c", f"exec {command} PORT={port} BIN={programs}"],
            cwd=self.folder,
            # No browser opens, unless the test provides one.
            env=environment(
                **{"BROWSER": "true", "MCP_URL": self.mcp, "PYTHONPATH": str(ROOT), **variables}
            ),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        running = Running(process)
        try:
            yield running
        finally:
            running.terminate()
        assert credentials_in("".join(running.printed)) == []


@contextlib.contextmanager
def checkout_in(folder: Path) -> Iterator[Checkout]:
    """Create a checkout, and run its demo until the block ends."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "examples", folder / "examples")
    api = f"localhost:{free_port()}"
    for ini in (folder / "examples/resource_server").glob("*.ini"):
        text = ini.read_text().replace("localhost:6544", api)
        # Without the cache, so that a test need not wait for ten seconds.
        endpoint = "oauth2.introspection.url"
        ini.write_text(text.replace(endpoint, f"oauth2.introspection.cache = 0\n{endpoint}"))
    relying_party = f"localhost:{free_port()}"
    ini = folder / "examples/relying_party/relying_party.ini"
    ini.write_text(ini.read_text().replace("localhost:6545", relying_party))
    # What the installation would create; everything is installed already.
    (folder / ".venv").mkdir()
    (folder / ".venv" / "bin").symlink_to(BIN)
    for extra in ("examples", "mcp"):
        (folder / ".venv" / extra).touch()
    mcp = f"http://localhost:{free_port()}/mcp"
    with live_server(folder, {"client_cache": "0", "resources": f"{mcp} = read"}) as server:
        checkout = Checkout(folder, server, f"http://{api}", mcp, f"http://{relying_party}")
        checkout.move_relying_party()
        yield checkout
