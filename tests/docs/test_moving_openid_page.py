"""docs/how-to/moving-openid-connect.md: keys, subjects and the issuer of an old provider."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc.jwk import RSAKey

from tests.ports import free_port
from tests.serving import serving

from .page import Page

NAME = "docs/how-to/moving-openid-connect.md"
APP = """
from pyramid.config import Configurator

class Users:
    def claims(self, subject, names):
        return {}

    def authenticated_at(self, request):
        return 1

def main(global_config, **settings):
    with Configurator(settings=settings) as config:
        config.set_oauth2_resource_owners(Users())
        config.set_oauth2_subjects("subjects.OldSubjects")
        config.add_route("login", "/login")
        return config.make_wsgi_app()
"""
INI = """
[app:main]
use = call:app:main
pyramid.includes = pyramid_oauth2
oauth2.issuer = http://localhost:{port}/o
oauth2.base_url = http://localhost:{port}
oauth2.path = /o
oauth2.login_route = login
oauth2.backend = sqlalchemy
oauth2.sqlalchemy.url = sqlite:///%(here)s/oauth2.sqlite
oauth2.secret = {secret}
oauth2.openid = true
oauth2.openid.pairwise_salt = the salt of the old server, which is long
[server:main]
use = egg:waitress#main
listen = localhost:{port}
"""


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def page(follow: Callable[..., Page], port: int) -> Page:
    page = follow(NAME)
    page.write_files()
    (page.folder / "app.py").write_text(APP)
    (page.folder / "app.ini").write_text(INI.format(port=port, secret="s" * 43))
    return page


def old_key(folder: Path) -> Any:
    """A key of django-oauth-toolkit, in its file."""
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "old.pem").write_bytes(pem)
    return RSAKey.import_key(pem)


def test_the_issuer_and_the_keys_stay(page: Page, port: int) -> None:
    key = old_key(page.folder)
    printed = page.run("keys import old.pem")
    assert printed.split()[-4:] == ["RS256", key.thumbprint(), "signs", "now"]
    another = RSAKey.generate_key(2048)
    jwks = {"keys": [another.as_dict(private=True)]}
    (page.folder / "jwks.json").write_text(json.dumps(jwks))
    assert another.thumbprint() in page.run("jwks.json")
    with serving(page.folder / "app.ini", port, PYTHONPATH="."):
        issuer = f"http://localhost:{port}/o"
        found = requests.get(f"{issuer}/.well-known/openid-configuration", timeout=10).json()
        assert found["issuer"] == issuer
        claims = {"iss": issuer, "sub": "7", "aud": "shop", "iat": 1, "exp": 2}
        header = {"kid": key.thumbprint()}
        token = jwt.encode(claims, key.as_pem(private=True), "RS256", header)
        # As a client does that verifies it with the key set of today.
        verifier = jwt.PyJWKClient(found["jwks_uri"]).get_signing_key_from_jwt(token)
        options = {"verify_exp": False}
        jwt.decode(token, verifier, ["RS256"], audience="shop", options=options)


def test_the_subjects_stay(tmp_path: Path) -> None:
    """As oidc-provider's documentation has them: a digest of sector, account and salt."""
    names: dict[str, Any] = {}
    exec(Page(NAME, tmp_path).block("class OldSubjects"), names)

    class Settings:
        pairwise_salt = "salt"

        def of(self, kind: Any) -> Settings:
            return self

    class Client:
        extra = {"subject_type": "pairwise"}
        redirect_uris = ("https://shop.example/back",)

    subjects = names["OldSubjects"](None, Settings())
    expected = hashlib.sha256(b"shop.example" + b"7" + b"salt").hexdigest()
    assert subjects.subject_for(Client(), "7") == expected
    Client.extra = {}
    assert subjects.subject_for(Client(), "7") == "7"
