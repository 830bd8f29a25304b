"""Forged JWTs: what every place that takes a JWT must refuse.

Each is made from a good one, with the key of its honest issuer where the forger could have
made its issuer sign that. A place makes a :class:`Honest` of what it accepts.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry


def b64(data: bytes | str | Mapping[str, Any]) -> str:
    if isinstance(data, Mapping):
        data = json.dumps(data)
    data = data.encode() if isinstance(data, str) else data
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass(frozen=True)
class Honest:
    """A good JWT at a place, by its parts, and the key that signs there.

    :param others: the values of ``typ`` of the other uses.
    :param now: what the clock of the place says.
    """

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    key: Any
    now: int
    others: tuple[str, ...] = ()
    stranger: Any = field(default_factory=lambda: ECKey.generate_key("P-256"))

    def jwt(self, key: Any = None, drop: tuple[str, ...] = (), **changes: Any) -> str:
        """A JWT with other claims."""
        claims = {**self.claims, **changes}
        for name in drop:
            claims.pop(name, None)
        return self.raw(self.header, claims, key)

    def headed(self, key: Any = None, drop: tuple[str, ...] = (), **changes: Any) -> str:
        """A JWT with another header, signed by the algorithm of the honest one."""
        header = {**self.header, **changes}
        for name in drop:
            header.pop(name, None)
        return self.raw(header, self.claims, key)

    def raw(self, header: Any, claims: Any, key: Any = None) -> str:
        """A JWT of any header and payload: mappings, text, or bytes."""
        signed = f"{b64(header)}.{b64(claims)}"
        return f"{signed}.{self.signature(signed, key)}"

    def signature(self, signed: str, key: Any = None) -> str:
        model = JWSRegistry.algorithms[self.header["alg"]]
        return b64(model.sign(signed.encode(), key or self.key))


def mac(honest: Honest, secret: bytes) -> str:
    signed = f"{b64({**honest.header, 'alg': 'HS256'})}.{b64(honest.claims)}"
    return f"{signed}.{b64(hmac.digest(secret, signed.encode(), 'sha256'))}"


def unsigned(honest: Honest, alg: Any, signature: str = "") -> str:
    return f"{b64({**honest.header, 'alg': alg})}.{b64(honest.claims)}.{signature}"


def der(honest: Honest) -> str:
    """ECDSA in DER, as other protocols send it, instead of two numbers."""
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    good = honest.jwt()
    signature = base64.urlsafe_b64decode(good.rsplit(".", 1)[1] + "==")
    half = len(signature) // 2
    numbers = (int.from_bytes(part, "big") for part in (signature[:half], signature[half:]))
    return f"{good.rsplit('.', 1)[0]}.{b64(encode_dss_signature(*numbers))}"


def signed_by(honest: Honest, key: Any, alg: str, **header: Any) -> str:
    signed = f"{b64({**honest.header, 'alg': alg, **header})}.{b64(honest.claims)}"
    return f"{signed}.{b64(JWSRegistry.algorithms[alg].sign(signed.encode(), key))}"


def nested(levels: int) -> Any:
    value: Any = {}
    for _ in range(levels):
        value = {"a": value}
    return value


def repeated(members: Mapping[str, Any], name: str, value: Any) -> str:
    """A JSON object that has a member twice, the good value last."""
    return f"{{{json.dumps(name)}:{json.dumps(value)},{json.dumps(members)[1:]}"


def altered(text: str) -> str:
    return ("B" if text[0] == "A" else "A") + text[1:]


def spelling(jwt: str) -> str:
    """Another spelling of the same signature: its last character has bits of no byte."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.index(jwt[-1])
    return jwt[:-1] + alphabet[last ^ 1]


def part(jwt: str, number: int, change: Callable[[str], str]) -> str:
    parts = jwt.split(".")
    parts[number] = change(parts[number])
    return ".".join(parts)


def public(key: Any) -> dict[str, Any]:
    return dict(key.as_dict(private=False))


FORGERIES: dict[str, Callable[[Honest], str]] = {
    # No signature, or that of another algorithm.
    "alg none": lambda o: unsigned(o, "none"),
    "alg None": lambda o: unsigned(o, "None"),
    "alg NONE with a signature": lambda o: unsigned(o, "NONE", o.jwt().rsplit(".", 1)[1]),
    "alg empty": lambda o: unsigned(o, ""),
    "alg null": lambda o: unsigned(o, None),
    "alg is a list": lambda o: unsigned(o, ["ES256", "none"], o.jwt().rsplit(".", 1)[1]),
    "alg is an object": lambda o: unsigned(o, {"ES256": 1}, o.jwt().rsplit(".", 1)[1]),
    "alg is a number": lambda o: unsigned(o, 256, o.jwt().rsplit(".", 1)[1]),
    "alg missing": lambda o: o.headed(drop=("alg",)),
    "alg in lower case": lambda o: o.headed(alg=o.header["alg"].lower()),
    "alg with a blank": lambda o: o.headed(alg=f"{o.header['alg']} "),
    "alg unknown": lambda o: o.headed(alg="ES999"),
    "alg ES384 with the key of ES256": lambda o: o.headed(alg="ES384"),
    "alg ES256K": lambda o: o.headed(alg="ES256K"),
    "alg RS256 with another kind of key": lambda o: o.headed(alg="RS256"),
    "alg PBES2": lambda o: unsigned(o, "PBES2-HS256+A128KW", o.jwt().rsplit(".", 1)[1]),
    "HS256 with the empty secret": lambda o: mac(o, b""),
    "HS256 with the public key in JSON": lambda o: mac(o, json.dumps(public(o.key)).encode()),
    "HS256 with the public key in PEM": lambda o: mac(o, o.key.as_pem(private=False)),
    "HS256 with the public key in DER": lambda o: mac(o, o.key.as_der(private=False)),
    "HS256 with the kid": lambda o: mac(o, str(o.header.get("kid", "kid")).encode()),
    "HS256 with the issuer": lambda o: mac(o, str(o.claims.get("iss", "iss")).encode()),
    # Another key.
    "key of a stranger": lambda o: o.jwt(key=o.stranger),
    "key of a stranger in RSA": lambda o: signed_by(o, RSAKey.generate_key(2048), "RS256"),
    "key of a stranger in Ed25519": lambda o: signed_by(o, OKPKey.generate_key("Ed25519"), "EdDSA"),
    "key of a stranger on P-384": lambda o: signed_by(o, ECKey.generate_key("P-384"), "ES384"),
    "symmetric key": lambda o: signed_by(o, OctKey.generate_key(256), "HS256"),
    "jwk embedded": lambda o: o.headed(key=o.stranger, jwk=public(o.stranger)),
    "jwk embedded, of the honest key, without kid": lambda o: o.headed(
        key=o.stranger, jwk=public(o.stranger), drop=("kid",)
    ),
    "jwk embedded with its private part": lambda o: o.headed(
        key=o.stranger, jwk=dict(o.stranger.as_dict(private=True))
    ),
    "jwk embedded, symmetric": lambda o: o.headed(jwk={"kty": "oct", "k": "AAAA"}),
    "jwk embedded, no object": lambda o: o.headed(jwk="https://evil.example/key"),
    "jku": lambda o: o.headed(key=o.stranger, jku="https://evil.example/jwks"),
    "jku of a loopback address": lambda o: o.headed(key=o.stranger, jku="http://127.0.0.1/"),
    "jku signed by the honest key": lambda o: o.headed(jku="https://evil.example/jwks"),
    "x5u": lambda o: o.headed(key=o.stranger, x5u="https://evil.example/certificate"),
    "x5c": lambda o: o.headed(key=o.stranger, x5c=["MIIB"]),
    "kid unknown": lambda o: o.headed(kid="unknown"),
    "kid of a path": lambda o: o.headed(key=o.stranger, kid="../../../../dev/null"),
    "kid of SQL": lambda o: o.headed(key=o.stranger, kid="x' UNION SELECT 'secret' --"),
    "kid of a URL": lambda o: o.headed(key=o.stranger, kid="https://evil.example/key"),
    "kid with a line break": lambda o: o.headed(kid="a\r\nb"),
    "kid empty": lambda o: o.headed(kid=""),
    "kid too long": lambda o: o.headed(kid="k" * 256),
    "kid is a number": lambda o: o.headed(kid=0),
    "kid is a list": lambda o: o.headed(kid=[o.header.get("kid")]),
    "kid is an object": lambda o: o.headed(kid={"$ne": ""}),
    # Extensions.
    "crit": lambda o: o.headed(crit=["exp"], exp=1),
    "crit empty": lambda o: o.headed(crit=[]),
    "crit of b64": lambda o: o.headed(crit=["b64"], b64=False),
    "crit is text": lambda o: o.headed(crit="exp"),
    "b64 false": lambda o: o.headed(b64=False),
    "b64 true": lambda o: o.headed(b64=True),
    "zip": lambda o: o.headed(zip="DEF"),
    # Another use.
    "typ is a list": lambda o: o.headed(typ=[o.header.get("typ")]),
    "typ is a number": lambda o: o.headed(typ=1),
    "typ empty": lambda o: o.headed(typ=""),
    "typ of something else": lambda o: o.headed(typ="secevent+jwt"),
    "typ with another prefix": lambda o: o.headed(typ="text/" + str(o.header.get("typ"))),
    # Another form.
    "empty": lambda o: "",
    "one part": lambda o: "abc",
    "two parts": lambda o: o.jwt().rsplit(".", 1)[0],
    "no signature": lambda o: o.jwt().rsplit(".", 1)[0] + ".",
    "four parts": lambda o: o.jwt() + ".",
    "five parts": lambda o: ".".join([o.jwt(), "AAAA", "AAAA"]),
    "JSON serialization": lambda o: json.dumps(
        dict(zip(("protected", "payload", "signature"), o.jwt().split("."), strict=True))
    ),
    "padding": lambda o: part(o.jwt(), 2, lambda text: text + "=="),
    "white space in a part": lambda o: part(o.jwt(), 2, lambda text: text[:4] + "\n" + text[4:]),
    "white space around": lambda o: f" {o.jwt()} ",
    "other alphabet": lambda o: part(o.jwt(), 1, lambda text: text[:-1] + "+"),
    "not ASCII": lambda o: part(o.jwt(), 1, lambda text: text[:-1] + "ä"),
    "zero byte": lambda o: part(o.jwt(), 1, lambda text: text + "\0"),
    "another spelling of the signature": lambda o: spelling(o.jwt()),
    "signature altered": lambda o: part(o.jwt(), 2, altered),
    "signature cut": lambda o: o.jwt()[:-4],
    "signature twice": lambda o: part(o.jwt(), 2, lambda text: text + text),
    "signature of zeros": lambda o: part(o.jwt(), 2, lambda text: b64(bytes(64))),
    "signature in DER": lambda o: der(o) if o.header["alg"].startswith("ES") else "a.b.c",
    "payload of another": lambda o: part(
        o.jwt(), 1, lambda text: b64({**o.claims, "sub": "administrator"})
    ),
    "header is a list": lambda o: o.raw("[]", o.claims),
    "header is text": lambda o: o.raw('"header"', o.claims),
    "header is no JSON": lambda o: o.raw("{", o.claims),
    "header is not UTF-8": lambda o: o.raw(b'{"alg":"\xff"}', o.claims),
    "header in UTF-16": lambda o: o.raw(json.dumps(dict(o.header)).encode("utf-16"), o.claims),
    "payload is a list": lambda o: o.raw(o.header, json.dumps([dict(o.claims)])),
    "payload is null": lambda o: o.raw(o.header, "null"),
    "payload is empty": lambda o: o.raw(o.header, b""),
    "payload is no JSON": lambda o: o.raw(o.header, json.dumps(dict(o.claims)) + "x"),
    "payload is not UTF-8": lambda o: o.raw(o.header, b'{"sub":"\xff"}'),
    "payload with a byte order mark": lambda o: o.raw(
        o.header, b"\xef\xbb\xbf" + json.dumps(dict(o.claims)).encode()
    ),
    "header member twice": lambda o: o.raw(repeated(o.header, "alg", "none"), o.claims),
    "claim twice": lambda o: o.raw(o.header, repeated(o.claims, "sub", "administrator")),
    "claim twice, within": lambda o: o.raw(
        o.header, json.dumps({**o.claims, "x": 0}).replace('"x": 0', '"x": {"a": 1, "a": 2}')
    ),
    "half a character": lambda o: o.raw(
        o.header, json.dumps({**o.claims, "x": "y"}).replace('"y"', '"\\ud800"')
    ),
    # Sizes.
    "deep": lambda o: o.jwt(x=nested(16)),
    "very deep": lambda o: o.raw(o.header, '{"x":' + "[" * 5000 + "]" * 5000 + "}"),
    "header too long": lambda o: o.headed(x="x" * 2048),
    "too long": lambda o: o.jwt(x="x" * 70_000),
    "huge": lambda o: "a." + "A" * 1_000_000 + ".a",
    "many parts": lambda o: "." * 5000,
    "number of 5,000 digits": lambda o: o.raw(
        o.header, json.dumps({**o.claims, "x": 0}).replace('"x": 0', '"x": ' + "9" * 5000)
    ),
    # Claims.
    "exp is text": lambda o: o.jwt(exp=str(o.now + 60)),
    "exp is true": lambda o: o.jwt(exp=True),
    "exp is a list": lambda o: o.jwt(exp=[o.now + 60]),
    "exp is null": lambda o: o.jwt(exp=None),
    "exp is negative": lambda o: o.jwt(exp=-1),
    "exp is past 2^53": lambda o: o.jwt(exp=2**53 + 1),
    "exp of 400 digits": lambda o: o.jwt(exp=10**400),
    "iat of 400 digits": lambda o: o.jwt(iat=10**400),
    "exp is NaN": lambda o: o.jwt(exp=float("nan")),
    "exp is infinite": lambda o: o.jwt(exp=float("inf")),
    "exp is infinite by its exponent": lambda o: o.raw(
        o.header, json.dumps({**o.claims, "exp": 0}).replace('"exp": 0', '"exp": 1e999')
    ),
    "iat is text": lambda o: o.jwt(iat=str(o.now)),
    "iat is false": lambda o: o.jwt(iat=False),
    "iat is an object": lambda o: o.jwt(iat={}),
    "iat a minute and more ahead": lambda o: o.jwt(iat=o.now + 61),
    "nbf is text": lambda o: o.jwt(nbf=str(o.now)),
    "nbf is null": lambda o: o.jwt(nbf=None),
    "nbf a minute and more ahead": lambda o: o.jwt(nbf=o.now + 61),
    "sub is a number": lambda o: o.jwt(sub=1),
    "sub is a list": lambda o: o.jwt(sub=["ann"]),
    "sub is empty": lambda o: o.jwt(sub=""),
    "sub is too long": lambda o: o.jwt(sub="s" * 513),
    "jti is a number": lambda o: o.jwt(jti=1),
    "jti is too long": lambda o: o.jwt(jti="j" * 256),
    "iss is a list": lambda o: o.jwt(iss=[o.claims.get("iss")]),
    "aud is a number": lambda o: o.jwt(aud=1),
    "aud is an object": lambda o: o.jwt(aud={"a": 1}),
    "aud is empty": lambda o: o.jwt(aud=[]),
    "aud has a number": lambda o: o.jwt(aud=[*_audience(o), 1]),
}
"""Forgeries that are refused wherever a JWT is accepted, by what is wrong with them."""


def _audience(honest: Honest) -> list[str]:
    named = honest.claims.get("aud", [])
    return [named] if isinstance(named, str) else list(named)


BY_CLAIMS: dict[str, Callable[[Honest], str]] = {
    "expired 31 seconds ago": lambda o: o.jwt(exp=o.now - 31),
    "without exp": lambda o: o.jwt(drop=("exp",)),
    "without iss": lambda o: o.jwt(drop=("iss",)),
    "without aud": lambda o: o.jwt(drop=("aud",)),
    "iss of another": lambda o: o.jwt(iss="https://evil.example"),
    "iss with a slash": lambda o: o.jwt(iss=f"{o.claims['iss']}/"),
    "iss in capitals": lambda o: o.jwt(iss=str(o.claims["iss"]).upper()),
    "iss as a prefix": lambda o: o.jwt(iss=f"{o.claims['iss']}.evil.example"),
    "aud of another": lambda o: o.jwt(aud="https://evil.example"),
    "aud in capitals": lambda o: o.jwt(aud=_audience(o)[0].upper()),
    "aud with a user name": lambda o: o.jwt(aud="https://x@" + _audience(o)[0].split("//")[1]),
}
"""Forgeries that are refused where ``iss``, ``aud`` and ``exp`` are compared."""
