"""What signs the JWTs of the server: its own key ring, or a service that keeps keys elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from zope.interface import Attribute, Interface


class ISigner(Interface):
    """Signs for the server, and says by which keys.

    Registered with ``config.set_oauth2_signer``, in place of the key ring of the server: for
    keys in a key management service or a hardware module.
    """

    max_age: int = Attribute(
        "for how many seconds others may cache the published keys; a key must be published for "
        "longer before it signs, and after it last signed"
    )

    def check() -> None:
        """See whether it can sign; called once at start-up.

        :raises StartupError: it never will with these settings.
        :raises StoreUnavailable: it cannot now. The start then goes on, with a warning.
        """

    def key_for(algorithm: str) -> str:
        """The ``kid`` of the key that signs with an algorithm now (RFC 7515 section 4.1.4).

        :param algorithm: a value of ``alg``, such as ``ES256``.
        :raises StoreUnavailable: there is no such key now.
        """

    def sign(data: bytes, kid: str, algorithm: str) -> bytes:
        """The signature over *data*, as RFC 7518 section 3 has it.

        It is never called while a store is writing.

        :raises StoreUnavailable: the key cannot be used now.
        """

    def published() -> Iterable[Mapping[str, str]]:
        """The public keys as JWKs (RFC 7517), with ``kid``, ``alg`` and ``use``.

        :raises StoreUnavailable: they are not known now.
        """

    def public_key(kid: str) -> Mapping[str, str] | None:
        """The public key of that name, as JWK; None for an unknown or revoked key.

        Also of a key that is not published any more: an ID token is recognised, as a hint to its
        user, for ``oauth2.openid.id_token_hint_lifetime`` after it was issued.

        :raises StoreUnavailable: it is not known now.
        """

    def is_revoked(kid: str) -> bool:
        """Whether what that key has signed is not valid any more. False for an unknown key.

        It is called for each JWT that is presented here, so it has to be fast.

        :raises StoreUnavailable: it is not known now.
        """
