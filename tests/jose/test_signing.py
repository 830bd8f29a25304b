"""JWTs that we sign, as other libraries judge them (RFC 7515, RFC 7517, RFC 7638)."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from pyramid_oauth2.jose.algorithms import ALGORITHMS
from pyramid_oauth2.jose.public_keys import PRIVATE_MEMBERS, KeySet
from pyramid_oauth2.jose.signing import PrivateKey, signed_jwt, signing_input
from pyramid_oauth2.jose.uses import USES
from pyramid_oauth2.jose.verification import verify
from tests.jose import judges

KEYS = {name: PrivateKey.made(name) for name in ALGORITHMS}
each_key = pytest.mark.parametrize("name", KEYS)


def claims() -> dict[str, Any]:
    now = int(time.time())
    return {
        "iss": "https://as.example",
        "aud": "https://api.example",
        "sub": "änn",
        "client_id": "app",
        "jti": "one",
        "iat": now,
        "exp": now + 60,
    }


def signed(key: PrivateKey, members: dict[str, Any]) -> str:
    header = {"alg": key.algorithm, "typ": "at+jwt", "kid": key.kid}
    text = signing_input(header, members)
    return signed_jwt(text, key.signature(text.encode()))


@each_key
def test_our_own_rules_accept_it(name):
    key, said = KEYS[name], claims()
    keys = KeySet.of([key.public])
    assert not keys.refused
    choose = lambda jwt: keys.fitting(jwt.kid, jwt.algorithm)  # noqa: E731
    assert verify(signed(key, said), USES["access token"], choose, time.time()).claims == said


@pytest.mark.parametrize("name", sorted(judges.BY_PYJWT & KEYS.keys()))
def test_pyjwt_accepts_it(name):
    key, said = KEYS[name], claims()
    assert judges.by_pyjwt(signed(key, said), {"keys": [key.public]}, said["aud"]) == said


@pytest.mark.parametrize("name", sorted(judges.BY_JWCRYPTO & KEYS.keys()))
def test_jwcrypto_accepts_it(name):
    key, said = KEYS[name], claims()
    assert judges.by_jwcrypto(signed(key, said), {"keys": [key.public]}, name) == said


@each_key
def test_jose_of_npm_accepts_it(name):
    key, said = KEYS[name], claims()
    jwks = {"keys": [key.public]}
    options = {"typ": "at+jwt", "issuer": said["iss"], "audience": said["aud"]}
    assert judges.by_node(signed(key, said), jwks, algorithms=[name], **options) == said


@each_key
def test_the_public_part_has_no_private_member(name):
    public = KEYS[name].public
    assert not PRIVATE_MEMBERS & public.keys()
    assert {"kid", "alg", "use"} <= public.keys()
    assert (public["alg"], public["use"]) == (name, "sig")
    json.dumps(public)


@each_key
def test_its_name_is_the_thumbprint_of_its_public_members(name):
    jwk = pytest.importorskip("jwcrypto.jwk")
    key = KEYS[name]
    assert key.kid == jwk.JWK.from_json(json.dumps(dict(key.public))).thumbprint()


@each_key
def test_an_exported_key_is_the_same_again(name):
    key = KEYS[name]
    again = PrivateKey.imported(name, key.exported())
    assert again == key
    assert json.loads(again.exported()) == json.loads(key.exported())


@each_key
def test_no_private_part_is_in_the_repr(name):
    key = KEYS[name]
    private = json.loads(key.exported())
    for member in PRIVATE_MEMBERS & private.keys():
        assert private[member] not in repr(key)
