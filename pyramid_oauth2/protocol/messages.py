"""Messages for people: English texts that a page can show in another language.

A module that decides writes its message in English, marked for ``make translations``::

    from ..messages import message as _

    yield _("use at most %(most)s characters", most=255)

The value is that English text, so a log, an exception and the command line need to know nothing of
it. A page translates its template, and formats the translation with the same parameters.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

SEPARATOR = "; "


class Message(str):
    """A text in English that knows how it was made.

    :ivar template: the text before it was formatted, with names as in ``%(most)s``.
    :ivar parameters: the values by name; a text among them may be a message itself.
    """

    __slots__ = ("parameters", "template")
    template: str
    parameters: Mapping[str, object]

    def __new__(cls, template: str, parameters: Mapping[str, object] | None = None) -> Message:
        """Format the template in English; one without parameters is the text as it is."""
        given = dict(parameters or {})
        english = {name: _english(value) for name, value in given.items()}
        made = super().__new__(cls, template % english if given else template)
        made.template, made.parameters = template, given
        return made


class Joined(str):
    """Several texts as one, in English; each is translated by itself.

    :ivar parts: the texts.
    """

    __slots__ = ("parts",)
    parts: tuple[str, ...]

    def __new__(cls, parts: tuple[str, ...]) -> Joined:
        """Join the texts in English."""
        # Flat, not a message of messages: a request decides how many there are.
        made = super().__new__(cls, SEPARATOR.join(str(_english(part)) for part in parts))
        made.parts = parts
        return made


def message(template: str, **parameters: object) -> Message:
    """A message of a template, which is written out where this is called."""
    return Message(template, parameters)


def about(value: str, problem: str) -> Message:
    """What is wrong with a value: the value, and a message that goes on with a verb."""
    return Message("%(value)r %(problem)s", {"value": value, "problem": problem})


def joined(texts: Iterable[str]) -> Joined:
    """One text of several, which may be an application's own texts."""
    return Joined(tuple(texts))


def message_of(error: Exception) -> str:
    """The message with which an error was raised; ``str(error)`` is the English text alone."""
    text = error.args[0] if error.args else None
    return text if isinstance(text, str) else str(error)


def _english(value: object) -> object:
    # A translation string of an application is its template until it is interpolated.
    interpolate = getattr(value, "interpolate", None)
    return value if interpolate is None else interpolate()
