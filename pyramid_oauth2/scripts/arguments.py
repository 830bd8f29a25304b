"""Arguments: their parser repeats no token, for terminals are recorded, and errors copied."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

from ..protocol.records import check_identifier
from ..protocol.token_strings import CLIENT_SECRET_PREFIX, PREFIXES, is_client_secret, parse_token

OURS = re.compile(
    rf"(?<![0-9A-Za-z])({'|'.join((*PREFIXES.values(), CLIENT_SECRET_PREFIX))})_[0-9A-Za-z]+"
)


class Formatter(argparse.RawDescriptionHelpFormatter):
    """Leaves examples in their lines, and fills a description."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if "\n" in text:
            return super()._fill_text(text, width, indent)
        return argparse.HelpFormatter._fill_text(self, text, width, indent)


class Commands(argparse._SubParsersAction):  # type: ignore[type-arg]
    """Commands whose own help says what the list of them says, where it says no more."""

    def add_parser(self, name: str, **options: Any) -> Any:
        """Add the command; see ``argparse``."""
        text = options["help"]
        options.setdefault("description", f"{text[0].upper()}{text[1:]}.")
        return super().add_parser(name, **options)


class Parser(argparse.ArgumentParser):
    """An ``ArgumentParser`` whose errors have no token or secret of ours in them."""

    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=Formatter, **options)
        self.register("action", "parsers", Commands)

    def error(self, message: str) -> NoReturn:
        """Print the usage and *message*, and exit with 2."""
        super().error(without_secrets(message))


def without_secrets(text: str) -> str:
    """The text, in which tokens and client secrets of ours are cut off after their prefix."""
    return OURS.sub(r"\1_...", text)


def hold_a_token(words: Iterable[str]) -> bool:
    """Whether a token or a client secret of ours is among the words, or within one."""
    found = (match[0] for word in words for match in OURS.finditer(word))
    return any(parse_token(value) or is_client_secret(value) for value in found)


def identifier(length: int) -> Callable[[str], str]:
    """The type of an argument that names a user, a client or a grant.

    An empty one, as an unset variable of the shell makes it, is refused: it
    would look like one that was left out.

    :param length: how many characters it may have.
    """

    def checked(word: str) -> str:
        try:
            check_identifier("it", word, length)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None
        return word

    return checked
