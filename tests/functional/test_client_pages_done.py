"""The pages for clients report a change only where it happened: a link to them can be forged."""

from __future__ import annotations

import re

import pytest

from .client_pages import APPLICATIONS, BACK, ClientPages, words
from .flow import Flow
from .server import Clock

# By what a link says was done.
SAID = {
    "registered": "It is public, so it has no secret.",
    "edited": "The changes are saved.",
    "unchanged": "There was nothing to change.",
    "enabled": "The client may ask for tokens again.",
    "disabled": "The client is disabled, and all its tokens have ended.",
    "withdrawn": "All tokens of the client have ended.",
    "earlier_secret_ended": "Only the newest secret counts now.",
}


def said(pages: ClientPages, client_id: str) -> set[str]:
    """What the page of the client says was done, and not what a link says."""
    return {
        done
        for done in (*SAID, "deleted", "x", "")
        if done != "unchanged"
        and pages.get("client", client_id=client_id, done=done).html.find(class_="done")
    }


def test_a_link_says_only_what_is_true(pages: ClientPages):
    clock, clients = Clock(pages.server), pages.server.service.clients
    web = pages.registered("web").client_id
    clients.rotate_secret(web, 86400)
    clock.now += 61
    assert said(pages, web) == {"enabled"}
    clients.disable(web)
    assert said(pages, web) == {"disabled", "edited", "withdrawn"}
    clock.now += 61
    assert said(pages, web) == {"disabled"}
    clients.end_earlier_secret(web)
    clock.now += 61
    assert said(pages, web) == {"disabled", "earlier_secret_ended"}


@pytest.mark.parametrize("public", [True, False])
def test_nothing_was_withdrawn_from_one_that_was_only_edited(pages: ClientPages, public: bool):
    client = pages.registered("native" if public else "web")
    expected = {"enabled", "edited", "registered" if public else "earlier_secret_ended"}
    assert said(pages, client.client_id) == expected


def test_a_form_that_is_sent_as_it_was(pages: ClientPages):
    form = pages.get("edit", client_id=pages.registered("web").client_id).form
    page = form.submit(status=303).follow()
    assert SAID["unchanged"] in words(page)
    form["client_name"] = "Daily"
    assert SAID["edited"] in words(form.submit(status=303).follow())


def test_deleted_is_who_is_not_there(pages: ClientPages):
    def deleted(**query: str) -> bool:
        return "The client was deleted." in words(pages.get(done="deleted", **query))

    assert not deleted()
    assert not deleted(client_id="robot")
    assert deleted(client_id="gone")


def test_a_link_tells_nobody_whether_a_client_of_others_is_there(pages: ClientPages):
    own = ClientPages(pages.server, APPLICATIONS, "alice")
    of_others, of_nobody = (
        own.get(done="deleted", client_id=client_id) for client_id in ("robot", "gone")
    )
    assert words(of_others) == words(of_nobody)


def test_deleting_tells_no_user_which_clients_others_have_deleted(pages: ClientPages):
    pages.server.register("hers", owner="carol")
    pages.server.service.clients.delete("hers")
    own = ClientPages(pages.server, APPLICATIONS, "alice")
    of_others, of_nobody = (
        own.post("delete", client_id, version="0", name="x") for client_id in ("hers", "never")
    )
    assert of_others.status_int == of_nobody.status_int == 404
    shown = [re.sub(r"\b[A-Z0-9]{8}$", "", words(page)) for page in (of_others, of_nobody)]
    assert shown[0] == shown[1]
    assert shown[0].endswith("Reference number: ")


def test_a_grant_that_lives_has_not_ended(pages: ClientPages):
    usual = {"grant_types": ("authorization_code", "refresh_token"), "redirect_uris": (BACK,)}
    pages.server.register("web", **usual)
    flow = Flow(pages.server).log_in("alice")
    flow.tokens()
    (grant,) = pages.server.service.server.grants.grants(client_id="web").items

    def revoked(client_id: str = "web", **query: str) -> bool:
        page = pages.get("grants", client_id=client_id, done="revoked", **query)
        return "The grant has ended" in words(page)

    assert not revoked(grant=grant.id)
    assert pages.post("grants", "web", grant=grant.id).status_int == 303
    assert revoked(grant=grant.id)
    assert not revoked("robot", grant=grant.id)
    assert not revoked(grant="another")
    assert not revoked()
