"""A call of a store whose response is lost: when it is repeated, and what is then known."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pyramid_oauth2.protocol import lost_responses
from pyramid_oauth2.protocol.errors import InvalidGrant
from pyramid_oauth2.protocol.lost_responses import until_inserted, until_known
from pyramid_oauth2.protocol.records import (
    ACCESS_TOKEN,
    DuplicateRecord,
    OutcomeUnknown,
    StoreUnavailable,
    Token,
)
from pyramid_oauth2.protocol.single_use import SingleUse, reserve

from .worlds import NOW, make_server

PROTOCOL = Path(lost_responses.__file__).parent
# Without "reserve": a repeated call does not show whose the reservation is.
WRITES = {
    "grants": {"open", "add", "redeem", "amend", "revoke_grant", "revoke_token", "revoke_subject"},
    "consents": {"put", "forget"},
    "clients": {"add", "edit", "raise_epoch", "delete", "forget", "import_"},
}
LOST = OutcomeUnknown("lost")


def answering(*results: Any) -> Callable[[], Any]:
    """A call that has these results, or raises those that are exceptions, one after the other."""
    remaining = iter(results)

    def call() -> Any:
        result = next(remaining)
        if isinstance(result, Exception):
            raise result
        return result

    return call


def called_directly(source: str) -> list[str]:
    """The writing operations of the stores of a server that a module calls itself."""
    return [
        node.func.attr
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Attribute)
        and node.func.attr in WRITES.get(node.func.value.attr, ())
    ]


def test_no_other_module_calls_the_store_directly() -> None:
    direct = {
        str(file.relative_to(PROTOCOL)): called
        for file in PROTOCOL.rglob("*.py")
        if (called := called_directly(file.read_text()))
    }
    assert direct == {}
    assert called_directly("server.grants.redeem(token)") == ["redeem"]


class TestCalls:
    def test_a_known_outcome_is_not_asked_for_again(self) -> None:
        assert until_known(answering(False)) is False
        with pytest.raises(StoreUnavailable, match="no connection"):
            until_known(answering(StoreUnavailable("no connection")))

    def test_another_error_of_the_repeated_call_leaves_the_first_unknown(self) -> None:
        assert until_known(answering(LOST, StoreUnavailable("no connection"), True))

    def test_an_exception_of_the_repeated_call_is_an_outcome(self) -> None:
        with pytest.raises(DuplicateRecord):
            until_known(answering(LOST, DuplicateRecord()))

    def test_it_ends(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(lost_responses, "PAUSES", (0.01, 0.02))
        with pytest.raises(OutcomeUnknown, match="lost"):
            until_known(answering(LOST, StoreUnavailable("no connection"), StoreUnavailable("")))

    def test_it_ends_in_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(lost_responses, "PAUSES", (0.0, 0.2, 0.2))
        monkeypatch.setattr(lost_responses, "PATIENCE", 0.1)
        with pytest.raises(OutcomeUnknown):
            until_known(answering(LOST, LOST))


class TestInsertions:
    TOKEN = Token(ACCESS_TOKEN, "family", b"digest", NOW, NOW + 60)

    @pytest.mark.parametrize("written", [True, False])
    def test_the_own_record_is_no_duplicate(self, written: bool) -> None:
        server = make_server()
        calls: list[bool] = []

        def insert() -> bool:
            calls.append(written)
            if len(calls) > 1 or written:
                server.grants.open(None, [self.TOKEN], NOW)
            if len(calls) == 1:
                raise LOST
            return True

        assert until_inserted(server, insert, self.TOKEN)
        assert len(calls) == 2
        assert server.grants.find(self.TOKEN.ref) == (self.TOKEN, None)

    def test_that_of_another_caller_is_one(self) -> None:
        server = make_server()
        server.grants.open(None, [replace(self.TOKEN, data=b"another")], NOW)
        for results in ([DuplicateRecord()], [LOST, DuplicateRecord()]):
            with pytest.raises(DuplicateRecord):
                until_inserted(server, answering(*results), self.TOKEN)


class TestReservations:
    """A reservation does not say whose it is."""

    USE = SingleUse("voucher", b"1", NOW + 60)

    def reserve(self, *results: Any) -> None:
        answer = answering(*results)

        class Grants:
            def reserve(self, *_arguments: Any) -> bool:
                return bool(answer())

        grants: Any = Grants()
        reserve(replace(make_server(), grants=grants), [self.USE])

    def test_one_that_is_still_free_is_this_requests(self) -> None:
        self.reserve(LOST, True)

    def test_one_that_is_taken_then_is_not_refused_as_used(self) -> None:
        with pytest.raises(OutcomeUnknown, match="perhaps by the call"):
            self.reserve(LOST, False)

    def test_one_that_is_taken_at_once_is(self) -> None:
        with pytest.raises(InvalidGrant, match="was used already"):
            self.reserve(False)
