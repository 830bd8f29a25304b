"""The parameters of requests, as those who read them declare them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

MAX_VALUE = 4 * 1024  # characters: the default of oauth2.max_parameter_length
MAX_ASSERTION = 16 * 1024


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter that a grant type, or another plug-in, reads.

    :param required: whether a request without it is refused.
    :param repeatable: whether it may be sent more than once.
    :param secret: whether it must never be in a URL, which proxies, logs and histories store.
    :param max_length: how many characters a value may have; None: as many as
        ``oauth2.max_parameter_length`` says.
    """

    name: str
    required: bool = False
    repeatable: bool = False
    secret: bool = False
    max_length: int | None = None


@dataclass(frozen=True, slots=True)
class ParameterRules:
    """What every request must observe before it is known who reads a parameter.

    :param longest: how many characters a value may have.
    :param max_lengths: the same for those parameters that have a limit of their own.
    """

    repeatable: frozenset[str]
    secret: frozenset[str]
    longest: int = MAX_VALUE
    max_lengths: Mapping[str, int] = field(default_factory=dict, repr=False)

    def max_length(self, name: str, default: int | None = None) -> int:
        """How many characters a value of that parameter may have.

        :param default: of a parameter without a limit of its own; None: ``longest``.
        """
        return self.max_lengths.get(name, self.longest if default is None else default)

    def limited(self, longest: int, scopes: Iterable[str], most: int) -> ParameterRules:
        """These rules with the limits of one server.

        :param longest: how many characters a value may have.
        :param scopes: all scopes of the server: a request may name each of them.
        :param most: how many characters any value can have.
        """
        scope = min(max(longest, len(" ".join(scopes))), most)
        return replace(self, longest=longest, max_lengths={**self.max_lengths, "scope": scope})

    def including(self, declared: Iterable[Parameter]) -> ParameterRules:
        """These rules, and those of the declared parameters.

        :raises ValueError: two declare one parameter, but differently.
        """
        # Those of the core are as they are, or a plug-in could loosen them for every endpoint.
        by_name = {name: Parameter(name) for name in CORE_NAMES}
        for parameter in declared:
            # Whether it is required is the business of each reader.
            parameter = replace(parameter, required=False, secret=self._is_secret(parameter))
            if by_name.setdefault(parameter.name, parameter) != parameter:
                raise ValueError(f"the parameter {parameter.name} is declared in two ways")
        own = {each.name: each.max_length for each in by_name.values()}
        return ParameterRules(
            self.repeatable | {each.name for each in by_name.values() if each.repeatable},
            self.secret | {each.name for each in by_name.values() if each.secret},
            self.longest,
            {**self.max_lengths, **{name: most for name, most in own.items() if most is not None}},
        )

    def _is_secret(self, parameter: Parameter) -> bool:
        return parameter.secret or parameter.name in self.secret


CORE_NAMES = (
    *("client_id", "code_challenge", "code_challenge_method", "grant_type", "prompt"),
    *("redirect_uri", "response_mode", "response_type", "scope", "state"),
    *("acr_values", "display", "login_hint", "max_age", "ui_locales"),
)
CORE_RULES = ParameterRules(
    # RFC 8707 section 2: "Multiple resource parameters MAY be used".
    repeatable=frozenset({"resource"}),
    # Also those that no plug-in reads: a client may send them to the wrong server.
    secret=frozenset(
        {
            "client_assertion",
            "client_secret",
            "code",
            "code_verifier",
            "password",
            "refresh_token",
            "token",
        }
    ),
    # A JWT, whichever method reads it.
    max_lengths={"client_assertion": MAX_ASSERTION},
)
