"""The steps of a client, and how each went."""

from __future__ import annotations

from dataclasses import dataclass

from ..protocol.refusal import Refusal

PASSED, REFUSED, SKIPPED, NOT_REACHED = "passed", "refused", "skipped", "not reached"


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    :param name: what is done in it.
    :param state: :data:`PASSED`; :data:`REFUSED`; :data:`SKIPPED`, since it does not apply here;
        or :data:`NOT_REACHED`, since an earlier one was refused.
    :param text: what was seen, in a sentence.
    :param refusal: the check that refused it; None if none did, or it cannot be seen from here.
    :param cures: each a line of the ini, or a command, that would let it pass; of one that passes,
        what is left to do, since it passes in this run alone.
    """

    name: str
    state: str
    text: str = ""
    refusal: Refusal | None = None
    cures: tuple[str, ...] = ()

    @property
    def is_green(self) -> bool:
        """Whether the client can go on."""
        return self.state in (PASSED, SKIPPED)


class StepRefused(Exception):
    """The client cannot go on. The message says what was seen.

    :param refusal: the check that refused it, if it is known.
    :param cures: what would let it pass, where the refusal does not say it.
    """

    def __init__(self, text: str, refusal: Refusal | None = None, *cures: str) -> None:
        super().__init__(text)
        self.refusal = refusal
        self.cures = cures


class StepSkipped(Exception):
    """The step does not apply here. The message says why."""
