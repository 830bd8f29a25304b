"""Records of a kind that the application adds, or that none has added, on the command line."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from pyramid_oauth2.backends.contract.factories import new_attempt
from pyramid_oauth2.protocol.listings import every
from pyramid_oauth2.protocol.records import Grant, Outcome, Token
from pyramid_oauth2.protocol.token_strings import (
    FAMILY_LENGTH,
    digest,
    new_family,
    new_token,
    parse_token,
)
from pyramid_oauth2.scripts.arguments import without_secrets
from pyramid_oauth2.scripts.ini import Ini
from tests.checkout import ROOT
from tests.serving import environment

from .test_copy import Move


@pytest.fixture
def with_kind(with_tables):
    text = with_tables.path.read_text()
    with_tables.path.write_text(text.replace("scripts.application", "scripts.with_token_kind"))
    return with_tables


def spend(path, kind, data=b"\x00not ours"):
    """Put a grant of an hour and a spent token into the store, which ended a minute ago."""
    with Ini(str(path)).service() as service:
        grants, now = service.server.grants, service.server.clock()
        value = new_family(os.urandom)
        if kind == "scripts_badge":
            value = new_token(kind, value, os.urandom).value
        ref = parse_token(value) or (kind, value[:FAMILY_LENGTH], digest(value))
        times = {"created_at": now - 120, "expires_at": now + 3600, "absolute_end": now + 3600}
        grant = Grant(ref[1], "web", 0, "alice", frozenset({"read"}), **times)
        token = Token(*ref, issued_at=now - 120, expires_at=now - 60, grant_id=grant.id, data=data)
        assert grants.open(grant, [token], now - 120)
        assert grants.redeem(token, now - 119, new_attempt(), []).outcome is Outcome.WON
    return value, token


def found(path, token):
    with Ini(str(path)).service() as service:
        return service.server.grants.find(token.ref)


def test_a_purge_keeps_a_spent_one_for_its_grant(with_kind):
    _, token = spend(with_kind.path, "scripts_badge")
    assert with_kind("purge")[0] == 0
    assert found(with_kind.path, token)[0].consumed_at is not None


def test_a_purge_in_a_new_process_too(with_kind):
    """Which knows the kind from the application of the ini alone."""
    _, token = spend(with_kind.path, "scripts_badge")
    subprocess.run(
        ["poauth2", str(with_kind.path), "purge"], env=environment(PYTHONPATH=str(ROOT)), check=True
    )
    assert found(with_kind.path, token) is not None


def test_it_is_copied_and_stays_spent(with_kind):
    _, token = spend(with_kind.path, "scripts_badge")
    move = Move(with_kind)
    status, roles = move.summary()
    assert status == 0
    assert roles["grants"]["read"]["scripts_badge"] == 1
    assert move.contents(move.new) == move.contents(move.old)
    with Ini(str(move.new)).service() as service:
        grants, now = service.server.grants, service.server.clock()
        grants.purge(now)
        assert grants.redeem(token, now, new_attempt(), []).outcome is Outcome.CONSUMED


def test_one_of_no_application_is_copied_and_ends_by_itself(with_tables):
    _, token = spend(with_tables.path, "scripts_unknown")
    move = Move(with_tables)
    status, roles = move.summary()
    assert status == 0
    assert roles["grants"]["read"]["scripts_unknown"] == 1
    with Ini(str(move.new)).service() as service:
        grants, now = service.server.grants, service.server.clock()
        assert token.ref in {r.ref for r in every(grants.export) if isinstance(r, Token)}
        grants.purge(now)
        assert grants.find(token.ref) is None


@pytest.mark.parametrize("data", [b"", b"\x00not ours"])
def test_it_is_inspected(with_kind, data):
    value, _ = spend(with_kind.path, "scripts_badge", data)
    status, out, _ = with_kind("token", "inspect", "--json", stdin=f"{value}\n")
    assert status == 0
    shown = json.loads(out)
    assert (shown["kind"], shown["client_id"]) == ("scripts_badge", "web")
    assert value not in out


def test_it_does_not_belong_on_the_command_line(with_kind):
    """Nor does one of a kind that the process does not know yet."""
    value, _ = spend(with_kind.path, "scripts_badge")
    words = [str(with_kind.path), "token", "inspect", value]
    done = subprocess.run(
        ["poauth2", *words], env=environment(PYTHONPATH=str(ROOT)), capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "does not belong on the command line" in done.stderr
    assert value[8:] not in done.stdout + done.stderr


def test_it_is_cut_off_in_messages():
    value = "oknownto_" + "0" * 65
    assert without_secrets(f"what is {value}?") == "what is oknownto_...?"
    assert without_secrets("a_word of_this_sort") == "a_word of_this_sort"
