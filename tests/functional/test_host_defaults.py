"""An application's defaults, and its own use of policies, do not affect our endpoints."""

from __future__ import annotations

import copy
import inspect
import logging
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import pytest
from pyramid.httpexceptions import HTTPForbidden
from pyramid.interfaces import ISecurityPolicy
from pyramid.request import Request
from pyramid.response import Response
from pyramid.testing import DummyRequest

from pyramid_oauth2.protection.wrapped_policy import CookiePolicyAsked
from pyramid_oauth2.protocol.records import StoreUnavailable

from . import host
from .server import FORM, Server, bearer

WARNING = "has views with a permission, but no security policy"


def test_a_root_factory_that_refuses_strangers(build: Callable[..., Server]):
    def strict(request: Any) -> Any:
        raise HTTPForbidden("members only")

    server = build(lambda config: config.set_root_factory(strict))
    assert server.ask().status_int == 200
    assert server.get("/.well-known/oauth-authorization-server").status_int == 200


def test_a_view_mapper_with_its_own_calling_convention(build: Callable[..., Server]):
    class ContextFirst:
        def __init__(self, **kw: Any) -> None:
            pass

        def __call__(self, view: Any) -> Any:
            return lambda context, request: view(context, request)

    server = build(lambda config: config.set_view_mapper(ContextFirst))
    assert server.ask().status_int == 200


@pytest.mark.parametrize("permission", [None, "edit"])
def test_a_missing_policy_is_told_only_where_it_matters(
    build: Callable[..., Server], caplog: pytest.LogCaptureFixture, permission: str | None
):
    def view(config: Any) -> None:
        config.add_route("home", "/")
        config.add_view(lambda request: Response("home"), route_name="home", permission=permission)

    with caplog.at_level(logging.WARNING):
        build(view)
    assert (WARNING in caplog.text) is (permission is not None)


def test_what_else_the_applications_policy_has_is_still_there(server: Server):
    policy = server.registry.getUtility(ISecurityPolicy)
    assert policy.cookie is policy.wrapped.cookie
    with pytest.raises(AttributeError):
        _ = policy.nothing_of_the_kind


class PolicyWithGroups(host.CookiePolicy):
    def __init__(self) -> None:
        super().__init__()
        self.bound = partial(self.groups)
        self.cached = lru_cache(self.groups)
        self.error = KeyError

    def groups(self, request: Any) -> list[str]:
        return [f"group:{self.identity(request)}"]

    def find(self, userid: str, request: Any) -> list[str]:
        """A callback as those of Pyramid 1.x, which have the request last."""
        return self.groups(request)


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("groups", lambda groups, request: groups(request)),
        ("groups", lambda groups, request: groups(request=request)),
        ("find", lambda find, request: find("bob", request)),
        ("find", lambda find, request: find(request=request, userid="bob")),
        ("bound", lambda bound, request: bound(request)),
        ("cached", lambda cached, request: cached(request)),
    ],
)
def test_a_method_of_the_wrapped_policy_does_not_answer_for_the_cookie(
    build: Callable[..., Server], name: str, call: Callable[[Any, Any], list[str]]
):
    """With bob's token beside alice's cookie it would name the groups of alice."""

    def groups(request: Any) -> Response:
        policy = request.registry.getUtility(ISecurityPolicy)
        try:
            found = call(getattr(policy, name), request)
        except CookiePolicyAsked as error:
            found = [str(error), *call(getattr(policy.wrapped, name), request)]
        return Response(" ".join(found))

    def configure(config: Any) -> None:
        config.set_security_policy(PolicyWithGroups())
        config.add_route("login", "/login")
        config.add_view(host.log_in, route_name="login")
        config.add_route("groups", "/groups")
        config.add_view(groups, route_name="groups")

    server = build(configure)
    server.browser.get("/login?user=alice")
    assert server.get("/groups").text == "group:alice"
    refused = server.get("/groups", bearer(server.token(user="bob"))).text
    assert f"policy.wrapped.{name}()" in refused
    assert "request.authenticated_userid" in refused
    assert refused.endswith("group:alice")


def test_a_callable_of_the_wrapped_policy_keeps_what_else_it_has(build: Callable[..., Server]):
    server = build(lambda config: config.set_security_policy(PolicyWithGroups()))
    policy = server.registry.getUtility(ISecurityPolicy)
    assert policy.error is KeyError
    assert policy.cached.cache_info().hits == 0
    assert policy.find.__name__ == "find"
    assert "Pyramid 1.x" in policy.find.__doc__
    assert inspect.signature(policy.find) == inspect.signature(policy.wrapped.find)
    assert copy.copy(policy.bound)(Request.blank("/")) == ["group:None"]


@pytest.mark.parametrize("make", [DummyRequest, lambda: Request.blank("/")])
def test_a_request_made_by_hand_is_the_wrapped_policys(server: Server, make: Callable[[], Any]):
    request = make()
    request.environ = getattr(request, "environ", {})
    policy = server.registry.getUtility(ISecurityPolicy)
    assert policy.authenticated_userid(request) is None
    assert not policy.permits(request, host.Root(request), "edit")


def unavailable(ref: Any) -> Any:
    raise StoreUnavailable("the server is away")


def test_a_refusal_for_lack_of_the_store_is_logged(
    server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    token = server.token()
    monkeypatch.setattr(server.service.server.grants, "find", unavailable)
    assert server.get("/read", bearer(token)).status_int == 503
    assert "the server is away" in caplog.text


def test_a_permission_asked_for_without_a_guard_while_the_store_is_away(
    build: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
):
    """In a notfound view, for instance: what cannot be checked is not permitted."""

    def lost(request: Any) -> Response:
        return Response("yes" if request.has_permission("view", host.Root(request)) else "no")

    server = build(host.pages, lambda config: config.add_notfound_view(lost))
    token = server.token()
    assert server.get("/nowhere", bearer(token)).text == "yes"
    monkeypatch.setattr(server.service.server.grants, "find", unavailable)
    assert server.get("/nowhere", bearer(token)).text == "no"


def test_a_large_form_is_left_to_the_view(server: Server, monkeypatch: pytest.MonkeyPatch):
    """A body longer than any token is not read before the view reads it."""
    headers = {**bearer(server.token()), "Content-Type": FORM}
    read: list[int] = []
    monkeypatch.setattr(Request, "body", property(lambda request: read.append(1) or b""))
    answer = server.browser.post("/read", b"a=b&" * 50_000, headers=headers)
    assert (answer.status_int, read) == (200, [])


@pytest.mark.parametrize("media_type", [FORM, FORM.upper(), f"{FORM}; charset=utf-8"])
def test_a_token_in_the_form_too_however_its_type_is_written(server: Server, media_type: str):
    headers = {**bearer(server.token()), "Content-Type": media_type}
    server.browser.post("/read", b"access_token=x", headers=headers, status=400)


def test_a_static_view_with_a_permission_answers_a_token_with_a_challenge(
    build: Callable[..., Server], tmp_path: Any
):
    (tmp_path / "page.txt").write_text("for editors")

    def files(config: Any) -> None:
        config.add_static_view("files", str(tmp_path), permission="edit")

    server = build(host.pages, files)
    answer = server.get("/files/page.txt", bearer(server.token(user="bob")))
    assert answer.status_int == 403
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_in_the_header_and_elsewhere_at_a_view_with_an_acl(server: Server):
    """RFC 6750 section 2: also if only the ACL refers to scopes."""
    token = server.token()
    assert server.get("/view", bearer(token)).status_int == 200
    assert server.get(f"/view?access_token={token}", bearer(token)).status_int == 400
