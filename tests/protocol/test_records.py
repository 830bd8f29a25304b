"""What a record refuses when it is created, so that no store gets what it could not return."""

from __future__ import annotations

from typing import Any

import pytest

from pyramid_oauth2.protocol.clients.codecs import LAST_TIME
from pyramid_oauth2.protocol.records import Entry
from pyramid_oauth2.protocol.token.product import Product


@pytest.mark.parametrize("end", [1.5, 1.0, True, -1, LAST_TIME + 1, "1"])
def test_the_end_of_an_entry_is_a_time(end: Any) -> None:
    with pytest.raises(ValueError, match="expires_at is not in whole UTC seconds"):
        Entry("feature", "key", expires_at=end)


def test_a_product_is_of_a_registered_kind() -> None:
    with pytest.raises(ValueError, match="There is no token kind 'unregistered'"):
        Product("unregistered")
