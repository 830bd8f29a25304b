"""A parser of arguments whose error messages never repeat a token: terminals may be recorded."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

from ..protocol.records import check_identifier
from ..protocol.token_strings import (
    TOKEN_LENGTH,
    is_client_secret,
    is_token_of_any_kind,
    our_prefixes,
)


class Formatter(argparse.RawDescriptionHelpFormatter):
    """Preserves the lines of examples, and wraps a description."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if "\n" in text:
            return super()._fill_text(text, width, indent)
        return argparse.HelpFormatter._fill_text(self, text, width, indent)


class Commands(argparse._SubParsersAction):  # type: ignore[type-arg]
    """Subcommands whose description defaults to their line in the list of commands."""

    def add_parser(self, name: str, **options: Any) -> Any:
        """Add the command; see ``argparse``."""
        text = options["help"]
        options.setdefault("description", f"{text[0].upper()}{text[1:]}.")
        return super().add_parser(name, **options)


class Parser(argparse.ArgumentParser):
    """An ``ArgumentParser`` whose error messages contain no token or secret of ours."""

    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=Formatter, **options)
        self.register("action", "parsers", Commands)

    def error(self, message: str) -> NoReturn:
        """Print the usage and *message*, and exit with 2."""
        super().error(without_secrets(message))


def without_secrets(text: str) -> str:
    """The text, with tokens and client secrets of ours cut off after their prefix."""
    return _ours().sub(r"\1_...", text)


def hold_a_token(words: Iterable[str]) -> bool:
    """Whether one of the words contains a token or a client secret of ours."""
    found = (match[0] for word in words for match in _ours().finditer(word))
    return any(is_token_of_any_kind(value) or is_client_secret(value) for value in found)


def _ours() -> re.Pattern[str]:
    # A kind that the application adds is known once it is loaded, which is after the words of the
    # command are read: until then its tokens are recognised by their length.
    prefixes = "|".join(our_prefixes())
    any_prefix = rf"[a-z][a-z0-9]*(?=_[0-9A-Za-z]{{{TOKEN_LENGTH}}})"
    return re.compile(rf"(?<![0-9A-Za-z])({prefixes}|{any_prefix})_[0-9A-Za-z]+")


def identifier(length: int) -> Callable[[str], str]:
    """The type of an argument that names a user, a client or a grant.

    An empty one, as from an unset shell variable, is refused: it would be taken as
    an omitted argument.

    :param length: how many characters it may have.
    """

    def checked(word: str) -> str:
        try:
            check_identifier("it", word, length)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None
        return word

    return checked
