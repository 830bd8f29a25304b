"""What a stolen disk contains: digests, and never a token."""

from __future__ import annotations

import base64
import hashlib
import secrets

from pyramid_oauth2.protocol.records import AUTHORIZATION_CODE, REFRESH_TOKEN, Outcome

from .factories import NOW, new_answer, new_attempt, new_entry, new_grant, new_token
from .harness import Contract


def spellings(value: bytes) -> set[bytes]:
    """*value* in every encoding in which a store might write it."""
    encoded = base64.b64encode(value).rstrip(b"=")
    return {
        value,
        value.hex().encode(),
        value.hex().upper().encode(),
        encoded,
        encoded.translate(bytes.maketrans(b"+/", b"-_")),
    }


class AtRest(Contract):
    """The raw bytes of the store."""

    def issue(self) -> str:
        """Make the string of a token, as a client would hold it."""
        return f"ort_{secrets.token_urlsafe(32)}"

    def test_at_rest_are_digests_and_no_token(self) -> None:
        strings = [self.issue() for _ in range(3)]
        code, token, answer = (hashlib.sha256(string.encode()).digest() for string in strings)
        grant = new_grant()
        spent = new_token(AUTHORIZATION_CODE, grant, digest=code)
        fruit = new_token(REFRESH_TOKEN, grant, digest=token, parent=code)
        assert self.grants.open(grant, [spent], NOW)
        won = self.grants.redeem(spent, NOW, new_attempt(), [fruit], sealed_answer=new_answer())
        assert won.outcome is Outcome.WON
        assert self.grants.reserve("jti", answer, NOW + 1, NOW)
        dump = self.dumped()
        for digest in code, token, answer:
            assert any(spelling in dump for spelling in spellings(digest)), "not all was dumped"
        for string in strings:
            assert not any(spelling in dump for spelling in spellings(string.encode()))


class EntriesAtRest(Contract):
    """The raw bytes of the entry store."""

    def test_at_rest_entries_are_what_was_given_and_no_more(self) -> None:
        """A feature seals its data, and names an entry by the digest of what it must not keep."""
        token, data = secrets.token_urlsafe(32), secrets.token_bytes(48)
        digest = hashlib.sha256(token.encode()).digest()
        assert self.entries.put(new_entry(key=digest.hex(), data=data, owner="alice"), None)
        dump = self.dumped()
        for value in (digest, data):
            assert any(spelling in dump for spelling in spellings(value)), "not all was dumped"
        assert not any(spelling in dump for spelling in spellings(token.encode()))
