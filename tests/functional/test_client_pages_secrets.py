"""A client's secrets on the admin pages: rotated, and ended."""

from __future__ import annotations

import pytest

from pyramid_oauth2.protocol.clients.secrets import verify_secret

from .client_pages import SECRET, ClientPages, words
from .server import Clock


@pytest.fixture
def service(pages: ClientPages) -> tuple[str, str]:
    page = pages.register("machine")
    return page.html.find("code", class_="copy").string, page.html.find(id="secret").string


def good(pages: ClientPages, client_id: str, secret: str, now: int) -> bool:
    return verify_secret(secret, pages.client(client_id).client_secrets, now)


@pytest.mark.parametrize(
    ("overlap", "seconds"), [("now", 0), ("hour", 3600), ("day", 86400), ("week", 604800)]
)
def test_the_secret_in_use_ends_when_the_operator_says(
    pages: ClientPages, service: tuple[str, str], overlap: str, seconds: int
):
    clock = Clock(pages.server)
    client_id, old = service
    form = pages.get("secret", client_id=client_id).form
    form["overlap"] = overlap
    page = form.submit()
    new = page.html.find(id="secret").string
    assert page.headers["Cache-Control"] == "no-store"
    assert good(pages, client_id, new, clock.now)
    if seconds:
        assert good(pages, client_id, old, clock.now + seconds - 1)
    assert not good(pages, client_id, old, clock.now + seconds)
    assert ("The earlier secret works until" in words(page)) is bool(seconds)
    assert not SECRET.search(pages.get("client", client_id=client_id).text)


def test_a_rotation_that_is_sent_twice_happens_once(pages: ClientPages, service: tuple[str, str]):
    client_id, old = service
    form = pages.get("secret", client_id=client_id).form
    new = form.submit().html.find(id="secret").string
    again = form.submit(status=409)
    assert "by this form when it was sent before" in words(again)
    now = pages.server.service.server.clock()
    assert good(pages, client_id, new, now)
    assert good(pages, client_id, old, now)


def test_it_is_said_beforehand_that_the_earlier_of_two_ends(
    pages: ClientPages, service: tuple[str, str]
):
    clock, client_id, warning = Clock(pages.server), service[0], "The earlier one ends as soon as"
    page = pages.get("secret", client_id=client_id)
    assert warning not in words(page)
    page.form.submit()
    assert warning in words(pages.get("secret", client_id=client_id))
    clock.now += 86400
    assert warning not in words(pages.get("secret", client_id=client_id))


def test_the_earlier_one_is_ended_at_once(pages: ClientPages, service: tuple[str, str]):
    client_id, old = service
    new = pages.get("secret", client_id=client_id).form.submit().html.find(id="secret").string
    page = pages.get("client", client_id=client_id).click("End the earlier one now")
    answer = page.form.submit(status=303).follow()
    assert "Only the newest secret counts now." in words(answer)
    now = pages.server.service.server.clock()
    assert good(pages, client_id, new, now)
    assert not good(pages, client_id, old, now)
    # Sent twice: the second response is the one that the browser shows.
    assert page.form.submit(status=303).location == answer.request.url
    assert pages.client(client_id).version == 2
    assert not answer.html.find("a", string="End the earlier one now")


def test_a_public_client_has_none(pages: ClientPages):
    app = pages.registered("native")
    assert "has no secret" in words(pages.get("secret", 404, client_id=app.client_id))
    answer = pages.post("secret", app.client_id, version="0", overlap="now")
    assert answer.status_int == 404
    assert pages.client(app.client_id).client_secrets == ()


@pytest.mark.parametrize(
    "form", [{"version": "0", "overlap": "never"}, {"overlap": "now"}, {"version": "-1"}]
)
def test_a_form_that_is_not_ours(
    pages: ClientPages, service: tuple[str, str], form: dict[str, str]
):
    before = pages.client(service[0])
    assert pages.post("secret", service[0], **form).status_int == 400
    assert pages.client(service[0]) == before


@pytest.mark.parametrize(
    ("client_id", "shown"),
    [
        ("nightly-1.job_2", True),
        ("my app;id", False),
        ("$(id)", False),
        ("a'b", False),
        ("~root", False),
        ("a&b", False),
    ],
)
def test_a_line_for_the_terminal_does_what_it_says(pages: ClientPages, client_id: str, shown: bool):
    pages.server.register(client_id)
    page = pages.get("secret", client_id=client_id).form.submit()
    line = page.html.find("pre")
    assert (line is not None) is shown
    assert ("To try it, in a terminal" in words(page)) is shown
    if line:
        assert line.get_text().startswith(f"curl -u {client_id} -d ")
