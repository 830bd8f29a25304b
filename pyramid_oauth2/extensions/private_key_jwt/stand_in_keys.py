"""Keys of no one: what an assertion is verified by if there is no other.

Otherwise the time of a refusal would say whether there is a client of that name.
"""

from __future__ import annotations

from functools import cache

from ...jose.public_keys import KeySet, PublicKey

# Their private parts were never stored.
_JWKS = (
    {
        "kty": "EC",
        "crv": "P-256",
        "x": "5M_iwFtYmcIyN9qFO92_tcKUFDgIoPG13wr_EuXw6Ac",
        "y": "SJ3s9PdrG6UpoeET3ogkGvppNmjfaiSRn4dlmRF6kh8",
    },
    {"kty": "OKP", "crv": "Ed25519", "x": "uG2sV-YA58hnmImM2sK3GpnrP0A58kNOM5Psv2Kzxm4"},
    {
        "kty": "RSA",
        "e": "AQAB",
        "n": "xmvVQSFZv8YW3WFZC2GYEJbr_7r6ycsy8S5lW4mG95YLq1_O85MU7pH-9tQ3LHN0RVOU1uxX4cPBioWe6v3KU"
        "mgN3dxoS9Kv3x08Ul2eFfVio-l5yjFw9nCiBFaYt-j-gjfCd7OPjE04cMeSDeJhT_twbXB1t-pWRM8gPsVxxEj2-i"
        "Q7ync7CxtbK61HdVKafq7RE1Qx6sSB2D3oYuFOG3rSIz7kkGpAq0CNrPfpYJHoLlaEJ0nMSdMiME0bo8CVp-_0Ztv"
        "pMfG6lNU8Kd7r4puKUq2lSDhHWBY4g9yEmnmCGv_8fh99cBKZNTOfdQokHgnLa4hT-SIMMJHwRiW0ww",
    },
)


def stand_in(algorithm: str) -> tuple[PublicKey, ...]:
    """The key of no one for an algorithm: it has signed nothing."""
    return _keys().fitting(None, algorithm)


@cache
def _keys() -> KeySet:
    return KeySet.of(_JWKS)
