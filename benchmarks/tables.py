"""Tables, as text for a terminal or as Markdown for the documentation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

FIRST, WIDTH = 26, 14
NONE = "-"
"""A cell that has no value."""


@dataclass
class Table:
    """A table that is printed row by row, since each takes its time.

    :param columns: the headings; the first column has the names of the rows.
    :param markdown: print Markdown.
    """

    columns: Sequence[str]
    markdown: bool = False
    _begun: bool = field(default=False, init=False)

    def add(self, *cells: str) -> None:
        """Print a row, after the headings if it is the first one."""
        if not self._begun:
            self._begun = True
            self._print_headings()
        print(self._line(cells), flush=True)

    def _print_headings(self) -> None:
        print()
        print(self._line(self.columns))
        if self.markdown:
            print("| --- |" + " ---: |" * (len(self.columns) - 1))

    def _line(self, cells: Sequence[str]) -> str:
        if self.markdown:
            return f"| {' | '.join(cells)} |"
        first, *others = cells
        return first.ljust(FIRST) + "".join(cell[: WIDTH - 1].rjust(WIDTH) for cell in others)
