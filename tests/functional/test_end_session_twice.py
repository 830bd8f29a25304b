"""A double click on "Sign out" of a client: the second request is as the first one.

The browser drops the first response, with its cookies.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from .flow import Flow
from .openid_provider import parts
from .signing_out import BYE, END_SESSION, Party, asks, storage  # noqa: F401
from .test_end_session import party  # noqa: F401


def click(party: Party, **parameters: str) -> None:  # noqa: F811
    """Send a request, and drop its response."""
    jar = party.flow.browser.cookiejar
    before = list(jar)
    query = urlencode({"post_logout_redirect_uri": BYE, **parameters})
    party.flow.browser.get(f"{END_SESSION}?{query}", status=303)
    jar.clear()
    for cookie in before:
        jar.set_cookie(cookie)


def send(party: Party) -> Any:  # noqa: F811
    return party.send(id_token_hint=party.id_token, post_logout_redirect_uri=BYE)


def test_the_second_request_signs_out_as_well(party: Party) -> None:  # noqa: F811
    click(party, id_token_hint=party.id_token)
    assert party.user == "bob"
    assert send(party).location == BYE
    assert party.is_over()
    assert len(party.events) == 1


def test_a_minute_later_it_asks(party: Party) -> None:  # noqa: F811
    """The user may have signed in here again."""
    click(party, id_token_hint=party.id_token)
    server = party.flow.server.service.server
    later = server.clock() + 60
    object.__setattr__(server, "clock", lambda: later)
    assert asks(send(party))
    assert party.user == "bob"


def test_after_another_sign_in_it_asks(party: Party) -> None:  # noqa: F811
    click(party, id_token_hint=party.id_token)
    earlier, again = party.id_token, party.sign_in(prompt="consent")
    assert parts(again["id_token"])[1]["sid"] != parts(earlier)[1]["sid"]
    assert asks(send(party))
    assert party.user == "bob"


def test_in_another_browser_it_asks(party: Party) -> None:  # noqa: F811
    click(party, id_token_hint=party.id_token)
    elsewhere = Party.__new__(Party)
    elsewhere.flow = Flow(party.flow.server).log_in("bob")
    elsewhere.id_token = party.id_token
    assert asks(send(elsewhere))
    assert elsewhere.user == "bob"


def test_of_another_user_it_asks(party: Party) -> None:  # noqa: F811
    click(party, id_token_hint=party.id_token)
    party.flow.log_in("alice")
    assert asks(send(party))
    assert party.user == "alice"
