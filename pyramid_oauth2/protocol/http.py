"""An HTTP request as the protocol uses it, and its parameters; malformed ones are refused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl

from .errors import InvalidRequest
from .parameters import CORE_RULES, ParameterRules
from .refusal import OWN_RULE, Refusal

MAX_BODY = 64 * 1024
MAX_FIELDS = 100

FORM = "application/x-www-form-urlencoded"
UTF8 = frozenset({"charset=utf-8", 'charset="utf-8"', "charset=utf8"})
BROKEN_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")

# In these a NUL character is no error of its own: a wrong secret is
# invalid_client, and an unknown token is not active.
WHATEVER_IS_IN_IT = frozenset({"client_secret", "token"})

ONCE = Refusal("parameter_once", "RFC 6749 section 3.1")
MEDIA_TYPE = Refusal("body_media_type", "RFC 6749 appendix B")
CONTENT_CODING = Refusal("body_content_coding", "RFC 9110 section 15.5.16")
BODY_LENGTH = Refusal("body_length", "RFC 9110 section 15.5.14")
NOT_IN_URL = Refusal("secret_not_in_url", "RFC 6749 section 2.3.1")
ENCODING = Refusal("parameter_encoding", "RFC 6749 appendix B")
COUNT = Refusal("parameter_count", OWN_RULE)
LENGTH = Refusal("parameter_length", OWN_RULE, decided_by="oauth2.max_parameter_length")
NO_NUL = Refusal("parameter_without_nul", OWN_RULE)


@dataclass(frozen=True, slots=True)
class HTTPRequest:
    """The parts of an HTTP request that the protocol needs.

    ``url`` is the public URL without its query, ``query`` the raw query string.
    ``headers`` has lower-case names; a client may have sent any of them. ``secure`` is whether
    the request came by https. ``environ`` is what the WSGI server knows beside the request, such
    as the certificate of the connection; to be read only. ``reserved`` is what the request has
    reserved, also at an earlier attempt: that is no second use.
    """

    method: str
    url: str
    secure: bool = True
    query: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    remote_addr: str | None = None
    environ: Mapping[str, Any] = field(default_factory=dict, repr=False)
    reserved: set[tuple[str, bytes]] = field(default_factory=set, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Parameters:
    """Parameters as they were sent, possibly repeated.

    RFC 6749 section 3.1: "Parameters sent without a value MUST be treated as
    if they were omitted from the request." An empty one still counts as the
    first of two.

    ``provenance`` is what is certain about where they come from, such as ``signed``.
    """

    values: Mapping[str, tuple[str, ...]] = field(repr=False)
    rules: ParameterRules = CORE_RULES
    provenance: frozenset[str] = frozenset()

    def once(self, name: str) -> str | None:
        """The value, None if there is none.

        :raises InvalidRequest: the parameter is repeated.
        """
        values = self.values.get(name, ())
        if len(values) > 1 and name not in self.rules.repeatable:
            # RFC 6749 section 3.1: "Request and response parameters MUST NOT be
            # included more than once."
            refusal = ONCE.comparing(name=name, times=len(values))
            raise InvalidRequest("A parameter is repeated; send each one once.", refusal=refusal)
        return (values[-1] or None) if values else None

    def if_once(self, name: str) -> str | None:
        """The value, None also where it is repeated."""
        values = self.values.get(name, ())
        return (values[0] or None) if len(values) == 1 else None

    def every(self, name: str) -> frozenset[str]:
        """All values of a parameter that a form may repeat, such as those of its boxes."""
        return frozenset(self.values.get(name, ()))

    def only(self, names: Iterable[str]) -> Parameters:
        """Those of these names."""
        values = {name: self.values[name] for name in names if name in self.values}
        return replace(self, values=values)

    def refuse_repeated(self) -> None:
        """Refuse every repeated parameter, also one that is not used.

        :raises InvalidRequest: a parameter is repeated.
        """
        for name in self.values:
            self.once(name)

    def as_form(self) -> dict[str, str]:
        """The parameters that have a value, each once.

        :raises InvalidRequest: a parameter is repeated.
        """
        return {name: value for name in self.values if (value := self.once(name)) is not None}


def parse_form(http: HTTPRequest, rules: ParameterRules = CORE_RULES) -> dict[str, str]:
    """Return the parameters of a form body, each once; of one that may be repeated, the last.

    :raises InvalidRequest: as for :func:`parse_parameters`, or one is repeated.
    """
    return parse_parameters(http, rules).as_form()


def parse_parameters(http: HTTPRequest, rules: ParameterRules = CORE_RULES) -> Parameters:
    """Return the parameters of a form body that a client sends.

    :raises InvalidRequest: the body is not a form, is too large, compressed or
        not UTF-8, or the URL contains a secret.
    """
    _refuse_secrets_in_url(http.query, rules)
    return parse_body(http, rules=rules)


def parse_query(http: HTTPRequest, rules: ParameterRules = CORE_RULES) -> Parameters:
    """Return the parameters of the query string.

    :raises InvalidRequest: it is malformed.
    """
    # WSGI passes bytes decoded as latin-1.
    return _parameters(http.query.encode("latin-1"), rules=rules)


def parse_body(
    http: HTTPRequest,
    max_fields: int = MAX_FIELDS,
    max_value: int | None = None,
    rules: ParameterRules = CORE_RULES,
) -> Parameters:
    """Return the parameters of a form body.

    :param max_fields: how many there may be; a page has a check box for every scope.
    :param max_value: how many characters each may have; a page has one field for many URIs.
        None: as *rules* say.
    :raises InvalidRequest: the body is not a form, or is too large, compressed or malformed.
    """
    media_type, *options = http.headers.get("content-type", "").lower().split(";")
    charsets = {o.strip() for o in options if o.strip().startswith("charset=")}
    if media_type.strip() != FORM or not charsets <= UTF8:
        raise InvalidRequest(
            f"Send the parameters in the body, as {FORM} in UTF-8.",
            refusal=MEDIA_TYPE.comparing(content_type=http.headers.get("content-type")),
        )
    coding = http.headers.get("content-encoding", "identity")
    if coding.strip().lower() != "identity":
        refusal = CONTENT_CODING.comparing(content_encoding=coding)
        raise InvalidRequest("Send the body without Content-Encoding.", status=415, refusal=refusal)
    if len(http.body) > MAX_BODY:
        raise body_too_large()
    return _parameters(http.body, max_fields, max_value, rules)


def body_too_large() -> InvalidRequest:
    """The error for a body over :data:`MAX_BODY`, also for a caller that did not read it."""
    text = f"The body is larger than {MAX_BODY} bytes."
    return InvalidRequest(text, status=413, refusal=BODY_LENGTH.comparing(most=MAX_BODY))


def _refuse_secrets_in_url(query: str, rules: ParameterRules) -> None:
    # RFC 6749 section 2.3.1: "The parameters can only be transmitted in the
    # request-body and MUST NOT be included in the request URI."
    if not query:
        return
    names = {name for name, _ in parse_qsl(query, keep_blank_values=True, errors="replace")}
    for name in sorted(names & rules.secret):
        raise InvalidRequest(
            f"The parameter {name} must not be in the URL, where logs keep it: "
            "send it in the body.",
            refusal=NOT_IN_URL.comparing(name=name),
        )


def _decode(body: bytes, max_fields: int) -> list[tuple[str, str]]:
    try:
        text = body.decode("ascii")
        if BROKEN_PERCENT.search(text):
            raise InvalidRequest(
                "There is a % that is not followed by two hexadecimal digits: "
                "percent-encode it as %25.",
                refusal=ENCODING,
            )
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=max_fields)
    except UnicodeError:
        raise InvalidRequest(
            "The parameters are not percent-encoded UTF-8.", refusal=ENCODING
        ) from None
    except ValueError:
        refusal = COUNT.comparing(most=max_fields)
        raise InvalidRequest(
            f"There are more than {max_fields} parameters.", refusal=refusal
        ) from None


def _parameters(
    text: bytes,
    max_fields: int = MAX_FIELDS,
    max_value: int | None = None,
    rules: ParameterRules = CORE_RULES,
) -> Parameters:
    values: dict[str, tuple[str, ...]] = {}
    for name, value in _decode(text, max_fields):
        check_value(name, value, rules, max_value)
        values[name] = (*values.get(name, ()), value)
    return Parameters(values, rules)


def check_value(name: str, value: str, rules: ParameterRules, max_value: int | None = None) -> None:
    """Refuse a value that no parameter of that name may have.

    :raises InvalidRequest: it is too long, contains a NUL character, or cannot be UTF-8.
    """
    most = rules.max_length(name, max_value)
    if len(value) > most:
        raise InvalidRequest(
            f"A parameter is longer than {most} characters.",
            refusal=LENGTH.comparing(name=name, characters=len(value), most=most),
        )
    if "\0" in name or ("\0" in value and name not in WHATEVER_IS_IN_IT):
        refusal = NO_NUL.comparing(name=name)
        raise InvalidRequest("A parameter contains a NUL character.", refusal=refusal)
    try:
        # A form is decoded strictly, but JSON may have half of a surrogate pair.
        f"{name}{value}".encode()
    except UnicodeEncodeError:
        raise InvalidRequest("A parameter cannot be UTF-8.", refusal=ENCODING) from None


def accepts(http: HTTPRequest, media_type: str) -> bool:
    """Whether a request names a media type in ``Accept``, and likes none better.

    ``*/*`` does not name it (RFC 9110 section 12.5.1).
    """
    weights: dict[str, float] = {}
    for each in http.headers.get("accept", "").lower().split(","):
        name, *parameters = (part.strip() for part in each.split(";"))
        weights[name] = _weight(parameters)
    weight = weights.get(media_type, 0)
    return weight > 0 and weight >= max(weights.values())


def _weight(parameters: list[str]) -> float:
    found = [part[2:] for part in parameters if part.startswith("q=")]
    try:
        return float(found[0]) if found else 1.0
    except ValueError:
        return 0.0
