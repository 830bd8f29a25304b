"""The relying parties as processes, and a user who signs in at one."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import requests

from tests.live import LiveClient, LiveServer
from tests.ports import free_port
from tests.serving import running
from tests.visitor import Visitor

from .environment import HERE, node_with, python_with

SCOPE = "openid profile email offline_access"


@dataclass(frozen=True)
class Place:
    """Where a relying party runs, and for which server.

    :ivar folder: its working directory, with its log.
    """

    folder: Path
    port: int
    issuer: str
    client: LiveClient

    @property
    def url(self) -> str:
        """Of its home page, without a slash."""
        return f"http://127.0.0.1:{self.port}"


Start = Callable[[Place], contextlib.AbstractContextManager[None]]


@dataclass(frozen=True)
class Kind:
    """An application that uses one library.

    Its home page is JSON: ``id_token`` and ``userinfo``, with the claims of each.

    :ivar start: runs it, or skips the test if the library is missing.
    :ivar callback: the path of its redirect URI.
    :ivar login: the path of its link to sign in.
    :ivar home: the path of its page.
    :ivar refresh: the path where it gets new tokens, which may have values of the page in it;
        None if it cannot.
    :ivar logout: the path of its link to sign out here and at the server; None if it has none.
    :ivar back_channel: the path where it is notified that a user has signed out; None if it
        cannot be.
    :ivar options: of its registration.
    :ivar believes: the lies that it does not notice by itself.
    """

    start: Start
    callback: str
    login: str = "/login"
    home: str = "/"
    refresh: str | None = "/refresh"
    logout: str | None = None
    back_channel: str | None = None
    options: tuple[str, ...] = ()
    believes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Party:
    """A relying party that runs.

    :ivar url: of its home page, without a slash.
    """

    kind: Kind
    client: LiveClient
    url: str


@dataclass
class Person:
    """A user in a browser, at a party and at the server."""

    party: Party
    at_server: Visitor = field(default_factory=Visitor)
    here: requests.Session = field(default_factory=requests.Session)

    @classmethod
    def named(cls, name: str, party: Party) -> Person:
        """Another user of the demo than alice."""
        return cls(party, Visitor(name))

    def sign_in(self, path: str | None = None) -> requests.Response:
        """Follow the link of the party, and allow what it wants; its page afterwards.

        :param path: of another link than that to sign in.
        """
        return self.here.get(self._sent_back(path or self.party.kind.login))

    def sign_out(self) -> str:
        """Follow the link of the party to sign out there and at the server.

        :returns: the URL to which the server sends the user afterwards.
        """
        assert self.party.kind.logout is not None
        back = self._sent_back(self.party.kind.logout.format(url=self.party.url))
        # To a page that demands a user, perhaps, which would send them to the server again.
        self.here.get(back, allow_redirects=False)
        return back

    def _sent_back(self, path: str) -> str:
        link = self.here.get(self.party.url + path, allow_redirects=False)
        assert link.is_redirect, link.text
        return self.at_server.send(urljoin(link.url, link.headers["Location"]))

    def page(self) -> Any:
        """What the page of the party says of the user; no claims before a user signs in."""
        answer = self.here.get(self.party.url + self.party.kind.home)
        nothing: dict[str, Any] = {"id_token": None, "userinfo": None}
        if answer.status_code == 401:
            return nothing
        assert answer.status_code == 200, answer.text
        return nothing | answer.json()

    def refresh(self) -> Any:
        """Let the party get new tokens; its page afterwards."""
        assert self.party.kind.refresh is not None
        path = self.party.kind.refresh.format(url=self.party.url, **self.page())
        answer = self.here.get(self.party.url + path)
        assert answer.status_code == 200, answer.text
        return self.page()


@contextlib.contextmanager
def party_of(kind: Kind, server: LiveServer, folder: Path) -> Iterator[Party]:
    """Register a relying party and run it until the block ends."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    client = server.add_client(
        *("--name", "Party", "--redirect-uri", url + kind.callback, "--scope", SCOPE),
        *("--post-logout-redirect-uri", url, "--post-logout-redirect-uri", f"{url}/"),
        *(("--backchannel-logout-uri", url + kind.back_channel) if kind.back_channel else ()),
        *kind.options,
    )
    with kind.start(Place(folder, port, server.issuer, client)):
        yield Party(kind, client, url)


def python(script: str, *packages: str) -> Start:
    """A script of the folder ``sites``, which needs these packages of PyPI."""
    return lambda place: _script(python_with(*packages), script, place)


def node(script: str, *packages: str, **variables: str) -> Start:
    """A script of the folder ``sites``, which needs these packages of npm.

    :param variables: more of its environment.
    """
    return lambda place: _script(node_with(*packages), script, place, **variables)


@contextlib.contextmanager
def _script(program: Path, script: str, place: Place, **more: str) -> Iterator[None]:
    variables = {
        "ISSUER": place.issuer,
        "CLIENT_ID": place.client.id,
        "CLIENT_SECRET": place.client.secret or "",
        "SCOPE": SCOPE,
        "PORT": str(place.port),
        **more,
    }
    command = [str(program), str(HERE / "sites" / script)]
    with running(command, place.folder / "party.log", place.port, **variables):
        yield
