"""A record is returned as it was stored: every field of a grant and a token, and its limits."""

from __future__ import annotations

from typing import Any

import pytest

from pyramid_oauth2.protocol.clients.codecs import LAST_TIME
from pyramid_oauth2.protocol.records import (
    ACCESS_TOKEN,
    AUTHORIZATION_CODE,
    INTERACTION,
    REFRESH_TOKEN,
    SUBJECT_LENGTH,
    Grant,
    Reservation,
    SealedAnswer,
    Token,
)

from .factories import NOW, every, new_answer, new_attempt, new_digest, new_grant, new_token
from .harness import Contract

ALL_BYTES = bytes(range(256)) * 64  # includes NUL, and is not valid UTF-8
LATE = LAST_TIME - 2

# Names that careless collations, key schemes or trims treat as equal.
LOOKALIKES = (
    "alice",
    "Alice",
    "ALICE",
    "alice ",
    " alice",
    "alicé",
    "alice\u0301",
    "al",
    "a%",
    "a_",
)


class RoundTrips(Contract):
    """Records are stored byte for byte."""

    def kept(self, grant: Grant | None, token: Token) -> tuple[Token, Grant | None] | None:
        """Open *grant* with *token*, and find them again."""
        assert self.grants.open(grant, [token], NOW) is True
        return self.grants.find(token.ref)

    def imported(self, token: Token) -> Token:
        """Import *token* as it is, and find it again."""
        self.grants.import_([token])
        found = self.grants.find(token.ref)
        assert found is not None
        return found[0]

    @pytest.mark.parametrize(
        "fields",
        [
            {},
            {"client_id": "Ünïcode/клиент:{x}%_\\'\""},
            {"epoch": LATE},
            {"scope": frozenset()},
            {"scope": frozenset({"read", "write", "Read", "https://example.com/a:b"})},
            {"resources": ("https://b.example/", "https://a.example/?x=1,2", "urn:é")},
            {"created_at": LATE, "expires_at": LATE + 1, "absolute_end": LATE + 2},
            {"data": ALL_BYTES},
            {"data": b"\x00"},
            {"data": b" trailing \x00"},
        ],
        ids=lambda fields: "-".join(fields) or "plain",
    )
    def test_kept_grant(self, fields: dict[str, Any]) -> None:
        grant = new_grant(**fields)
        token = new_token(grant=grant)
        assert self.kept(grant, token) == (token, grant)

    @pytest.mark.parametrize("kind", [AUTHORIZATION_CODE, ACCESS_TOKEN, REFRESH_TOKEN, INTERACTION])
    def test_kept_token_of_every_kind(self, kind: str) -> None:
        token = new_token(kind)
        assert self.kept(None, token) == (token, None)

    @pytest.mark.parametrize(
        "fields",
        [
            {"issued_at": LATE, "expires_at": LATE + 1},
            {"parent": new_digest()},
            {"parent": bytes(32)},
            {"digest": bytes(32)},
            {"digest": b" " * 32},
            {"digest": b"\xff" * 31 + b"\x00"},
            {"digest": b"\x00" * 31 + b"\n"},
            {"version": 7},
            {"data": ALL_BYTES},
            {"data": b"\x00 trailing "},
        ],
        ids=lambda fields: "-".join(fields),
    )
    def test_kept_token(self, fields: dict[str, Any]) -> None:
        token = new_token(**fields)
        assert self.kept(None, token) == (token, None)

    @pytest.mark.parametrize(
        "fields",
        [
            {"consumed_at": NOW + 1, "attempt": new_attempt()},
            {"consumed_at": LATE, "attempt": new_attempt(), "sealed_answer": new_answer()},
            {
                "consumed_at": NOW,
                "attempt": "a",
                "sealed_answer": SealedAnswer(ALL_BYTES, LATE),
                "expires_at": LATE,
            },
            {"revoked_at": NOW + 1},
            {"revoked_at": 0},
        ],
        ids=lambda fields: "-".join(fields),
    )
    def test_kept_state_of_a_token(self, fields: dict[str, Any]) -> None:
        token = new_token(**fields)
        assert self.imported(token) == token

    @pytest.mark.parametrize("revoked_at", [0, NOW + 1, LATE])
    def test_kept_state_of_a_grant(self, revoked_at: int) -> None:
        grant = new_grant(revoked_at=revoked_at, revoke_reason="withdrawn by the user, übermorgen")
        token = new_token(grant=grant)
        self.grants.import_([grant, token])
        assert self.grants.find(token.ref) == (token, grant)

    @pytest.mark.parametrize(
        "subject", ["é" * SUBJECT_LENGTH, "𝄞" * SUBJECT_LENGTH, " ", "0", "{}"]
    )
    def test_kept_subject(self, subject: str) -> None:
        grant = new_grant(subject=subject)
        assert self.grants.open(grant, [], NOW)
        assert list(every(self.grants.grants, subject=subject)) == [grant]

    def test_kept_subjects_are_told_apart(self) -> None:
        grants = {subject: new_grant(subject=subject) for subject in LOOKALIKES}
        for grant in grants.values():
            assert self.grants.open(grant, [], NOW)
        for subject, grant in grants.items():
            assert list(every(self.grants.grants, subject=subject)) == [grant]

    def test_kept_clients_are_told_apart(self) -> None:
        grants = {client_id: new_grant(client_id=client_id) for client_id in LOOKALIKES}
        for grant in grants.values():
            assert self.grants.open(grant, [], NOW)
        for client_id, grant in grants.items():
            assert list(every(self.grants.grants, client_id=client_id)) == [grant]

    def test_kept_families_are_told_apart_by_letter_case(self) -> None:
        lower, upper = new_grant(id="abcdefghijklmnop"), new_grant(id="ABCDEFGHIJKLMNOP")
        for grant in lower, upper:
            assert self.grants.open(grant, [new_token(grant=grant)], NOW)
        assert self.grants.revoke_grant(lower.id, NOW, "test")
        [token] = self.grants.tokens(upper.id).items
        assert self.grants.find(token.ref) == (token, upper)

    def test_kept_reservation(self) -> None:
        claims = [Reservation("jti", new_digest(), LATE), Reservation("JTI", bytes(32), NOW)]
        for claim in claims:
            assert self.grants.reserve(claim.namespace, claim.digest, claim.expires_at, NOW - 1)
        assert set(every(self.grants.export)) == set(claims)
