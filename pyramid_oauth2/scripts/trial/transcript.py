"""What ``poauth2 try`` prints: each request and each response, without a secret."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from ...protocol.masking import is_secret_name, shown

HIDDEN = "(hidden)"


class Transcript:
    """Numbers the steps, and writes them to stdout."""

    def __init__(self) -> None:
        self._step = 0

    def step(self, title: str) -> None:
        """Begin a step."""
        self._step += 1
        click.echo(f"{'' if self._step == 1 else chr(10)}{self._step}. {title}")

    def request(self, method: str, url: str, parameters: Mapping[str, str]) -> None:
        """Print a request, a line for each of its parameters and its header."""
        click.echo(f"   {method} {shown(url)}")
        self._members(parameters)

    def response(self, status: int, members: Mapping[str, Any], challenge: str = "") -> None:
        """Print a response, a line for each member of its JSON."""
        click.echo(f"   {status}")
        if challenge:
            click.echo(f"     WWW-Authenticate: {shown(challenge)}")
        self._members(members)

    def redirect(self, url: str, parameters: Mapping[str, str]) -> None:
        """Print how the browser came back."""
        click.echo(f"   The browser came back to {url}")
        self._members(parameters)

    def note(self, text: str) -> None:
        """Print a sentence about the step."""
        click.echo(f"   {text}")

    def _members(self, members: Mapping[str, Any]) -> None:
        width = max(map(len, members), default=0) + 1
        for name, value in members.items():
            click.echo(f"     {shown(name) + ':':<{width}} {_text(name, value)}")


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    if is_secret_name(name):
        return HIDDEN
    if isinstance(value, list):
        return " ".join(_text(name, each) for each in value)
    if isinstance(value, dict):
        return ", ".join(f"{shown(key)}={_text(key, each)}" for key, each in value.items())
    return shown(str(value))
