"""Convert a docstring to Markdown: Sphinx's fields, roles and examples."""

from __future__ import annotations

import re
import textwrap

WIDTH = 100
FIELD = re.compile(r"^:(param|return|raises|ivar)(?: ([\w.]+))?: *", re.MULTILINE)
ROLE = re.compile(r":(\w+):`~?([^`]+)`")
LITERAL = re.compile(r"``([^`]+)``")
EXAMPLE = re.compile(r"^(.*?)::\n\n((?: {4}.*\n|\n)+)", re.MULTILINE)
# The code in text without markup, such as the meaning of a setting.
CODE_WORD = re.compile(r"(?<![\w/`])(?:oauth2\.[\w.]*\w|<path>[\w/]*|/(?:oauth2|api)\b)")
LABELS = {"return": "Returns", "raises": "Raises"}
# The page with an entry for each public name of a module.
PAGE_OF = {
    "pyramid_oauth2.events": "events.md",
    "pyramid_oauth2.interfaces": "interfaces.md",
    "pyramid_oauth2.protocol.records": "records.md",
}


def markdown(docstring: str) -> str:
    """The docstring as Markdown; its fields become a list.

    :param docstring: without the indentation of its place in the source.
    """
    prose, fields = split(docstring)
    text = EXAMPLE.sub(_fenced, inline(prose) + "\n").strip()
    return "\n\n".join(filter(None, (text, "\n".join(_items(fields)))))


def split(docstring: str) -> tuple[str, str]:
    """The prose of a docstring, and its fields."""
    begin = FIELD.search(docstring)
    at = begin.start() if begin else len(docstring)
    return docstring[:at], docstring[at:]


def inline(text: str) -> str:
    """Roles and double backticks as code in Markdown, with links to names that have an entry."""
    return LITERAL.sub(r"`\1`", ROLE.sub(_linked, text))


def plain(text: str) -> str:
    """Text without markup, wrapped to the width of a page; code words are marked as code."""
    return filled(CODE_WORD.sub(r"`\g<0>`", text))


def filled(text: str, indent: str = "") -> str:
    """The text, wrapped to the width of a page; all lines but the first are indented."""
    return textwrap.fill(
        " ".join(text.split()),
        WIDTH,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _linked(found: re.Match[str]) -> str:
    if found[1] == "mod":
        return f"`{found[2]}`"
    module, _, name = found[2].rpartition(".")
    owner, _, kind = module.rpartition(".")
    if kind.startswith("I"):  # A method of an interface.
        module, anchor, name = owner, kind.lower(), f"{kind}.{name}"
    else:
        anchor = name.lower()
    page = PAGE_OF.get(module)
    return f"[`{name}`]({page}#{anchor})" if page else f"`{name}`"


def _fenced(found: re.Match[str]) -> str:
    before = f"{found[1]}:\n\n" if found[1] else ""
    return f"{before}```python\n{textwrap.dedent(found[2]).strip()}\n```\n\n"


def _items(fields: str) -> list[str]:
    # The text before the first field, then the kind, the name and the text of each field.
    parts = iter(FIELD.split(fields)[1:])
    return [
        filled(f"- {_label(kind, name or '')}: {inline(text)}", "  ")
        for kind, name, text in zip(parts, parts, parts, strict=True)
    ]


def _label(kind: str, name: str) -> str:
    named = name and f"`{name.rpartition('.')[2]}`"
    return f"{LABELS.get(kind, '')} {named}".strip()
