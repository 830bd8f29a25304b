"""The demo and the examples, for every test of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.checkout import Checkout, checkout_in


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    with checkout_in(tmp_path_factory.mktemp("checkout")) as checkout:
        yield checkout
