"""What starts of the tests do less of: an application is the same, and its mistakes have a line."""

from __future__ import annotations

import pytest
from pyramid.config import Configurator
from pyramid.config.actions import ConfigurationConflictError
from pyramid.exceptions import ConfigurationError
from pyramid.util import TopologicalSorter

from tests.quick_starts import _sort


def test_a_conflict_names_both_lines():
    config = Configurator()
    config.add_route("one", "/one")
    config.add_route("one", "/other")
    with pytest.raises(ConfigurationConflictError) as caught:
        config.commit()
    message = str(caught.value)
    for line in ('config.add_route("one", "/one")', 'config.add_route("one", "/other")'):
        assert line in message
    assert message.count(f"of file {__file__}") == 2


def sorter(**rules: str) -> TopologicalSorter:
    made = TopologicalSorter()
    for name in "abc":
        made.add(name, object(), after=rules.get(name))
    return made


@pytest.mark.parametrize("rules", [{}, {"a": "c"}, {"a": "b", "b": "c"}, {"c": "a"}])
def test_the_order_is_that_of_the_rules(rules: dict[str, str]):
    for each in (sorter(**rules), sorter(**rules)):
        assert each.sorted() == _sort(each)


def test_a_rule_that_cannot_be_kept_is_refused_each_time():
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="Unsatisfied after"):
            sorter(a="missing").sorted()
