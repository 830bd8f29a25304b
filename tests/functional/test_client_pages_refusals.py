"""Every action of the pages for clients, of both sets, with each thing missing that it needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from webtest import TestResponse

from pyramid_oauth2.views.browser import FIELD

from .client_pages import ADMIN, APPLICATIONS, BACK, ClientPages, names, words
from .flow import Flow
from .server import bearer

DRAWN = f"oci_{'a' * 24}"
# What a right form of each action says, beside the version.
ACTIONS: dict[str, dict[str, Any]] = {
    "register?kind=web": {
        "client_name": "New",
        "redirect_uris": BACK,
        "client_id": DRAWN,
        "token_endpoint_auth_method": "client_secret_basic",
    },
    "edit": {
        "client_name": "Changed",
        "redirect_uris": BACK,
        "grant_types": "authorization_code",
        "token_endpoint_auth_method": "client_secret_basic",
        "consent": "remember",
        "access_token_format": "opaque",
    },
    "secret": {"overlap": "now"},
    "secret-earlier": {},
    "disable": {},
    "enable": {},
    "withdraw": {},
    "delete": {"name": "Prey"},
    "grants": {},
}
# A user may not see who uses a client, nor undo what an operator stopped.
USERS_ACTIONS = [name for name in ACTIONS if name not in ("grants", "disable", "enable")]
EVERY_ACTION = [(ADMIN, name) for name in ACTIONS] + [
    (APPLICATIONS, name) for name in USERS_ACTIONS
]


@pytest.fixture
def storage() -> dict[str, str]:
    """A refused request does not reach the store."""
    return {"oauth2.backend": "memory"}


class Prey:
    """Bob's client, to which every action would do something."""

    def __init__(self, pages: ClientPages) -> None:
        self.pages = pages
        usual = {"grant_types": ("authorization_code", "refresh_token"), "redirect_uris": (BACK,)}
        pages.server.register("web", client_name="Prey", owner="bob", **usual)
        pages.server.secrets["web"] = pages.server.service.clients.rotate_secret("web", 3600).secret
        Flow(pages.server).log_in("alice").tokens()

    def state(self) -> Any:
        """Everything that an action could change."""
        clients = self.pages.server.service.server.clients.export().items
        return clients, self.pages.server.records()

    def act(
        self,
        action: str,
        root: str = ADMIN,
        token: str | None = "",
        headers: dict[str, str] | None = None,
    ) -> TestResponse:
        """Send the form of the action; the response of any status."""
        if action == "enable":
            self.pages.server.service.clients.disable("web")
        (grant,) = self.pages.server.service.server.grants.grants(client_id="web").items
        form = {
            "version": self.pages.version("web"),
            "grant": grant.id,
            "scope": "read",
            **ACTIONS[action],
        }
        if token is not None:
            form[FIELD] = token or self.pages.token
        path = f"{root}/{action}{'&' if '?' in action else '?'}client_id=web"
        self.before = self.state()
        return self.pages.browser.post(path, form, headers=headers or {}, status="*")

    def is_unharmed(self) -> bool:
        return bool(self.state() == self.before)


@pytest.fixture
def prey(pages: ClientPages) -> Prey:
    return Prey(pages)


every_action = pytest.mark.parametrize(("root", "action"), EVERY_ACTION)


@every_action
def test_with_all_that_it_needs_it_is_done(prey: Prey, root: str, action: str):
    assert prey.act(action, root).status_int in (200, 303)
    assert not prey.is_unharmed()


@every_action
def test_nobody_is_sent_to_the_login(prey: Prey, root: str, action: str):
    token = prey.pages.token
    Flow(prey.pages.server, browser=prey.pages.browser).log_out()
    answer = prey.act(action, root, token)
    assert answer.location.startswith("http://localhost/login")
    assert prey.is_unharmed()


@pytest.mark.parametrize("action", ACTIONS)
def test_somebody_without_the_permission_gets_the_applications_answer(prey: Prey, action: str):
    token = prey.pages.token
    prey.pages.browser.get("/login?user=alice")
    answer = prey.act(action, token=token)
    assert (answer.status_int, answer.location) == (302, "http://localhost/login")
    assert prey.is_unharmed()


@every_action
def test_without_this_browsers_field(prey: Prey, root: str, action: str):
    another_browsers = ClientPages(prey.pages.server).token
    for token in (None, another_browsers, "0" * 32, "x", "ä"):
        answer = prey.act(action, root, token)
        assert answer.status_int == 403
        assert "This form does not come from a page of yours" in words(answer)
        assert prey.is_unharmed()


@pytest.mark.parametrize("root", [ADMIN, APPLICATIONS])
def test_a_page_that_was_open_before_somebody_else_signed_in(
    start_pages: Callable[..., ClientPages], root: str
):
    """RFC 6749 section 10.12: the form acts for who sees it, not for who came after."""
    prey = Prey(start_pages(admin_principals="alice bob"))
    theirs = ClientPages(prey.pages.server, root, "bob")
    page = theirs.get("delete", client_id="web")
    page.form["name"] = "Prey"
    prey.pages.server.service.clients.edit("web", owner="alice")
    theirs.browser.get("/login?user=alice")
    before = prey.state()
    answer = page.form.submit(status=403)
    assert "somebody else has signed in since it was opened" in words(answer)
    assert prey.state() == before
    again = answer.click("Open the page again")
    again.form["name"] = "Prey"
    again.form.submit(status=303)


@every_action
def test_with_the_field_but_not_the_cookie(prey: Prey, root: str, action: str):
    """What another site would have to guess."""
    jar = prey.pages.browser.cookiejar
    token = prey.pages.token
    for cookie in [cookie for cookie in jar if cookie.name == "oauth2_browser"]:
        jar.clear(cookie.domain, cookie.path, cookie.name)
    assert prey.act(action, root, token).status_int == 403
    assert prey.is_unharmed()


def tokens(pages: ClientPages) -> dict[str, str]:
    return {
        "of the user, every scope": pages.server.token("read write", user="bob"),
        "of a client": pages.server.token("read write"),
        "of the application": "app-token-of-bob",
        "a bad one": "oat_bad",
        "nothing": "",
    }


@every_action
def test_a_bearer_token_opens_nothing(prey: Prey, root: str, action: str):
    field, given = prey.pages.token, tokens(prey.pages)
    for signed_in in (True, False):
        if not signed_in:
            Flow(prey.pages.server, browser=prey.pages.browser).log_out()
        for kind, token in given.items():
            answer = prey.act(action, root, field, bearer(token))
            assert answer.status_int == 403, kind
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
            assert prey.is_unharmed()


@pytest.mark.parametrize("root", [ADMIN, APPLICATIONS])
@pytest.mark.parametrize("changes", [{}, {"resource_paths": "/oauth2"}])
def test_a_bearer_token_sees_nothing_and_no_permission_is_asked_for(
    start_pages: Callable[..., ClientPages], root: str, changes: dict[str, str]
):
    asked: list[str] = []

    class Asked:
        def permits(self, request: Any, subject: str, context: Any, permission: str) -> bool:
            asked.append(permission)
            return True

        def authenticate(self, request: Any, username: str, password: str) -> str:
            return username

    def everybody(config: Any) -> None:
        config.set_oauth2_resource_owners(Asked())

    pages = start_pages(everybody, **changes)
    for token in tokens(pages).values():
        answer = pages.browser.get(root, headers=bearer(token), status=403)
        assert "robot" not in answer.text
    assert asked == []


@every_action
def test_other_methods(prey: Prey, root: str, action: str):
    before, browser = prey.state(), prey.pages.browser
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"):
        answer = browser.request(f"{root}/{action}", method=method, status="*")
        assert (answer.status_int, answer.headers["Allow"]) == (405, "GET, POST")
    assert prey.state() == before


@every_action
def test_a_get_with_everything_in_it_changes_nothing(prey: Prey, root: str, action: str):
    page, _, query = action.partition("?")
    form = {**ACTIONS[action], "version": "0", FIELD: prey.pages.token, "client_id": "web"}
    before = prey.state()
    pages = ClientPages(prey.pages.server, root)
    pages.get(page, "*", **form, **dict(filter(None, [query.split("=") if query else None])))
    assert prey.state() == before


@pytest.mark.parametrize("root", [ADMIN, APPLICATIONS])
def test_a_client_that_is_not_there(prey: Prey, root: str):
    pages = ClientPages(prey.pages.server, root)
    for action in [name for name in USERS_ACTIONS if "?" not in name]:
        for client_id in ("nobody", "", "x" * 5000, "ä", "../clients", "\0"):
            posted = pages.post(action, client_id, version="0", overlap="now")
            shown = pages.get(action, "*", client_id=client_id)
            assert {posted.status_int, shown.status_int} <= {400, 404}


def test_a_list_is_for_looking_only(pages: ClientPages):
    for page in ("", "client"):
        answer = pages.browser.post(pages.url(page), {FIELD: pages.token}, status=405)
        assert answer.headers["Allow"] == "GET"
    assert names(pages.get()) == ["robot"]
