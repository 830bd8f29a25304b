"""The entry of a Python class or function on a page."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from types import ModuleType

from .docstrings import markdown, split
from .source import definitions, docstring, fields, members, signature


@dataclass(frozen=True)
class Entry:
    """The entry of a class or a function.

    :param title: the attribute of a request, if an application uses that and not
        the class itself.
    :param only: the fields and methods that an application uses, if not all.
    """

    module: ModuleType
    name: str
    title: str = ""
    only: Collection[str] | None = None

    def parts(self, heading: str) -> Iterator[str]:
        """Its heading, its docstring, then its fields and methods."""
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
        # An application does not construct the attributes of a request: omit the constructor.
        is_attribute = self.title.startswith("request.")
        yield markdown(split(docstring(node))[0] if is_attribute else docstring(node))
        if values := [f"- `{text}`" for name, text in fields(node) if self._is_shown(name)]:
            yield "\n".join(values)
        for name, method in members(node).items():
            if name != "__init__" and self._is_shown(name):
                yield f"**`.{signature(method)}`**"
                yield markdown(docstring(method))

    def _is_shown(self, name: str) -> bool:
        return self.only is None or name in self.only
