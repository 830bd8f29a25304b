"""``poauth2 keys`` and ``poauth2 secret``."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from joserfc.jwk import RSAKey

from pyramid_oauth2 import Client
from pyramid_oauth2.jose.algorithms import ALGORITHMS
from pyramid_oauth2.jose.private_keys import private_key
from pyramid_oauth2.keys.ring import KeyRing
from pyramid_oauth2.keys.rotation import Rotation
from pyramid_oauth2.protocol.access import Access
from pyramid_oauth2.protocol.token.issuance import Issuance
from pyramid_oauth2.protocol.token.issuing import issue
from pyramid_oauth2.protocol.token_strings import is_server_secret
from pyramid_oauth2.scripts import keys
from pyramid_oauth2.scripts.ini import Ini
from pyramid_oauth2.scripts.poauth2 import main

OLD, NEW = "o" * 43, "n" * 43


@pytest.fixture
def signing(with_tables):
    with_tables.write(f"oauth2.secret = {OLD}")
    return with_tables


def make_key(poauth2, algorithm="ES256"):
    with Ini(str(poauth2.path)).service() as service:
        assert isinstance(service.server.signer, KeyRing)
        return service.server.signer.key_for(algorithm)


def listed(poauth2):
    status, out, _ = poauth2("keys", "list", "--json")
    assert status == 0
    return [(key["kid"], key["state"]) for key in json.loads(out)]


def test_a_secret_needs_no_ini(capsys):
    assert main(["secret"]) == 0
    first = capsys.readouterr().out.strip()
    assert main(["secret"]) == 0
    assert is_server_secret(first)
    assert capsys.readouterr().out.strip() != first


def test_a_secret_that_was_drawn_is_one(with_tables, capsys):
    assert main(["secret"]) == 0
    with_tables.write(f"oauth2.secret = {capsys.readouterr().out.strip()}")
    assert make_key(with_tables)


def test_a_secret_on_the_command_line_is_refused_and_not_repeated(with_tables, capsys):
    assert main(["secret"]) == 0
    secret = capsys.readouterr().out.strip()
    status, _, err = with_tables(f"secret={secret}", "keys", "list")
    assert status == 2
    assert "a token or a secret does not belong on the command line" in err
    assert secret not in err


def test_settings_mask_it(signing):
    _, out, _ = signing("settings")
    assert OLD not in out


def test_without_a_key(signing):
    assert signing("keys", "list")[1] == (
        "There are no keys: the first is made when something is signed.\n"
    )


def test_list(signing):
    kid = make_key(signing)
    status, out, _ = signing("keys", "list")
    assert status == 0
    assert out.startswith(f"ES256  {kid}  active\n    published ")
    assert listed(signing) == [(kid, "active")]


def test_rotate(signing):
    first = make_key(signing)
    status, out, _ = signing("keys", "rotate")
    assert status == 0
    second = out.split()[1]
    assert "signs from" in out
    assert listed(signing) == [(first, "active"), (second, "announced")]
    assert make_key(signing) == first


def test_rotate_at_once(signing):
    first = make_key(signing)
    status, out, _ = signing("keys", "rotate", "--now")
    second = out.split()[1]
    assert (status, out.endswith("signs now\n")) == (0, True)
    assert listed(signing) == [(first, "retired"), (second, "active")]
    assert make_key(signing) == second


def test_rotate_an_algorithm(signing):
    kid = signing("keys", "rotate", "--algorithm", "RS256")[1].split()[1]
    assert make_key(signing, "RS256") == kid


def test_rotate_the_only_algorithm(signing):
    """Not another one, by which nothing is signed."""
    first = make_key(signing, "RS256")
    status, out, _ = signing("keys", "rotate")
    assert (status, out.split()[0]) == (0, "RS256")
    assert listed(signing) == [(first, "active"), (out.split()[1], "announced")]


def test_rotate_one_of_several_algorithms(signing):
    make_key(signing, "RS256")
    make_key(signing, "ES256")
    status, out, err = signing("keys", "rotate")
    assert (status, out) == (2, "")
    assert "name the --algorithm: there are keys for ES256, RS256" in err
    assert len(listed(signing)) == 2


def test_others_read_so_many_keys(signing, monkeypatch):
    """A set with more is refused as a whole; there is room for those that are made by the clock."""
    monkeypatch.setattr(keys, "MAX_KEYS", len(ALGORITHMS) + 2)
    make_key(signing)
    assert signing("keys", "rotate")[0] == 0
    status, out, err = signing("keys", "rotate", "--now")
    assert (status, out) == (1, "")
    assert err.startswith("poauth2: 2 keys are published, and applications read")
    revoked = listed(signing)[0][0]
    assert signing("keys", "revoke", revoked)[0] == 0
    assert signing("keys", "rotate")[0] == 0


def test_rotate_without_a_key(signing):
    status, out, err = signing("keys", "rotate")
    assert (status, out) == (2, "")
    assert "name the --algorithm: there is no key yet" in err
    assert listed(signing) == []


def test_an_algorithm_that_is_none(signing):
    status, _, err = signing("keys", "rotate", "--algorithm", "HS256")
    assert status == 2
    assert "'HS256' is not one of" in err


def test_revoke(signing):
    first = make_key(signing)
    status, out, _ = signing("keys", "revoke", first)
    assert (status, out) == (0, f"{first} is revoked. Each process knows it within 30 seconds.\n")
    ((_, state), (second, other)) = listed(signing)
    assert (state, other) == ("revoked", "active")
    assert make_key(signing) == second


def test_revoke_a_key_that_is_none(signing):
    assert signing("keys", "revoke", "none") == (1, "", "poauth2: There is no key none.\n")


@pytest.mark.parametrize("words", [[], ["--"]])
def test_revoke_a_key_whose_name_looks_like_an_option(signing, words):
    """RFC 7638 section 3: a thumbprint is base64url."""
    kid = f"-h{'x' * 41}"
    expected = (1, "", f"poauth2: There is no key {kid}.\n")
    assert signing("keys", "revoke", *words, kid) == expected


@pytest.mark.parametrize("word", ["--help", "--other", "-x"])
def test_revoke_has_no_other_options(signing, word):
    status, _, err = signing("keys", "revoke", word)
    assert (status, "no key" in err) == (0 if word == "--help" else 2, False)


def test_the_secret_is_replaced(signing):
    kid = make_key(signing)
    signing.write(f"oauth2.secret = {OLD} {NEW}")
    assert signing("keys", "reseal")[1] == "0 keys sealed by the first secret\n"
    signing.write(f"oauth2.secret = {NEW} {OLD}")
    assert signing("keys", "reseal")[1] == "1 key sealed by the first secret\n"
    signing.write(f"oauth2.secret = {NEW}")
    assert make_key(signing) == kid


def test_a_secret_that_is_lost(signing):
    kid = make_key(signing)
    signing.write(f"oauth2.secret = {NEW}")
    status, _, err = signing("client", "list")
    assert status == 1
    assert f"poauth2 INI keys revoke {kid}" in err
    assert signing("keys", "reseal")[0] == 1
    assert listed(signing) == [(kid, "active")]
    assert signing("keys", "revoke", kid)[0] == 0
    assert signing("client", "list")[0] == 0
    assert make_key(signing) != kid


@pytest.mark.parametrize("words", [["list"], ["rotate"], ["revoke", "kid"], ["reseal"]])
def test_without_a_secret(with_tables, words):
    status, out, err = with_tables("keys", *words)
    assert (status, out) == (2, "")
    assert "write what 'poauth2 secret' prints into oauth2.secret" in err


@pytest.mark.parametrize("words", [["list"], ["rotate"], ["revoke", "kid"], ["reseal"]])
def test_with_a_signer_of_the_application(signing, words):
    text = signing.path.read_text()
    signing.path.write_text(text.replace("scripts.application", "scripts.with_signer"))
    status, out, err = signing("keys", *words)
    assert (status, out) == (2, "")
    assert "the application signs by a signer of its own" in err


def test_a_token_of_a_revoked_key_does_not_count(signing):
    with Ini(str(signing.path)).service() as service:
        client = Client("signed", scope=frozenset({"read"}), extra={"access_token_format": "jwt"})
        client = service.clients.add(replace(client, grant_types=("client_credentials",))).client
        issuance = Issuance(Access(frozenset({"read"})), None)
        token = issue(service.server, client, issuance).access_token
        kid = service.server.signer.key_for("ES256")
    assert "state:       counts" in signing("token", "inspect", stdin=token)[1]
    assert signing("keys", "revoke", kid)[0] == 0
    assert "state:       is not valid any more" in signing("token", "inspect", stdin=token)[1]


class TestImport:
    """The key of a server that this one replaces."""

    @pytest.fixture
    def pem(self, tmp_path):
        path = tmp_path / "key.pem"
        path.write_bytes(RSAKey.generate_key(2048).as_pem(private=True))
        return path

    def test_it_signs_at_once_and_the_earlier_one_stays_published(self, signing, pem):
        """Nothing that either has signed is refused."""
        earlier = make_key(signing, "RS256")
        status, out, _ = signing("keys", "import", str(pem), "--algorithm", "RS256")
        imported = private_key(pem.read_bytes()).kid
        assert (status, out) == (0, f"RS256  {imported}  signs now\n")
        assert listed(signing) == [(earlier, "retired"), (imported, "active")]
        assert make_key(signing, "RS256") == imported
        with Ini(str(signing.path)).service() as service:
            kids = {key["kid"] for key in service.server.signer.published()}
        assert kids == {earlier, imported}

    def test_not_where_there_are_as_many_as_others_read(self, signing, pem, monkeypatch):
        monkeypatch.setattr(keys, "MAX_KEYS", len(ALGORITHMS) + 1)
        make_key(signing)
        status, out, err = signing("keys", "import", str(pem))
        assert (status, out) == (1, "")
        assert "keys are published" in err
        assert len(listed(signing)) == 1

    def test_the_first_one_signs_at_once(self, signing, pem):
        assert signing("keys", "import", str(pem), "--later")[1].endswith("signs now\n")

    def test_it_may_be_published_first(self, signing, pem):
        earlier = make_key(signing, "RS256")
        status, out, _ = signing("keys", "import", str(pem), "--later")
        assert status == 0
        assert "signs from " in out
        assert [state for _, state in listed(signing)] == ["active", "announced"]
        assert make_key(signing, "RS256") == earlier

    def test_of_standard_input(self, signing, pem):
        status, out, _ = signing("keys", "import", stdin=pem.read_text())
        assert status == 0
        assert out.startswith("RS256  ")

    @pytest.mark.parametrize("found", [b"\x30\x82\x01\xff", b"\xff"], ids=["DER", "no text"])
    def test_of_standard_input_that_is_no_text(self, signing, found):
        text = found.decode(errors="surrogateescape")
        status, _, err = signing("keys", "import", stdin=text)
        assert (status, err) == (1, "poauth2: The key in - is neither PEM nor a JWK.\n")

    def test_of_standard_input_with_a_name_that_is_no_text(self, signing, pem):
        """As 'openssl pkcs12' writes it before the key."""
        text = f"friendlyName: M\udcfcller\n{pem.read_text()}"
        assert signing("keys", "import", stdin=text)[0] == 0

    def test_another_process_makes_the_next_key_meanwhile(self, signing, pem, monkeypatch):
        make_key(signing, "RS256")
        add = Rotation.add

        def late(rotation, private, ring, now, at_once=False):
            monkeypatch.undo()
            rotation.make("RS256", ring, now)
            return add(rotation, private, ring, now, at_once)

        monkeypatch.setattr(Rotation, "add", late)
        status, out, _ = signing("keys", "import", str(pem))
        imported = private_key(pem.read_bytes()).kid
        assert (status, out) == (0, f"RS256  {imported}  signs now\n")
        assert make_key(signing, "RS256") == imported

    def test_twice(self, signing, pem):
        signing("keys", "import", str(pem))
        for algorithm in ("RS256", "PS256"):
            status, out, err = signing("keys", "import", str(pem), "--algorithm", algorithm)
            assert (status, out) == (1, "")
            assert err.endswith(" is here already, for RS256.\n")

    def test_one_that_was_revoked(self, signing, pem):
        kid = signing("keys", "import", str(pem))[1].split()[1]
        signing("keys", "revoke", "--", kid)
        status, _, err = signing("keys", "import", str(pem))
        assert (status, err) == (
            1,
            f"poauth2: The key {kid} was revoked: it is known to others. Use another key.\n",
        )

    def test_one_that_is_refused(self, signing, tmp_path):
        path = tmp_path / "key.json"
        path.write_text(json.dumps(RSAKey.generate_key(2048).as_dict(private=False)))
        status, out, err = signing("keys", "import", str(path))
        assert (status, out) == (1, "")
        assert err == f"poauth2: The key in {path} is a public key: the private one is needed.\n"

    def test_a_file_that_is_not_there(self, signing, tmp_path):
        status, _, err = signing("keys", "import", str(tmp_path / "no.pem"))
        assert status == 1
        assert "cannot be read: No such file" in err

    def test_without_a_secret(self, with_tables, pem):
        assert with_tables("keys", "import", str(pem))[0] == 2
