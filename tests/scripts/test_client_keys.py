"""``poauth2 INI client add|edit`` of clients that authenticate by a key."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from joserfc.jwk import ECKey

from .test_client_changes import show

KEY = ECKey.generate_key("P-256", {"kid": "one"})
MACHINE = ("--client-id", "signer", "--name", "Signer", "--kind", "machine", "--scope", "read")
METHOD = ("--auth-method", "private_key_jwt")


@pytest.fixture
def keys(tmp_path):
    """The file with the public key."""
    file = tmp_path / "public.json"
    file.write_text(json.dumps({"keys": [KEY.as_dict(private=False)]}))
    return str(file)


def test_with_a_file(with_tables, keys):
    status, out, _ = with_tables("client", "add", *MACHINE, *METHOD, "--jwks", keys)
    assert status == 0
    assert "It has no secret: it authenticates by private_key_jwt." in out
    assert show(with_tables, "signer")["jwks"] == {"keys": [KEY.as_dict(private=False)]}


def test_with_a_url_and_an_algorithm(with_tables):
    url = ("--jwks-uri", "https://internal.example:8443/keys")
    status, out, _ = with_tables(
        *("client", "add", *MACHINE, *METHOD, *url, "--auth-signing-alg", "RS256", "--json")
    )
    assert (status, json.loads(out)) == (0, {"client_id": "signer"})
    shown = show(with_tables, "signer")
    assert shown["jwks_uri"] == url[1]
    assert shown["extra"] == {"token_endpoint_auth_signing_alg": "RS256"}


def test_from_standard_input(with_tables, keys):
    text = Path(keys).read_text()
    words = ("client", "add", *MACHINE, *METHOD, "--jwks", "-")
    assert with_tables(*words, stdin=text)[0] == 0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "cannot be read: No such file or directory"),
        ("{", "is not JSON"),
        (b"\xff", "is not JSON"),
        ("[]", "has no JSON object"),
    ],
)
def test_a_file_that_has_no_keys(with_tables, tmp_path, text, says):
    file = tmp_path / "other.json"
    if text is not None:
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
    status, _, err = with_tables("client", "add", *MACHINE, *METHOD, "--jwks", str(file))
    assert status == 2
    assert says in err
    assert "Traceback" not in err


def test_a_private_key_is_refused_and_not_printed(with_tables, tmp_path):
    file = tmp_path / "private.json"
    private = KEY.as_dict(private=True)
    file.write_text(json.dumps({"keys": [private]}))
    status, out, err = with_tables("client", "add", *MACHINE, *METHOD, "--jwks", str(file))
    assert status == 1
    assert "--jwks: a key in it is secret: write public keys alone, and replace that one" in err
    assert private["d"] not in out + err


def test_without_keys(with_tables):
    status, _, err = with_tables("client", "add", *MACHINE, *METHOD)
    assert status == 1
    assert "--jwks: private_key_jwt needs the public keys" in err


def test_to_a_key_and_back_to_a_secret(with_tables, keys):
    assert with_tables("client", "add", *MACHINE)[0] == 0
    assert with_tables("client", "edit", "signer", *METHOD, "--jwks", keys)[0] == 0
    back = ("client", "edit", "signer", "--auth-method", "client_secret_basic", "--clear", "jwks")
    status, _, err = with_tables(*back)
    assert (status, "the client has no secret" in err) == (0, True)
    assert show(with_tables, "signer").get("jwks") is None
    assert with_tables("client", "rotate-secret", "signer")[0] == 0
