"""Write the dumps: ``python -m tests.old_data NAME``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pyramid_oauth2 import migrations
from tests.functional.flow import Flow, answer_in, register_clients
from tests.functional.server import Server
from tests.servers import databases, valkey

from .servers import LaterServer
from .stores import dump


def write(store: str, url: str, file: Path) -> None:
    """Use a server on an empty store; write its contents afterwards, and what clients hold."""
    server = LaterServer(store, url, {})
    Server.register(server, "robot")
    register_clients(server)
    held = everything(server)
    file.write_text(json.dumps({"held": held, "store": dump(store, url)}, indent=1) + "\n")
    server.stop()


def everything(server: Server) -> dict[str, Any]:
    """Create one of each record; return what clients and browsers know of them."""
    flow = Flow(server).log_in("bob")
    tokens = flow.tokens()  # bob's consent to read is remembered.
    spent = flow.tokens(prompt="consent")
    repeated = flow.refresh(spent["refresh_token"])
    used = flow.code(prompt="consent")
    assert flow.redeem(used).status_int == 200
    page = flow.page(scope="read write")
    return {
        "secrets": server.secrets,
        "tokens": tokens,
        "spent_refresh_token": spent["refresh_token"],
        "repeated_answer": repeated.text,
        "code": answer_in(flow.ask().location)["code"],
        "used_code": used,
        "client_token": server.token(),
        "interaction": dict(page.form.submit_fields("decision", submit_value="allow")),
        "cookies": {cookie.name: cookie.value for cookie in flow.browser.cookiejar},
    }


def stores(stack: ExitStack) -> Iterator[tuple[str, str]]:
    """An empty store of each kind."""
    folder = stack.enter_context(TemporaryDirectory())
    postgresql = stack.enter_context(databases.postgresql())
    for store, url in (
        ("sqlite", f"sqlite:///{folder}/old.sqlite"),
        ("postgresql", postgresql.new_database()),
    ):
        migrations.upgrade(url)
        yield store, url
    yield "redis", stack.enter_context(valkey.single("appendonly yes", "appendfsync no")).url


def main() -> None:
    """Write a dump of each store into the folder of that name."""
    folder = Path(__file__).parent / sys.argv[1]
    folder.mkdir(exist_ok=True)
    with ExitStack() as stack:
        for store, url in stores(stack):
            write(store, url, folder / f"{store}.json")


if __name__ == "__main__":
    main()
