"""Relying parties on a server: each signs a user in, and believes nothing that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.live import LiveServer, live_server

from .catalog import PARTIES, READING_THE_ID_TOKEN, WITH_SIGNED_USERINFO
from .dishonest import LIES, OTHER_USERINFO
from .parties import Party, Person, party_of

REFUSALS = [
    pytest.param(name, lie, id=f"{name}-{lie}")
    for name, kind in PARTIES.items()
    for lie in LIES
    if lie not in kind.believes
]


@pytest.mark.parametrize("party", PARTIES, indirect=True)
def test_a_user_signs_in(party: Party, server: LiveServer) -> None:
    """The login, the consent page, the code, the ID token, the userinfo endpoint."""
    person = Person(party)
    assert person.page() == {"id_token": None, "userinfo": None}
    back = person.sign_in()
    assert back.status_code == 200, back.text
    page = person.page()
    assert page["id_token"]["sub"] == "alice"
    assert page["userinfo"]["sub"] == "alice"
    assert page["userinfo"]["email"] == "alice@example.com"
    assert page["userinfo"]["name"] == "Alice"
    assert page["userinfo"]["preferred_username"] == "alice"


@pytest.mark.parametrize("party", PARTIES, indirect=True)
def test_another_user_is_another_one(party: Party) -> None:
    Person(party).sign_in()
    other = Person.named("bob", party)
    other.sign_in()
    assert other.page()["userinfo"]["sub"] == "bob"


@pytest.mark.parametrize(("party", "lie"), REFUSALS, indirect=["party"])
def test_what_is_wrong_is_refused(party: Party, lie: str, dishonesty: Path) -> None:
    """So what it accepts, it has validated."""
    person = Person(party)
    dishonesty.write_text(lie)
    person.sign_in()
    page = person.page()
    assert page["userinfo"] is None
    # Who has signed in is known without the userinfo endpoint.
    assert page["id_token"] is None or lie == OTHER_USERINFO
    dishonesty.unlink()
    later = Person(party)
    later.sign_in()
    assert later.page()["userinfo"]["sub"] == "alice"


@pytest.mark.parametrize(
    "party", [name for name, kind in PARTIES.items() if kind.refresh], indirect=True
)
def test_a_refresh(party: Party) -> None:
    """Core section 12.2: it is about the same sign-in."""
    person = Person(party)
    person.sign_in()
    before = person.page()
    after = person.refresh()
    assert after["userinfo"] == before["userinfo"]
    assert after["id_token"]["at_hash"] != before["id_token"]["at_hash"]
    for name in ("iss", "sub", "aud", "auth_time"):
        assert after["id_token"].get(name) == before["id_token"].get(name)


@pytest.mark.parametrize("party", ["mozilla-django-oidc"], indirect=True)
def test_a_silent_renewal(party: Party) -> None:
    """Core section 3.1.2.1: ``prompt=none``, in the browser, while the user is signed in."""
    person = Person(party)
    person.sign_in()
    before, forms = person.page(), person.at_server.forms
    person.here.get(f"{party.url}/expire")
    person.sign_in("/")
    after = person.page()
    assert person.at_server.forms == forms
    assert after["id_token"]["at_hash"] != before["id_token"]["at_hash"]
    assert after["id_token"]["auth_time"] == before["id_token"]["auth_time"]


@pytest.mark.parametrize("name", WITH_SIGNED_USERINFO)
def test_signed_userinfo(name: str, server: LiveServer, tmp_path: Path) -> None:
    """Core section 5.3.2: a JWT, where the client is registered for it."""
    with party_of(WITH_SIGNED_USERINFO[name], server, tmp_path) as party:
        person = Person(party)
        person.sign_in()
        assert person.page()["userinfo"]["email"] == "alice@example.com"


@pytest.mark.parametrize("setting", ["true", "false"])
def test_claims_in_the_id_token(setting: str, tmp_path: Path) -> None:
    """``oauth2.openid.claims_in_id_token`` is for parties that read nothing else."""
    settings = {"client_cache": "0", "openid.claims_in_id_token": setting}
    with (
        live_server(tmp_path, settings) as server,
        party_of(READING_THE_ID_TOKEN, server, tmp_path) as party,
    ):
        person = Person(party)
        person.sign_in()
        found = person.page()["userinfo"]
        assert found["sub"] == "alice"
        assert ("email" in found) == (setting == "true")
