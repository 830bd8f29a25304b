"""A class or a function of Python as a part of a page."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from types import ModuleType

from .docstrings import markdown, split
from .source import definitions, docstring, fields, members, signature


@dataclass(frozen=True)
class Entry:
    """What a page has about a class or a function.

    :param title: what a request has, where it is that rather than its class
        that an application uses.
    :param only: the fields and methods that an application uses, where not all.
    """

    module: ModuleType
    name: str
    title: str = ""
    only: Collection[str] | None = None

    def parts(self, heading: str) -> Iterator[str]:
        """Its heading, then what it is for, then its fields and methods."""
        node = definitions(self.module)[self.name]
        yield f"{heading} `{self.title or self.name}`"
        if isinstance(node, ast.FunctionDef):
            yield f"`{signature(node)}`"
            yield markdown(docstring(node))
        else:
            yield from self._class(node)

    def _class(self, node: ast.ClassDef) -> Iterator[str]:
        made = members(node).get("__init__")
        if made and not self.title:
            yield f"`{signature(made).replace('__init__', self.name)}`"
        # What a request has, nobody makes: how it is made says nothing.
        yield markdown(split(docstring(node))[0] if self.title else docstring(node))
        if values := [f"- `{text}`" for name, text in fields(node) if self._is_shown(name)]:
            yield "\n".join(values)
        for name, method in members(node).items():
            if name != "__init__" and self._is_shown(name):
                yield f"**`.{signature(method)}`**"
                yield markdown(docstring(method))

    def _is_shown(self, name: str) -> bool:
        return self.only is None or name in self.only
