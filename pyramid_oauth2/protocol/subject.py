"""The text that names a user in grants, as code of an application passes it."""

from __future__ import annotations

from .records import SUBJECT_LENGTH, check_identifier


def checked_subject(subject: str) -> str:
    """The subject, if it can be one.

    :raises TypeError: it is no text.
    :raises ValueError: it names no user.
    """
    # A listing without a subject is that of all users; and a store may compare a number with
    # a text as it likes.
    if not isinstance(subject, str):
        raise TypeError(f"a subject is a str, such as str(user.id), not {subject!r}")
    check_identifier("the subject", subject, SUBJECT_LENGTH)
    return subject
