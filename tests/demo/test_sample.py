"""The sample client: which responses it accepts, and what it shows."""

from __future__ import annotations

import base64
import html
import json
import re
import time
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest
import requests
from bs4 import BeautifulSoup

from pyramid_oauth2.demo.code_flow import CodeFlowClient, NoAnswer
from pyramid_oauth2.demo.id_token import IDToken
from tests.broken_responses import BROKEN, answering
from tests.live import live_server
from tests.visitor import Visitor

# No server listens there, even if a demo is served beside the tests.
ISSUER = "http://localhost:9"


@pytest.fixture
def ini(ini):
    ini.write_text(ini.read_text().replace("http://localhost:6543", ISSUER))
    return ini


def begin(demo):
    """Press the button; return the authorization request."""
    answer = demo.get("/sample").forms[0].submit()
    assert answer.status_int == 303
    return dict(parse_qsl(urlsplit(answer.location).query))


def heading(page):
    return page.html.select_one("h1").text


def test_the_home_page_leads_there(demo):
    page = demo.get("/").click("Sign in with this server")
    assert heading(page) == "Sign in with this server"


def test_the_authorization_request(demo):
    first, second = begin(demo), begin(demo)
    for name in ("state", "code_challenge"):
        assert first.pop(name) != second.pop(name)
    assert first == second
    assert first == {
        "response_type": "code",
        "client_id": "demo-sample",
        "redirect_uri": f"{ISSUER}/sample/callback",
        "scope": "read",
        "code_challenge_method": "S256",
    }


def test_nobody_begins_from_another_site(demo):
    demo.post("/sample", status=400)


def test_an_answer_that_nobody_asked_for(demo):
    page = demo.get("/sample/callback", {"code": "x", "state": "y", "iss": ISSUER})
    assert heading(page) == "This answer is not believed"
    assert "has begun no sign-in" in page.text


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"state": "another"}, "its state is not the one that was sent"),
        ({"state": None}, "its state is not the one that was sent"),
        ({"iss": "https://evil.example"}, "its iss is not the server that was asked"),
        ({"iss": None}, "its iss is not the server that was asked"),
        ({"code": None}, "there is neither a code nor an error in it"),
    ],
)
def test_an_answer_that_is_not_believed(demo, change, reason):
    asked = begin(demo)
    answer = {"code": "x", "state": asked["state"], "iss": ISSUER} | change
    page = demo.get("/sample/callback", {n: v for n, v in answer.items() if v is not None})
    assert heading(page) == "This answer is not believed"
    assert reason in page.text
    assert "exchanged the code" not in page.text


def test_an_answer_counts_once(demo):
    asked = begin(demo)
    answer = {"error": "access_denied", "state": asked["state"], "iss": ISSUER}
    assert heading(demo.get("/sample/callback", answer)) == "You did not allow it"
    assert heading(demo.get("/sample/callback", answer)) == "This answer is not believed"


def test_what_comes_in_the_address_is_only_text(demo):
    asked = begin(demo)
    evil = "<script>alert(1)</script>"
    answer = {"error": evil, "state": asked["state"], "iss": ISSUER}
    page = demo.get("/sample/callback", answer)
    assert heading(page) == "The server refused"
    assert evil not in page.text
    assert html.escape(evil) in page.text
    demo.get("/sample/callback?code=%ff", status=400)


def test_a_server_that_does_not_answer(demo):
    """WebTest has no server that could issue tokens."""
    asked = begin(demo)
    answer = {"code": "x", "state": asked["state"], "iss": ISSUER}
    page = demo.get("/sample/callback", answer)
    assert heading(page) == "The server did not answer"


def test_refreshing_needs_a_refresh_token(demo):
    form = demo.get("/sample").forms[0]
    form.action = "/sample/refresh"
    assert form.submit().location == f"{ISSUER}/sample"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with live_server(tmp_path_factory.mktemp("sample"), {}) as server:
        yield server


class Newcomer(Visitor):
    """A user who opens the pages of the sample."""

    def press(self, page, action, **button):
        """Press a button of a form, and follow to the sample's next page."""
        form = BeautifulSoup(page.text, "html.parser").select_one(f"main form[action='{action}']")
        fields = {field["name"]: field["value"] for field in form.select("input")} | button
        answer = self._session.post(urljoin(page.url, action), fields, allow_redirects=False)
        while "/sample" not in urlsplit(answer.url).path or answer.is_redirect:
            if answer.is_redirect:
                target = urljoin(answer.url, answer.headers["Location"])
                answer = self._session.get(target, allow_redirects=False)
            else:
                answer = self._submit(answer)
        return answer

    def open(self, url):
        return self._session.get(url)


def shown(page):
    """The contents of the boxes of the page."""
    return [box.text for box in BeautifulSoup(page.text, "html.parser").select("main pre")]


def test_the_whole_way(server):
    newcomer = Newcomer()
    page = newcomer.press(newcomer.open(f"{server.issuer}/sample"), "/sample")
    assert "You are signed in as alice" in page.text
    assert page.headers["Cache-Control"].endswith("no-store")
    asked, answered, redeemed, tokens, opened, me = shown(page)
    (code,) = re.findall(r"^code=(oac_\w+)$", answered, re.MULTILINE)
    (state,) = re.findall(r"^&state=(\S+)$", answered, re.MULTILINE)
    (token,) = re.findall(r'"access_token": "(oat_\w+)"', tokens)
    assert f"&state={state}" in asked
    assert f"&iss={server.issuer}" in answered
    assert f"code={code}" in redeemed
    assert "Authorization: Basic ••••••••" in redeemed
    assert f"Authorization: Bearer {token}" in opened
    assert '"user": "alice"' in me
    # The values are real: the token gives access to the API.
    bearer = {"Authorization": f"Bearer {token}"}
    assert requests.get(server.me, headers=bearer, timeout=10).json()["client"] == "demo-sample"

    refreshed = newcomer.press(page, "/sample/refresh")
    assert "The client got a new access token, without you" in refreshed.text
    assert re.findall(r'"access_token": "(oat_\w+)"', refreshed.text) != [token]
    again = newcomer.press(refreshed, "/sample/refresh")
    assert "You are signed in as alice" in again.text

    secret = (server.ini.parent / "demo-client-sample.secret").read_text().strip()
    for seen in (page, refreshed, again):
        assert secret not in seen.text


def test_with_openid_connect(server):
    newcomer = Newcomer()
    page = newcomer.press(newcomer.open(f"{server.issuer}/sample"), "/sample", openid="1")
    assert "You are signed in as alice" in page.text
    asked, _, _, tokens, header, claims, _, userinfo, _, _ = shown(page)
    (nonce,) = re.findall(r"^&nonce=(\S+)$", asked, re.MULTILINE)
    assert json.loads(header)["alg"] == "RS256"
    said = json.loads(claims)
    assert (said["iss"], said["aud"], said["sub"], said["nonce"]) == (
        server.issuer,
        "demo-sample",
        "alice",
        nonce,
    )
    assert said["auth_time"] <= said["iat"]
    assert json.loads(userinfo) == {
        "sub": "alice",
        "name": "Alice",
        "preferred_username": "alice",
        "email": "alice@example.com",
        "email_verified": False,
    }
    assert json.loads(tokens)["scope"] == "email openid profile read"
    refreshed = newcomer.press(page, "/sample/refresh")
    assert "The client got a new access token, without you" in refreshed.text


CLIENT = CodeFlowClient(ISSUER, "demo-sample", "secret", f"{ISSUER}/sample/callback", "read")
ATTEMPT = CLIENT.begin(openid=True)
CLAIMS = {"iss": ISSUER, "aud": "demo-sample", "sub": "alice", "nonce": ATTEMPT.nonce}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({}, None),
        ({"aud": ["demo-sample"]}, None),
        ({"iss": "http://localhost:8"}, "its iss is not the server that was asked"),
        ({"aud": "demo-spa"}, "its aud is not this client"),
        ({"aud": ["demo-sample", "demo-spa"]}, "its aud is not this client"),
        ({"exp": 1}, "it has expired"),
        ({"exp": None}, "it has expired"),
        ({"nonce": "another"}, "its nonce is not the one that was sent"),
        ({"nonce": None}, "its nonce is not the one that was sent"),
    ],
)
def test_which_id_tokens_are_accepted(changes, problem):
    """OpenID Connect Core section 3.1.3.7."""
    claims = {**CLAIMS, "exp": int(time.time()) + 60, **changes}
    parts = [{"alg": "RS256"}, {name: v for name, v in claims.items() if v is not None}]
    text = ".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).decode() for p in parts)
    assert IDToken.parsed(f"{text}.sig").problem(CLIENT, ATTEMPT) == problem


@pytest.mark.parametrize("value", ["None", "", "a.b", "a.b.c", "MQ.MQ.c", "e30.ü.c"])
def test_what_is_no_id_token(value):
    with pytest.raises(ValueError):
        IDToken.parsed(value)


def test_a_user_who_denies(server):
    newcomer = Newcomer("bob", decision="deny")
    page = newcomer.press(newcomer.open(f"{server.issuer}/sample"), "/sample")
    assert "You did not allow it" in page.text
    assert len(shown(page)) == 2


def test_nothing_of_it_is_in_the_log(server):
    newcomer = Newcomer()
    page = newcomer.press(newcomer.open(f"{server.issuer}/sample"), "/sample")
    (log,) = server.ini.parent.glob("*.log")
    values = re.findall(r"o[acr][tc]_\w+", page.text)
    assert values
    assert not [value for value in values if value in log.read_text()]


@pytest.mark.parametrize("response", BROKEN.values(), ids=BROKEN)
def test_a_server_whose_response_is_broken(response):
    with answering(response) as url:
        client = CodeFlowClient(url, "demo-sample", "secret", f"{url}/sample/callback", "read")
        with pytest.raises(NoAnswer, match="does not answer as it should"):
            client.redeem("code", client.begin())
        with pytest.raises(NoAnswer, match="does not answer as it should"):
            client.refresh("refresh token")


def test_a_response_that_no_page_can_show():
    text = b'{"user": "\\ud800"}'
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(text)
    with answering(head + text) as url:
        client = CodeFlowClient(url, "demo-sample", "secret", f"{url}/sample/callback", "read")
        with pytest.raises(NoAnswer, match="does not answer as it should"):
            client.me("access token")
