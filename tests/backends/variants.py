"""A store behind something else: in which groups of the contract it may differ from the store.

PgBouncer is PostgreSQL with other connections; Sentinel and a Cluster are Redis with other ones.
What the contract shows on the store itself need not be shown again at each ``make test``. With
TEST_ROUNDS=1, as CI has it, every group is run on every variant.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import ClassVar

import pytest

from pyramid_oauth2.backends import contract
from pyramid_oauth2.backends.contract import BackendContract, Contract
from pyramid_oauth2.backends.contract.racing import thorough

ALIKE = "a variant of a store, where it is like the store: set TEST_ROUNDS=1 to run this as well"


class Variant(Contract):
    """The contract on a variant of a store.

    ``differs_in`` are the groups that are run on it at each ``make test``.
    """

    differs_in: ClassVar[Collection[type[Contract]]]


def groups_without(*alike: type[Contract]) -> frozenset[type[Contract]]:
    """All groups of the contract but some."""
    groups = {each for each in BackendContract.__mro__ if issubclass(each, Contract)}
    return frozenset(groups.difference(alike))


def skip_what_is_alike(items: Iterable[pytest.Item]) -> None:
    """Mark the tests of a variant that a run with fewer rounds leaves out."""
    if thorough():
        return
    for item in items:
        suite = getattr(item, "cls", None)
        if suite is not None and issubclass(suite, Variant) and is_alike(suite, item):
            item.add_marker(pytest.mark.skip(reason=ALIKE))


def is_alike(suite: type[Variant], item: pytest.Item) -> bool:
    """Whether a test is of a group in which the variant is like the store."""
    name = getattr(item, "originalname", item.name)
    group = next(each for each in suite.__mro__ if name in vars(each))
    # A test that is not of the contract is there for this store.
    return group.__module__.startswith(contract.__name__) and group not in suite.differs_in
