"""The sample client "Sign in with this server": the code flow, with each step shown on a page.

It is a client like any other, with its own secret, that happens to be served by the
same application: it calls the server by HTTP. Never show tokens as these pages do:
here they belong to the user who looks at them.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import astuple
from typing import Any

from pyramid.httpexceptions import HTTPBadRequest, HTTPSeeOther
from pyramid.session import SignedCookieSessionFactory

from pyramid_oauth2 import Request, cookie_options

from .clients import SAMPLE_CALLBACK, SAMPLE_CLIENT
from .code_flow import Attempt, CodeFlowClient, Exchange, NoAnswer
from .id_token import IDToken
from .pages import protected_page

PAGE = "templates/sample.jinja2"
STEPS = "templates/steps.jinja2"
ANSWER = ("code", "state", "iss", "error", "error_description")


def show(request: Request) -> dict[str, Any]:
    """Describe the sample, with a button that begins."""
    return {"client": _client(request)}


def start(request: Request) -> Any:
    """Store the attempt in the session, and redirect the browser to the server."""
    client = _client(request)
    attempt = client.begin(openid="openid" in request.POST)
    request.session["attempt"] = astuple(attempt)
    return HTTPSeeOther(client.authorization_url(attempt))


def callback(request: Request) -> dict[str, Any]:
    """Check the server's authorization response, redeem the code, use the token."""
    client, answer = _client(request), _answer(request)
    # Removed from the session, since a response counts once.
    remembered = request.session.pop("attempt", None)
    attempt = Attempt(*remembered) if remembered else None
    problem = _problem(client, answer, attempt)
    page = {"client": client, "attempt": attempt, "answer": answer, "problem": problem}
    if attempt is None or problem or "code" not in answer:
        return page
    return page | _use(
        request.session, client, lambda: client.redeem(answer["code"], attempt), attempt
    )


def refresh(request: Request) -> Any:
    """Get a new access token without the user."""
    client, token = _client(request), request.session.get("refresh_token")
    if token is None:
        return HTTPSeeOther(f"{client.issuer}/sample")
    return {"client": client} | _use(request.session, client, lambda: client.refresh(token))


def _problem(client: CodeFlowClient, answer: dict[str, str], attempt: Attempt | None) -> str | None:
    """Why the response is rejected, None if it is not."""
    if attempt is None:
        return "this browser has begun no sign-in, or its answer has been here before"
    if not hmac.compare_digest(answer.get("state", "").encode(), attempt.state.encode()):
        # RFC 6749 section 10.12: an attacker may have injected the response.
        return "its state is not the one that was sent"
    if answer.get("iss") != client.issuer:
        # RFC 9207: the response of another server.
        return "its iss is not the server that was asked"
    if "code" not in answer and "error" not in answer:
        return "there is neither a code nor an error in it"
    return None


def _use(
    session: Any,
    client: CodeFlowClient,
    ask_for_tokens: Callable[[], Exchange],
    attempt: Attempt | None = None,
) -> dict[str, Any]:
    """Get tokens, store the refresh token, and call the API with the access token.

    :param attempt: the sign-in that the tokens are for; None for a refresh.
    """
    steps: dict[str, Any] = {}
    try:
        steps["tokens"] = got = ask_for_tokens()
        if got.status == 200:
            session["refresh_token"] = got.answer.get("refresh_token")
            if attempt is not None and attempt.nonce is not None:
                steps |= _who(client, attempt, got.answer)
                if steps.get("problem"):
                    return steps
            steps["me"] = client.me(got.answer["access_token"])
    except NoAnswer as error:
        return {**steps, "silence": str(error)}
    return steps


def _who(client: CodeFlowClient, attempt: Attempt, answer: dict[str, Any]) -> dict[str, Any]:
    """Read the ID token, and ask for what it does not say."""
    try:
        id_token = IDToken.parsed(str(answer.get("id_token")))
    except ValueError:
        return {"problem": "there is no ID token in it"}
    if problem := id_token.problem(client, attempt):
        return {"id_token": id_token, "problem": problem}
    userinfo = client.userinfo(answer["access_token"])
    # OpenID Connect Core section 5.3.2: "the UserInfo Response MUST NOT be used" otherwise.
    if userinfo.answer.get("sub") != id_token.claims.get("sub"):
        return {"id_token": id_token, "userinfo": userinfo, "problem": "it is about another user"}
    return {"id_token": id_token, "userinfo": userinfo}


def _answer(request: Request) -> dict[str, str]:
    try:
        return {name: request.GET[name] for name in ANSWER if name in request.GET}
    except UnicodeDecodeError:
        raise HTTPBadRequest("The parameters are not UTF-8.") from None


def _client(request: Request) -> CodeFlowClient:
    issuer = request.oauth2.service.settings.issuer
    return CodeFlowClient(
        issuer=issuer,
        client_id=SAMPLE_CLIENT.client_id,
        secret=request.registry["demo.sample_secret"],
        redirect_uri=f"{issuer}{SAMPLE_CALLBACK}",
        scope="read",
    )


def includeme(config: Any) -> None:
    """Add the pages, and the session in which the client stores its state."""
    config.set_session_factory(
        # Signed, not encrypted: the user can read there only what the pages show.
        SignedCookieSessionFactory(
            config.registry["demo.cookie_secret"], **cookie_options(config.registry, "demo_sample")
        )
    )
    config.add_route("sample", "/sample")
    config.add_route("sample.callback", SAMPLE_CALLBACK)
    config.add_route("sample.refresh", "/sample/refresh")
    for view, name, method, renderer in (
        (show, "sample", "GET", PAGE),
        (start, "sample", "POST", None),
        (callback, "sample.callback", "GET", STEPS),
        (refresh, "sample.refresh", "POST", STEPS),
    ):
        config.add_view(
            view,
            route_name=name,
            request_method=method,
            renderer=renderer,
            decorator=protected_page,
        )
