"""``poauth2 INI doctor``: play what MCP clients send, and say what would stop them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import click

from ..known_clients import KnownClient, known_clients
from ..protocol.records import SUBJECT_LENGTH
from ..protocol.resources import uri_problem
from ..simulation.apis import api_at, apis_of
from ..simulation.play import play_in_process
from ..simulation.signed_in import GUEST
from ..simulation.step import Step
from .arguments import identifier, json_option
from .command import command
from .ini import Ini
from .table import table
from .terminal import shown

ALL = "all"
DETAILS = (
    "Each client is played from its first request to the revocation of its tokens, within this "
    "process: nothing is sent over a network, and your stores stay as they are. A user is signed "
    "in without your login, and allows everything. The exit status is 0 if every step passes."
)
EXAMPLES = """\
Examples:
  poauth2 development.ini doctor
  poauth2 development.ini doctor --client cursor
  # The URL that people type into the client, and a user of yours:
  poauth2 development.ini doctor --resource https://app.example/mcp --user alice
  # What a client sees of a server that runs, as far as the login:
  poauth2 production.ini doctor --url https://app.example/mcp
"""
INDENT = " " * 4


@dataclass(frozen=True, slots=True)
class Played:
    """A client at an API."""

    client: KnownClient
    api: str
    steps: tuple[Step, ...]

    @property
    def is_green(self) -> bool:
        """Whether every step passes."""
        return all(each.is_green for each in self.steps)

    def members(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "client": self.client.name,
            "title": self.client.title,
            "date": self.client.date.isoformat(),
            "api": self.api,
            "green": self.is_green,
            "steps": [_members(each) for each in self.steps],
        }

    def lines(self, ini: Ini) -> Iterator[str]:
        """For a terminal."""
        yield f"{self.client.title} at {shown(self.api)}"
        rows = [(f"  {each.state}", each.name, shown(each.text)) for each in self.steps]
        for step, line in zip(self.steps, table(rows), strict=True):
            yield line
            if step.refusal is not None:
                yield f"{INDENT}check: {step.refusal.check} ({step.refusal.source})"
                for name, value in step.refusal.compared:
                    yield f"{INDENT}{name}: {value}"
            label = "left to do" if step.is_green else "to let it pass"
            for cure in step.cures:
                yield f"{INDENT}{label}: {shown(ini.in_text(cure))}"


def _members(step: Step) -> dict[str, Any]:
    refusal = {} if step.refusal is None else step.refusal.members()
    return {"step": step.name, "state": step.state, "text": step.text, **refusal} | {
        "cures": list(step.cures)
    }


def api_url(word: str) -> str:
    """The type of a word that is the URL of an API."""
    if (problem := uri_problem(word)) is not None:
        raise click.BadParameter(problem)
    if not word.lower().startswith(("https://", "http://")):
        raise click.BadParameter("it is no URL with https")
    return word


@command(DETAILS, EXAMPLES)
@click.option(
    "--client",
    "name",
    type=click.Choice([*known_clients(), ALL]),
    default=ALL,
    metavar="NAME",
    help=f"the client: {', '.join(known_clients())}; default: all of them",
)
@click.option(
    "--resource",
    type=api_url,
    metavar="URL",
    help="the API, as people type its URL; default: each of the ini",
)
@click.option(
    "--user",
    "subject",
    type=identifier(SUBJECT_LENGTH),
    default=GUEST,
    metavar="SUBJECT",
    help="the user who is signed in; default: none of yours",
)
@click.option(
    "--url",
    type=api_url,
    metavar="URL",
    help="an API of a server that runs: play what a client sees of it",
)
@json_option("as JSON")
def doctor(
    ini: Ini, name: str, resource: str | None, subject: str, url: str | None, as_json: bool
) -> int:
    """Play the clients; the exit status is 1 if one is stopped."""
    clients = known_clients()
    chosen = [*clients.values()] if name == ALL else [clients[name]]
    if url is not None:
        found = [*_at_running_server(url, chosen)]
    else:
        found = [*_in_process(ini, chosen, resource, subject)]
    if as_json:
        print(json.dumps([each.members() for each in found], indent=2))
    else:
        print("\n\n".join("\n".join(each.lines(ini)) for each in found))
    return 0 if all(each.is_green for each in found) else 1


def _in_process(
    ini: Ini, clients: list[KnownClient], resource: str | None, subject: str
) -> Iterator[Played]:
    with ini.registry() as registry:
        apis = apis_of(registry) if resource is None else (api_at(registry, resource),)
        for client in clients:
            for api in apis:
                steps = play_in_process(registry, client, api, subject)
                yield Played(client, api.url, steps)


def _at_running_server(url: str, clients: list[KnownClient]) -> Iterator[Played]:
    # Only now: it needs urllib3.
    from .running_server import play_at

    for client in clients:
        yield Played(client, url, play_at(url, client))
