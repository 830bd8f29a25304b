"""Text of a request, made fit to be written down: no credential, one line, not long.

A refusal shows what was compared, so text that a stranger sent reaches a log.
"""

from __future__ import annotations

import re

from .parameters import CORE_RULES
from .token_strings import our_prefixes, parse_token

MASK = "********"
LENGTH = 120  # characters of one text that are shown

# What a JWT is part of. Within it code looks for one, in linear time: a pattern of a whole JWT
# would search the rest of the text again from every "eyJ", and anyone can send the text.
_RUN = re.compile(r"[\w.-]+")
_HEADER_LENGTH = 11  # characters at least: "eyJ", and eight more

# What a person may have chosen: even its length helps to guess it.
_CHOSEN = frozenset({"client_secret", "password"})
_SECRET_NAMES = CORE_RULES.secret | {
    *("access_token", "actor_token", "assertion", "authorization", "cookie", "device_code"),
    *("id_token", "id_token_hint", "interaction", "request", "subject_token"),
}
# What a secret becomes. Masking it once more changes nothing.
_MASKED = re.compile(
    r"\(masked(?:, \d+ characters)?\)|\([a-z][a-z0-9_]{0,63} of family [0-9A-Za-z]{16}\)"
)


def mask_credentials(text: str) -> str:
    """The text without token strings, client secrets that the server drew, and JWTs."""
    # Without a word boundary before it, since %3D precedes it in a URL within a URL.
    token = rf"((?:{'|'.join(our_prefixes())})_)[0-9A-Za-z]{{16,}}"
    return _RUN.sub(_without_jwts, re.sub(token, rf"\g<1>{MASK}", text))


def _without_jwts(run: re.Match[str]) -> str:
    if "eyJ" not in run[0]:
        return run[0]
    parts, kept = run[0].split("."), []
    at = 0
    while at < len(parts):
        header, begins = parts[at], parts[at].find("eyJ")
        # A header, a payload and a signature, of which each may be empty: the second part
        # of a JWE that is encrypted directly is (RFC 7518 section 4.5).
        is_header = begins >= 0 and len(header) - begins >= _HEADER_LENGTH
        if is_header and at + 2 < len(parts):
            kept.append(header[:begins] + MASK)
            at += 3
        else:
            kept.append(header)
            at += 1
    return ".".join(kept)


def is_secret_name(name: str) -> bool:
    """Whether a parameter or a member of this name is a secret; also of a name not known here."""
    return name in _SECRET_NAMES or name.endswith(("_token", "_secret"))


def masked(secret: str) -> str:
    """What may be written down of a secret: the kind and family of a token, else its length.

    A family is an identifier, which finds the grant; it proves nothing.
    """
    ref = parse_token(secret)
    if ref is not None:
        return f"({ref.kind} of family {ref.family})"
    return f"(masked, {len(secret)} characters)"


def shown(text: str) -> str:
    """The text as a log or a page may show it: printable ASCII, and at most :data:`LENGTH`.

    Every credential is masked before the text is shortened: the rest of one could not be
    recognised. To show it again changes nothing.
    """
    text = mask_credentials(text)
    line = "".join(map(_escaped, text[: LENGTH + 1]))
    if len(line) <= LENGTH:
        return line
    ending = f"... ({len(text)} characters)"
    return line[: LENGTH - len(ending)] + ending


def shown_as(name: str, text: str) -> str:
    """The text of the parameter *name*: a secret is masked by its name as well."""
    if name not in _SECRET_NAMES or _MASKED.fullmatch(text):
        return shown(text)
    return "(masked)" if name in _CHOSEN else masked(text)


def _escaped(character: str) -> str:
    if character.isascii() and character.isprintable():
        return character
    return character.encode("unicode_escape").decode()
