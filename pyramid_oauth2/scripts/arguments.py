"""Words of the command line: their types, and that no message repeats a token in them."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from ..protocol.masking import mask_credentials
from ..protocol.records import CLIENT_ID_LENGTH, check_identifier
from ..protocol.token_strings import (
    TOKEN_LENGTH,
    is_client_secret,
    is_initial_access_token,
    is_registration_access_token,
    is_server_secret,
    is_token_of_any_kind,
    our_prefixes,
)
from ..settings.types import BadValue, lifetime
from .terminal import shown

F = TypeVar("F", bound=Callable[..., int])


def without_secrets(text: str) -> str:
    """The text, with tokens and client secrets of ours cut off after their prefix, and no JWT."""
    return mask_credentials(_ours().sub(r"\1_...", text))


def hold_a_token(words: Iterable[str]) -> bool:
    """Whether one of the words contains a token or a secret of ours."""
    kinds = (
        *(is_token_of_any_kind, is_client_secret, is_server_secret),
        *(is_initial_access_token, is_registration_access_token),
    )
    found = (match[0] for word in words for match in _ours().finditer(word))
    return any(is_one(value) for value in found for is_one in kinds)


def _ours() -> re.Pattern[str]:
    # A kind that the application adds is known once it is loaded, which is after the words of the
    # command are read: until then its tokens are recognised by their length.
    prefixes = "|".join(our_prefixes())
    any_prefix = rf"[a-z][a-z0-9]*(?=_[0-9A-Za-z]{{{TOKEN_LENGTH}}})"
    return re.compile(rf"(?<![0-9A-Za-z])({prefixes}|{any_prefix})_[0-9A-Za-z]+")


def some_text(word: str) -> str:
    """The type of a word that is a text of any length.

    A blank one, as from an unset shell variable, is refused: it would mean something else than
    what was meant.
    """
    if not word.strip():
        raise click.BadParameter("it is empty")
    try:
        word.encode()
    except UnicodeEncodeError:
        raise click.BadParameter("it is not valid Unicode text") from None
    return word


def some_path(word: str) -> str:
    """The type of a word that names a file; its bytes need not be UTF-8."""
    if not word:
        raise click.BadParameter("it is empty")
    return word


def identifier(length: int) -> Callable[[str], str]:
    """The type of a word that identifies a user, a client or a grant; not an empty one.

    :param length: how many characters it may have.
    """

    def checked(word: str) -> str:
        try:
            check_identifier("it", word, length)
        except ValueError as error:
            raise click.BadParameter(str(error)) from None
        return word

    return checked


client_id_argument = click.argument(
    "client_id", metavar="CLIENT_ID", type=identifier(CLIENT_ID_LENGTH)
)


def named_once(flag: str, length: int, metavar: str, text: str) -> Callable[[F], F]:
    """An option whose value is an :func:`identifier`, and which is not given twice.

    Click would take the last value, and ignore that another one was meant as well.

    :param flag: the option, such as ``--user``.
    :param length: how many characters its value may have.
    :param metavar: the word for its value.
    :param text: its help.
    """

    def once(ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> str | None:
        if len(values) > 1:
            raise click.BadParameter("it is given twice", ctx, parameter)
        return values[0] if values else None

    return click.option(
        flag, multiple=True, type=identifier(length), metavar=metavar, help=text, callback=once
    )


def duration(text: str) -> int:
    """The type of an option such as ``600``, ``10m`` or ``1h``, in seconds."""
    try:
        return lifetime(text)
    except BadValue as error:
        raise click.BadParameter(str(error)) from None


def json_file(name: str) -> Mapping[str, Any]:
    """The type of an option that names a file with a JSON object; ``-`` is standard input."""
    if not name:
        raise click.BadParameter("it is empty")
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text("utf-8")
        value = json.loads(text)
    except OSError as error:
        raise click.BadParameter(f"{shown(name)} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        # Also of bytes that are not UTF-8.
        raise click.BadParameter(f"{shown(name)} is not JSON") from None
    if not isinstance(value, dict):
        raise click.BadParameter(f"{shown(name)} has no JSON object")
    return value


def json_option(text: str) -> Callable[[F], F]:
    """The option ``--json``, which the function gets as ``as_json``.

    :param text: its help.
    """
    return click.option("--json", "as_json", is_flag=True, help=text)
