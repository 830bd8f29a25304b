"""The secret of the server, from which every key that it stores something under is derived.

It is a list: the first secret seals, and all open. So a secret is replaced without a moment at
which a process cannot open what another has sealed: add the new one last everywhere, then put
it first everywhere, then seal everything again, and only then remove the old one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from .seal import derived_seal
from .token_strings import RandomBytes

MIN_LENGTH = 43  # of 256 random bits in base64
NAME_LENGTH = 6
NAME_PURPOSE = b"pyramid_oauth2 name of a secret"


class SecretMissing(Exception):
    """A value was sealed by a secret that is not among those of the server.

    :ivar name: the name of that secret.
    """

    def __init__(self, name: str) -> None:
        super().__init__(f"it was sealed by the secret {name}, which oauth2.secret does not have")
        self.name = name


@dataclass(frozen=True, slots=True)
class ServerSecret:
    """The secrets of ``oauth2.secret``.

    :param secrets: at least one, of 256 random bits each.
    """

    secrets: tuple[str, ...] = field(repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        """What each secret is called where it is not shown: a digest of it, in hexadecimal."""
        return tuple(_name(secret).hex() for secret in self.secrets)

    def keys(self, purpose: str) -> Iterator[bytes]:
        """A key of 32 bytes for a purpose, of each secret, the present one first (RFC 5869).

        :param purpose: keeps the keys of different features apart.
        """
        for secret in self.secrets:
            yield HKDF(SHA256(), 32, salt=None, info=_purpose(purpose)).derive(secret.encode())

    def seal(self, purpose: str, context: str, data: bytes, random: RandomBytes) -> bytes:
        """*data*, encrypted and authenticated by the first secret, whose name precedes it.

        :param context: what must be the same when it is opened, such as the name of a record.
        """
        secret = self.secrets[0]
        seal = derived_seal(secret, _purpose(purpose), [context])
        return _name(secret) + seal.close(data, random)

    def open(self, purpose: str, context: str, sealed: bytes) -> bytes:
        """What was sealed.

        :raises SecretMissing: by a secret that is not in the list.
        :raises ValueError: it was changed, or sealed for another purpose or context.
        """
        name, body = sealed[:NAME_LENGTH], sealed[NAME_LENGTH:]
        for secret in self.secrets:
            if _name(secret) == name:
                data = derived_seal(secret, _purpose(purpose), [context]).open(body)
                if data is None:
                    raise ValueError("a sealed value was changed, or is of another record")
                return data
        raise SecretMissing(name.hex())

    def is_sealed_by_the_first(self, sealed: bytes) -> bool:
        """Whether the first secret has sealed it."""
        return sealed[:NAME_LENGTH] == _name(self.secrets[0])


def _purpose(purpose: str) -> bytes:
    return f"pyramid_oauth2 {purpose}".encode()


def _name(secret: str) -> bytes:
    return HKDF(SHA256(), NAME_LENGTH, salt=None, info=NAME_PURPOSE).derive(secret.encode())
