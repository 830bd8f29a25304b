"""The form of the consent page, as a browser sends it."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urlencode

FIELD = "interaction"


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, list[tuple[str, str]]]] = []
        self._is_open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((attributes.get("action", ""), []))
            self._is_open = True
        elif tag == "input" and self._is_open and "name" in attributes:
            unticked = (
                attributes.get("type") in ("checkbox", "radio") and "checked" not in attributes
            )
            if not unticked:
                self.forms[-1][1].append((attributes["name"], attributes.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._is_open = False


def consent_form(html: str) -> tuple[str, bytes] | None:
    """Where the form is sent, and its body with the decision to allow; None if there is none."""
    parser = _Forms()
    parser.feed(html)
    for action, fields in parser.forms:
        if any(name == FIELD for name, _ in fields):
            return action, urlencode([*fields, ("decision", "allow")]).encode()
    return None
