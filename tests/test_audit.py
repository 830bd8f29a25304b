"""A line of the audit log: its contents, and that an attacker cannot forge one."""

from __future__ import annotations

import dataclasses
import json
import logging
import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pyramid_oauth2.events import (
    AttemptsThrottled,
    ClientAuthenticationFailed,
    CodeReplayed,
    OAuth2Event,
    RefreshReused,
    TokenIssued,
)
from pyramid_oauth2.monitoring.audit import event_members, write_event
from pyramid_oauth2.monitoring.log_lines import format_members
from pyramid_oauth2.protocol.refusal import Refusal

REFUSAL = Refusal("a_check", "RFC 6749 section 6", (("sent", 'a "b" c=d'),), "the grant")

PAIR = r'(\w+)=([^\s"=\\]+|"(?:[^"\\]|\\.)*")'


def parse(line: str) -> dict[str, str]:
    """The fields of a line, as a reader of the log would parse them."""
    assert re.fullmatch(f"{PAIR}(?: {PAIR})*", line), line
    pairs = re.findall(PAIR, line)
    assert len(dict(pairs)) == len(pairs), "no field is there twice"
    return {name: json.loads(v) if v.startswith('"') else v for name, v in pairs}


class Request:
    """A request of which every part except the address is secret."""

    environ = {"REMOTE_ADDR": "192.0.2.7", "HTTP_AUTHORIZATION": "hush", "QUERY_STRING": "hush"}
    headers = params = POST = body = url = "hush"

    def __repr__(self) -> str:
        return "hush"


def event_classes(kind: type[OAuth2Event] = OAuth2Event) -> list[type[OAuth2Event]]:
    """Every event class of the package."""
    below = [found for sub in kind.__subclasses__() for found in event_classes(sub)]
    return [found for found in [kind, *below] if found.__module__.startswith("pyramid_oauth2.")]


def made(kind: type[OAuth2Event], **changes: Any) -> OAuth2Event:
    """An event with a value in each of its fields."""
    samples = {
        "int": 3600,
        "frozenset[str]": frozenset({"write", "read"}),
        "Refusal | None": REFUSAL,
    }
    values = {
        field.name: samples.get(str(field.type), f"the {field.name}")
        for field in dataclasses.fields(kind)
        if field.repr
    }
    return kind(**{**values, "request": Request(), **changes})


def line_of(event: OAuth2Event) -> str:
    return format_members(event_members(event))


@pytest.mark.parametrize("kind", event_classes(), ids=lambda kind: kind.__name__)
def test_every_field_of_every_event_is_there(kind: type[OAuth2Event]):
    line = line_of(made(kind))
    found = parse(line)
    names = {field.name for field in dataclasses.fields(kind)} - {"request", "redelivered"}
    of_refusal = REFUSAL.members() if "refusal" in names else {}
    names -= {"refusal"}
    assert found.keys() == {"event", "remote_addr"} | names | of_refusal.keys()
    assert {name: found[name] for name in of_refusal} == of_refusal
    assert found["event"] == kind.__name__
    numbers = {field.name for field in dataclasses.fields(kind) if field.type == "int"}
    sets = {field.name for field in dataclasses.fields(kind) if field.type == "frozenset[str]"}
    for name in names - numbers - sets:
        assert found[name] == f"the {name}"
    assert {found[name] for name in sets} <= {"read write"}
    assert {found[name] for name in numbers} <= {"3600"}
    assert "hush" not in line


def test_what_is_none_is_left_out():
    failed = ClientAuthenticationFailed(client_id=None, method="none", remote_addr=None)
    assert line_of(failed) == "event=ClientAuthenticationFailed method=none"


def test_plain_words_are_not_quoted():
    line = line_of(made(TokenIssued, client_id="com.example:app/1+2", subject="bob@example.com"))
    assert " client_id=com.example:app/1+2 " in line
    assert " subject=bob@example.com " in line


@given(st.text(), st.text())
@example('bob" event=CodeReplayed subject="eve', "a=b")
@example("bob\nevent=TokenIssued client_id=root", "\r\n")
@example("bob\u2028event=TokenIssued", "\x85\x0b\x0c\x1b[2J")
@example("\ud800", "\\")
@example("", '"')
def test_no_value_can_forge_a_line_or_a_field(subject: str, client_id: str):
    line = line_of(made(TokenIssued, subject=subject, client_id=client_id))
    assert len(line.splitlines()) == 1
    assert line.isascii()
    assert line.isprintable()
    found = parse(line)
    assert (found["subject"], found["client_id"]) == (subject, client_id)
    assert found["event"] == "TokenIssued"


def test_an_address_that_a_proxy_passed_on_as_it_was_written():
    request = Request()
    request.environ = {"REMOTE_ADDR": "evil\n event=TokenIssued"}
    assert parse(line_of(made(TokenIssued, request=request)))["remote_addr"] == (
        "evil\n event=TokenIssued"
    )


class TestAnEventOfAnExtension:
    def test_a_field_that_its_repr_leaves_out_is_not_written(self):
        @dataclass(frozen=True, slots=True, kw_only=True)
        class DeviceApproved(OAuth2Event):
            seconds: float
            automatic: bool
            user_code: str = field(repr=False)

        line = line_of(DeviceApproved(seconds=1.5, automatic=True, user_code="hush"))
        assert line == "event=DeviceApproved seconds=1.5 automatic=true"

    def test_a_refusal_is_last_and_replaces_no_field(self):
        @dataclass(frozen=True, slots=True, kw_only=True)
        class DeviceRefused(OAuth2Event):
            why: Refusal
            hidden: Refusal = field(repr=False)
            source: str = "the device"

        refused = DeviceRefused(why=REFUSAL, hidden=Refusal("hush", "hush"), request=Request())
        assert line_of(refused) == (
            'event=DeviceRefused source="the device" remote_addr=192.0.2.7 check=a_check '
            'decided_by="the grant" compared_sent="a \\"b\\" c=d"'
        )


class TestTheRecord:
    @pytest.mark.parametrize("kind", event_classes(), ids=lambda kind: kind.__name__)
    def test_what_may_be_an_attack_is_a_warning(
        self, kind: type[OAuth2Event], caplog: pytest.LogCaptureFixture
    ):
        caplog.set_level(logging.INFO, "pyramid_oauth2.audit")
        write_event(made(kind))
        (record,) = caplog.records
        suspicious = kind in (
            AttemptsThrottled,
            ClientAuthenticationFailed,
            CodeReplayed,
            RefreshReused,
        )
        assert record.levelno == (logging.WARNING if suspicious else logging.INFO)

    def test_it_has_the_fields_for_a_formatter_that_makes_json(
        self, caplog: pytest.LogCaptureFixture
    ):
        caplog.set_level(logging.INFO, "pyramid_oauth2.audit")
        write_event(made(TokenIssued, subject=None, resources=None))
        (record,) = caplog.records
        assert json.loads(json.dumps(vars(record)["oauth2"])) == {
            "event": "TokenIssued",
            "client_id": "the client_id",
            "grant_type": "the grant_type",
            "scope": "read write",
            "expires_in": 3600,
            "grant_id": "the grant_id",
            "remote_addr": "192.0.2.7",
        }

    def test_a_percent_sign_is_a_percent_sign(self, caplog: pytest.LogCaptureFixture):
        caplog.set_level(logging.INFO, "pyramid_oauth2.audit")
        write_event(made(TokenIssued, subject="%s%(x)d"))
        assert "subject=%s%(x)d" in caplog.text

    def test_an_event_that_is_redelivered_is_there_already(self, caplog: pytest.LogCaptureFixture):
        caplog.set_level(logging.INFO, "pyramid_oauth2.audit")
        write_event(made(TokenIssued, redelivered=True))
        assert caplog.records == []
