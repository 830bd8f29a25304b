"""Several APIs, each with tokens of its own (RFC 8707)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest
from pyramid.exceptions import ConfigurationError
from pyramid.response import Response

from pyramid_oauth2 import InvalidClientMetadata

from . import host
from .flow import Flow, answer_in
from .server import Server, bearer

AREA, NOTES, FILES = "http://localhost", "http://localhost/notes", "https://files.example/api/"
FILES_THERE = FILES.rstrip("/")
INI = {
    "oauth2.resources": f"{NOTES} = read write\n{FILES} = write",
    "oauth2.scopes": "read = Read\nwrite = Write\nadmin = Administer",
}


def notes(config: Any) -> None:
    """An API with a name, at ``/notes``."""
    config.add_route("notes", "/notes")
    config.add_route("note", "/notes/{id}")
    for name in ("notes", "note"):
        config.add_view(lambda request: Response("a note"), route_name=name, oauth2_scope="read")


@pytest.fixture
def server(build: Callable[..., Server]) -> Server:
    return build(host.pages, notes, changes=INI)


@pytest.fixture
def flow(start_flow: Callable[..., Flow]) -> Flow:
    started = start_flow(
        notes, **{name.removeprefix("oauth2."): text for name, text in INI.items()}
    )
    started.edit(scope=frozenset({"read", "write", "admin"}))
    return started


def statuses(server: Server, token: str) -> tuple[int, int]:
    """What a token gets from the area and from the notes."""
    headers = bearer(token)
    return tuple(server.get(path, headers).status_int for path in ("/read", "/notes"))


class TestToken:
    def test_without_a_resource_it_is_for_the_area_alone(self, server: Server):
        answer = server.ask(scope="read")
        assert statuses(server, answer.json["access_token"]) == (200, 401)

    @pytest.mark.parametrize("spelling", [NOTES, f"{NOTES}/", "HTTP://LOCALHOST:80/notes"])
    def test_it_is_for_the_api_that_was_named(self, server: Server, spelling: str):
        answer = server.ask(scope="read", resource=spelling)
        assert statuses(server, answer.json["access_token"]) == (401, 200)
        assert server.get("/notes/1", bearer(answer.json["access_token"])).status_int == 200

    @pytest.mark.parametrize("spelling", [AREA, f"{AREA}/read", f"{AREA}/"])
    def test_a_url_below_the_area_names_the_area(self, server: Server, spelling: str):
        answer = server.ask(scope="read", resource=spelling)
        assert statuses(server, answer.json["access_token"]) == (200, 401)

    def test_one_for_both(self, server: Server):
        form = [("grant_type", "client_credentials"), ("scope", "read")]
        answer = server.browser.post(
            "/oauth2/token",
            [*form, ("resource", NOTES), ("resource", AREA)],
            headers=server.login(),
        )
        assert statuses(server, answer.json["access_token"]) == (200, 200)

    @pytest.mark.parametrize(
        "resource", ["https://other.example", f"{NOTES}#x", "notes", f"{NOTES}?q"]
    )
    def test_an_unknown_one_is_refused(self, server: Server, resource: str):
        answer = server.ask(scope="read", resource=resource)
        assert (answer.status_int, answer.json["error"]) == (400, "invalid_target")

    def test_the_scope_is_the_part_that_the_api_has_and_the_response_says_it(self, server: Server):
        server.register("wide", scope=frozenset({"read", "write", "admin"}))
        form = {"grant_type": "client_credentials", "resource": FILES}
        answer = server.post({**form, "scope": "read write"}, server.login("wide"))
        assert answer.json["scope"] == "write"
        answer = server.post({**form, "scope": "read admin"}, server.login("wide"))
        assert (answer.status_int, answer.json["error"]) == (400, "invalid_scope")

    def test_the_audit_log_says_for_which_api(
        self, server: Server, caplog: pytest.LogCaptureFixture
    ):
        caplog.set_level("INFO", "pyramid_oauth2.audit")
        server.ask(scope="write", resource=FILES)
        server.ask(scope="write")
        first, second = (line for line in caplog.messages if "TokenIssued" in line)
        assert f"resources={FILES}" in first
        assert "resources" not in second

    def test_a_refusal_says_to_the_operator_what_was_compared(
        self, server: Server, caplog: pytest.LogCaptureFixture
    ):
        token = server.ask(scope="read", resource=NOTES).json["access_token"]
        answer = server.get("/read", bearer(token))
        assert answer.json["error"] == "invalid_token"
        assert 'scope="read"' in answer.headers["WWW-Authenticate"]


class Notes(dict[str, Any]):
    """The API with a name, in a resource tree."""


class Root(dict[str, Any]):
    def __init__(self, request: Any) -> None:
        super().__init__(notes=Notes({"1": Notes()}), other={"within": {}})


def tree(config: Any) -> None:
    """The same by traversal, which has several URLs for a view."""
    config.set_security_policy(host.CookiePolicy())
    config.set_root_factory(Root)
    config.add_view(lambda request: Response("a note"), context=Notes, oauth2_scope="read")
    config.add_view(lambda request: Response("other"), context=dict, oauth2_scope="read")


def named(config: Any) -> None:
    """The same by a view with a name, which has two URLs in each context."""
    config.set_security_policy(host.CookiePolicy())
    config.set_root_factory(lambda request: {})
    config.add_view(lambda request: Response("a note"), name="notes", oauth2_scope="read")
    config.add_view(lambda request: Response("other"), oauth2_scope="read")


class TestNamedView:
    @pytest.mark.parametrize("path", ["/@@notes", "/@@notes/1", "/./@@notes", "//@@notes"])
    def test_its_other_url_is_of_the_same_api(self, build: Callable[..., Server], path: str):
        server = build(named, changes=INI)
        token = server.ask(scope="read").json["access_token"]
        assert server.get(path, bearer(token)).status_int == 401
        assert server.get("/@@", bearer(token)).status_int == 200
        of_api = server.ask(scope="read", resource=NOTES).json["access_token"]
        assert server.get("/notes", bearer(of_api)).text == "a note"


class TestTraversal:
    @pytest.fixture
    def server(self, build: Callable[..., Server]) -> Server:
        return build(tree, changes=INI)

    @pytest.mark.parametrize(
        ("root", "path"),
        [
            *(("/notes", "/"), ("notes", "/1"), ("/other/../notes", "/")),
            *(("/./notes/", "/1"), ("/other", "/within")),
        ],
    )
    def test_no_header_chooses_the_api(self, server: Server, root: str, path: str):
        """Pyramid puts the path of X-Vhm-Root before that of the URL."""
        for token in (
            server.ask(scope="read").json["access_token"],
            server.ask(scope="read", resource=NOTES).json["access_token"],
        ):
            answer = server.get(path, {**bearer(token), "X-Vhm-Root": root})
            assert (answer.status_int, answer.json["error"]) == (400, "invalid_request")

    @pytest.mark.parametrize("root", ["", "/"])
    def test_a_header_without_a_path_chooses_nothing(self, server: Server, root: str):
        headers = {**bearer(server.ask(scope="read").json["access_token"]), "X-Vhm-Root": root}
        assert server.get("/other", headers).status_int == 200
        assert server.get("/notes", headers).status_int == 401

    def test_a_proxy_that_sets_the_header_is_trusted(self, build: Callable[..., Server]):
        server = build(tree, changes={**INI, "oauth2.trust_virtual_root": "true"})
        headers = {**bearer(server.ask(scope="read").json["access_token"]), "X-Vhm-Root": "/other"}
        assert server.get("/within", headers).status_int == 200

    def test_where_no_api_with_a_name_is_in_the_application(self, build: Callable[..., Server]):
        server = build(tree, changes={**INI, "oauth2.resources": FILES})
        headers = {**bearer(server.ask(scope="read").json["access_token"]), "X-Vhm-Root": "/notes"}
        assert server.get("/1", headers).status_int == 200

    @pytest.mark.parametrize(
        "path",
        [
            *("/notes", "/notes/", "//notes", "///notes//1", "/./notes", "/%2e/notes/1"),
            *("/other/../notes", "/other/%2e%2e/notes", "/other/within/../../notes/1"),
        ],
    )
    def test_no_spelling_of_its_url_accepts_a_token_for_the_area(self, server: Server, path: str):
        token = server.ask(scope="read").json["access_token"]
        assert server.get(path, bearer(token)).status_int == 401

    @pytest.mark.parametrize("path", ["/other", "//other/", "/other/./within"])
    def test_the_area_has_all_spellings_but_those_that_go_up(self, server: Server, path: str):
        token = server.ask(scope="read").json["access_token"]
        assert server.get(path, bearer(token)).status_int == 200
        assert server.get(f"/notes/..{path}", bearer(token)).status_int == 401

    def test_a_token_for_the_api_is_of_no_use_elsewhere_by_its_url(self, server: Server):
        token = server.ask(scope="read", resource=NOTES).json["access_token"]
        assert server.get("/notes//1", bearer(token)).status_int == 200
        assert server.get("/notes/../other", bearer(token)).status_int == 401


class TestClient:
    def test_it_may_be_limited_to_some(self, server: Server):
        server.register("shop", grant_types=("client_credentials",))
        server.service.clients.edit("shop", allowed_resources=(FILES,))
        form = {"grant_type": "client_credentials", "scope": "write"}
        login = server.login("shop")
        assert server.post({**form, "resource": FILES_THERE}, login).status_int == 200
        answer = server.post({**form, "resource": NOTES}, login)
        assert (answer.status_int, answer.json["error"]) == (400, "invalid_target")
        assert "for this resource" in answer.json["error_description"]

    @pytest.mark.parametrize("field", ["resources", "allowed_resources"])
    def test_an_unknown_api_is_no_value(self, server: Server, field: str):
        with pytest.raises(InvalidClientMetadata, match="is unknown; the server knows"):
            server.service.clients.edit("robot", **{field: ("https://other.example",)})

    @pytest.mark.parametrize(
        ("resources", "sees"), [((), "area"), ((NOTES,), "notes"), ((FILES,), "files")]
    )
    def test_a_resource_server_sees_the_tokens_for_its_own_apis_alone(
        self, server: Server, resources: tuple[str, ...], sees: str
    ):
        """RFC 7662 section 2.2; RFC 9700 section 2.3."""
        server.register("api", grant_types=(), resource_server=True)
        server.service.clients.edit("api", resources=resources)
        for name, resource in (("area", AREA), ("notes", NOTES), ("files", FILES)):
            token = server.ask(scope="write", resource=resource).json["access_token"]
            answer = server.post({"token": token}, server.login("api"), "/oauth2/introspect")
            assert answer.json["active"] is (name == sees), name
            if answer.json["active"]:
                # As the operator writes it: the API compares it with its own configuration.
                assert answer.json.get("aud") == (None if name == "area" else resource)


class TestGrant:
    def tokens(self, flow: Flow, *resources: str, **changes: Any) -> dict[str, Any]:
        parameters = [(name, value) for name, value in flow.parameters(scope="read write").items()]
        parameters += [("resource", each) for each in resources]
        page = flow.get(urlencode(parameters))
        while page.status_int == 303 and page.location.startswith("http://localhost/"):
            page = flow.browser.get(page.location)
        code = answer_in(flow.decide(page).location)["code"]
        answer = flow.redeem(code, **changes)
        assert answer.status_int == 200, answer.text
        return dict(answer.json)

    def test_one_resource_needs_not_be_named_again(self, flow: Flow):
        """Some clients name it at the authorization endpoint alone, and not at a refresh."""
        tokens = self.tokens(flow, NOTES)
        assert statuses(flow.server, tokens["access_token"]) == (401, 200)
        again = flow.refresh(tokens["refresh_token"]).json
        assert statuses(flow.server, again["access_token"]) == (401, 200)

    def test_a_narrower_token_narrows_no_grant(self, flow: Flow):
        """The successor of a refresh token is for everything that was granted."""
        tokens = self.tokens(flow, NOTES, FILES, resource=FILES)
        assert tokens["scope"] == "write"
        answer = flow.refresh(tokens["refresh_token"], resource=NOTES)
        assert answer.json["scope"] == "read write"
        assert statuses(flow.server, answer.json["access_token"]) == (401, 200)
        answer = flow.refresh(answer.json["refresh_token"], resource=FILES)
        assert answer.json["scope"] == "write"

    def test_of_several_one_is_named(self, flow: Flow):
        tokens = self.tokens(flow, NOTES, FILES, resource=FILES)
        answer = flow.refresh(tokens["refresh_token"])
        assert (answer.status_int, answer.json["error"]) == (400, "invalid_target")
        assert "name the one" in answer.json["error_description"]

    def test_another_than_those_that_were_granted_is_refused(self, flow: Flow):
        tokens = self.tokens(flow, NOTES)
        for resource in (FILES, AREA, "https://other.example"):
            answer = flow.refresh(tokens["refresh_token"], resource=resource)
            assert (answer.status_int, answer.json["error"]) == (400, "invalid_target")
        assert flow.refresh(tokens["refresh_token"]).status_int == 200

    def test_a_grant_of_the_area_is_for_no_api_that_was_added_by_name(self, flow: Flow):
        tokens = self.tokens(flow)
        answer = flow.refresh(tokens["refresh_token"], resource=NOTES)
        assert answer.json["error"] == "invalid_target"
        answer = flow.refresh(tokens["refresh_token"], resource=AREA)
        assert statuses(flow.server, answer.json["access_token"]) == (200, 401)

    def test_two_apis_refreshed_at_once(self, flow: Flow):
        """RFC 8707's normal case: the second is refused, and nothing is revoked."""
        tokens = self.tokens(flow, NOTES, FILES, resource=FILES)
        first = flow.refresh(tokens["refresh_token"], resource=NOTES)
        second = flow.refresh(tokens["refresh_token"], resource=FILES)
        assert (second.status_int, second.json["error"]) == (400, "invalid_grant")
        again = flow.refresh(tokens["refresh_token"], resource=f"{NOTES}/")
        assert again.json == first.json
        assert flow.refresh(first.json["refresh_token"], resource=FILES).status_int == 200

    def test_a_reuse_is_noticed_whatever_resource_it_names(self, flow: Flow):
        tokens = self.tokens(flow, NOTES)
        latest = flow.refresh(flow.refresh(tokens["refresh_token"]).json["refresh_token"])
        answer = flow.refresh(tokens["refresh_token"], resource=FILES)
        assert answer.json["error"] == "invalid_grant"
        assert statuses(flow.server, latest.json["access_token"]) == (401, 401)

    @pytest.mark.parametrize("resource", ["https://other.example", "x", f"{NOTES}#x"])
    def test_an_unknown_one_is_an_error_for_the_client(self, flow: Flow, resource: str):
        answer = flow.ask(resource=resource)
        assert answer_in(answer.location)["error"] == "invalid_target"

    def test_without_a_scope_there_nothing_is_asked(self, flow: Flow):
        answer = flow.ask(scope="admin", resource=FILES)
        assert answer_in(answer.location)["error"] == "invalid_scope"

    def test_remembered_consent_is_for_its_resources(self, flow: Flow):
        self.tokens(flow, NOTES)
        assert flow.ask(scope="read write", resource=NOTES).status_int == 303
        assert flow.ask(scope="read write", resource=FILES).status_int == 200
        assert flow.ask(scope="read write").status_int == 200

    def test_a_client_that_uses_two_in_turn_asks_once_for_each(self, flow: Flow):
        self.tokens(flow, NOTES)
        self.tokens(flow, FILES)
        for resource in (NOTES, FILES, NOTES):
            assert flow.ask(scope="write", resource=resource).status_int == 303
        assert flow.ask(scope="admin").status_int == 200

    def test_the_page_of_the_user_names_them(self, flow: Flow):
        self.tokens(flow, NOTES)
        self.tokens(flow, FILES)
        (client,) = flow.browser.get("/oauth2/authorizations").html.select("article")
        named = [
            each.get_text(" ", strip=True)
            for each in client.select("[aria-labelledby=resources-1] li")
        ]
        assert named == ["localhost/notes : Read; Write", "files.example/api : Write"]

    def test_of_an_application_with_one_it_names_none(self, start_flow: Callable[..., Flow]):
        plain = start_flow()
        plain.tokens()
        (client,) = plain.browser.get("/oauth2/authorizations").html.select("article")
        assert client.select("[aria-labelledby^=resources]") == []

    def test_what_was_allowed_for_two_is_allowed_for_one(self, flow: Flow):
        self.tokens(flow, NOTES, FILES, resource=FILES)
        assert flow.ask(scope="read write", resource=NOTES).status_int == 303
        assert flow.ask(scope="read write").status_int == 200

    def test_after_the_api_is_gone_nothing_is_left(self, flow: Flow, build: Callable[..., Server]):
        tokens = self.tokens(flow, NOTES)
        known = flow.server.service.server.resources.known
        gone = known.pop(NOTES)
        try:
            answer = flow.refresh(tokens["refresh_token"])
            assert (answer.status_int, answer.json["error"]) == (400, "invalid_grant")
            assert flow.server.get("/notes", bearer(tokens["access_token"])).status_int == 401
        finally:
            known[NOTES] = gone
        assert flow.refresh(tokens["refresh_token"]).status_int == 200


def test_the_default_is_a_setting(build: Callable[..., Server]):
    server = build(host.pages, notes, changes={**INI, "oauth2.default_resource": NOTES})
    answer = server.ask(scope="read")
    assert statuses(server, answer.json["access_token"]) == (401, 200)
    answer = server.ask(scope="read", resource=AREA)
    assert statuses(server, answer.json["access_token"]) == (200, 401)


def test_an_application_with_one_api_stores_no_limit(start_flow: Callable[..., Flow]):
    """It pays nothing: its records are as they were."""
    flow = start_flow()
    flow.tokens(resource=AREA)
    (grant, *_) = flow.server.service.server.grants.grants("bob").items
    assert grant.resources == ()


class TestMetadata:
    """RFC 9728."""

    def document(self, server: Server, path: str) -> Any:
        return server.get(f"/.well-known/oauth-protected-resource{path}")

    def test_a_challenge_names_the_api_of_the_view_and_the_scope(self, server: Server):
        url = "http://localhost/.well-known/oauth-protected-resource"
        for path, resource, scope in (
            ("/notes/1", f"{url}/notes", "read"),
            ("/notes", f"{url}/notes", "read"),
            ("/write", f"{url}/write", "write"),
        ):
            challenge = server.get(path).headers["WWW-Authenticate"]
            assert (
                challenge
                == f'Bearer realm="oauth2", scope="{scope}", resource_metadata="{resource}"'
            )

    @pytest.mark.parametrize("path", ["/notes", "/notes/", ""])
    def test_the_document_is_at_the_api_and_of_the_only_one_at_the_root(
        self, server: Server, path: str
    ):
        assert self.document(server, path).json == {
            "resource": NOTES,
            "authorization_servers": ["http://localhost"],
            "bearer_methods_supported": ["header"],
            "scopes_supported": ["read", "write"],
        }

    @pytest.mark.parametrize("path", ["/notes/1", "/api", "/notesx"])
    def test_there_is_no_other(self, server: Server, path: str):
        assert self.document(server, path).status_int == 404

    def test_its_url_is_spelt_as_the_operator_spells_it(self, build: Callable[..., Server]):
        """RFC 9728 section 3.3: clients compare it with what their user has typed."""

        def api(config: Any) -> None:
            config.add_oauth2_resource("http://localhost/notes/", name="Your notes")

        server = build(host.pages, notes, api)
        document = self.document(server, "/notes/").json
        assert document["resource"] == "http://localhost/notes/"
        assert document["resource_name"] == "Your notes"
        assert document["scopes_supported"] == ["read"]

    def test_the_default_port_is_no_part_of_its_path(self, build: Callable[..., Server]):
        named = {"oauth2.resources": "http://localhost:80/notes"}
        document = self.document(build(host.pages, notes, changes=named), "/notes").json
        assert document["scopes_supported"] == ["read"]

    def test_of_two_none_is_at_the_root(self, build: Callable[..., Server]):
        def apis(config: Any) -> None:
            config.add_oauth2_resource(NOTES)
            config.add_oauth2_resource(f"{AREA}/files")

        assert self.document(build(host.pages, notes, apis), "").status_int == 404

    def test_one_resource_path_is_at_the_root(self, build: Callable[..., Server]):
        server = build(host.pages, notes, changes={"oauth2.resource_paths": "/notes"})
        assert self.document(server, "").json == self.document(server, "/notes").json

    def test_the_server_names_its_apis(self, server: Server):
        document = server.get("/.well-known/oauth-authorization-server").json
        assert document["protected_resources"] == [NOTES, FILES]

    def test_offline_access_is_no_scope_of_an_api(self, build: Callable[..., Server]):
        def view(config: Any) -> None:
            config.add_oauth2_scope("offline_access", "Stay")
            config.add_route("stay", "/stay")
            config.add_view(
                lambda request: Response(""), route_name="stay", oauth2_scope="read offline_access"
            )

        server = build(host.pages, view)
        assert 'scope="read"' in server.get("/stay").headers["WWW-Authenticate"]
        assert self.document(server, "/stay").json["scopes_supported"] == ["read"]


class TestStart:
    """A mistake stops the start, with the cure."""

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"oauth2.resources": "notes = read"}, "no absolute URI"),
            ({"oauth2.resources": "https://a.example/#x"}, "fragment"),
            ({"oauth2.resources": "https://a.example = delete"}, "unknown scopes: delete"),
            ({"oauth2.resources": "https://a.example\nhttps://A.example/"}, "named twice"),
            ({"oauth2.resources": "https://a@b.example"}, "no host"),
            ({"oauth2.resources": "https://a.example ="}, "name the scopes"),
            ({"oauth2.default_resource": "https://a.example"}, "none of oauth2.resources"),
            # A request is never at such a URL, and would be taken for one to the area.
            ({"oauth2.resources": f"{NOTES}?a=b"}, "write http://localhost/notes"),
            ({"oauth2.resources": f"{AREA}/n%6ftes"}, "write http://localhost/notes"),
            ({"oauth2.resources": f"{AREA}/%c3%a9"}, "write http://localhost/%C3%A9"),
            # Nor are its views at this one alone.
            ({"oauth2.resources": f"{AREA}//notes"}, "without //"),
            ({"oauth2.resources": f"{NOTES}//"}, "without //"),
            ({"oauth2.resources": f"{AREA}/./notes"}, "without //"),
            ({"oauth2.resources": f"{AREA}/files/../notes"}, "without //"),
            ({"oauth2.resources": f"{AREA}/@@notes"}, "without //"),
        ],
    )
    def test_of_the_ini(self, build: Callable[..., Server], changes: dict[str, str], message: str):
        with pytest.raises(ConfigurationError, match=message):
            build(host.pages, changes=changes)

    @pytest.mark.parametrize(
        "uri",
        ["https://a.example/n%6ftes?a=b", "https://a.example//@@x", f"{AREA}/%C3%A9~!", f"{AREA}/"],
    )
    def test_of_an_api_elsewhere_or_as_requests_spell_it(
        self, build: Callable[..., Server], uri: str
    ):
        build(host.pages, changes={"oauth2.resources": uri})

    @pytest.mark.parametrize(
        ("resource", "message"),
        [
            ({"uri": "notes"}, "cannot name an API"),
            ({"uri": NOTES, "scopes": "  "}, "names no scope"),
            ({"uri": NOTES, "lifetime": 0}, "above 0"),
            ({"uri": NOTES, "subject_type": "pairwise"}, "not 'public'"),
            ({"uri": NOTES, "token_format": "jwe"}, "there are: jwt, opaque"),
            ({"uri": NOTES, "token_format": "jwt"}, "poauth2 secret"),
        ],
    )
    def test_of_a_directive(
        self, build: Callable[..., Server], resource: dict[str, Any], message: str
    ):
        with pytest.raises(ConfigurationError, match=message):
            build(host.pages, lambda config: config.add_oauth2_resource(**resource))


def test_the_whole_application_can_be_the_api(build: Callable[..., Server]):
    """Its tokens are as it says, whether a request names it or not."""
    server = build(host.pages, lambda config: config.add_oauth2_resource(AREA, "read", lifetime=60))
    for named in ({}, {"resource": AREA}):
        token = server.ask(scope="read", **named).json
        assert token["expires_in"] == 60
        assert server.get("/read", bearer(token["access_token"])).status_int == 200


@pytest.mark.parametrize("paths", ["/notes", "/notes/1", "/notes/1 /notes/2"])
def test_the_area_is_none_of_the_apis(build: Callable[..., Server], paths: str):
    """Its URL is what the resource paths have in common: with that of an API they were one."""
    server = build(host.pages, notes, changes={**INI, "oauth2.resource_paths": paths})
    assert statuses(server, server.ask(scope="read").json["access_token"]) == (200, 401)
    for_notes = server.ask(scope="read", resource=NOTES).json["access_token"]
    assert statuses(server, for_notes) == (401, 200)
    for_area = server.ask(scope="read", resource=f"{AREA}/read").json["access_token"]
    assert statuses(server, for_area) == (200, 401)


class TestFormats:
    """An opaque token for one API and a JWT for another, from one grant."""

    @pytest.fixture
    def flow(self, start_flow: Callable[..., Flow]) -> Flow:
        def apis(config: Any) -> None:
            config.add_oauth2_resource(NOTES, "read")
            config.add_oauth2_resource(FILES, "write", token_format="jwt", lifetime=120)

        return start_flow(notes, apis, secret="a" * 43)

    def test_each_has_its_own(self, flow: Flow):
        tokens = TestGrant().tokens(flow, NOTES, FILES, resource=NOTES)
        assert tokens["access_token"].startswith("oat_")
        answer = flow.refresh(tokens["refresh_token"], resource=FILES)
        claims = jwt.decode(answer.json["access_token"], options={"verify_signature": False})
        assert (claims["aud"], claims["scope"]) == (FILES, "write")
        assert claims["exp"] - claims["iat"] == answer.json["expires_in"] == 120

    def test_one_token_cannot_have_both(self, flow: Flow):
        """RFC 9068 section 3: each scope must have a meaning for each audience."""
        tokens = TestGrant().tokens(flow, NOTES, FILES, resource=NOTES)
        form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
        answer = flow.server.browser.post(
            "/oauth2/token",
            [*form.items(), ("resource", NOTES), ("resource", FILES)],
            headers=flow.server.login("web"),
            status=400,
        )
        assert answer.json["error"] == "invalid_target"
        assert "request one for each" in answer.json["error_description"]
        assert flow.refresh(tokens["refresh_token"], resource=NOTES).status_int == 200

    def test_a_long_lifetime_of_the_client_is_that_of_its_opaque_tokens(
        self, build: Callable[..., Server]
    ):
        """What is signed lives for a day at most, and for minutes unless it was chosen so."""

        def api(config: Any) -> None:
            config.add_oauth2_resource(FILES, "write", token_format="jwt")

        server = build(host.pages, api, changes={"oauth2.secret": "a" * 43})
        server.register("long", lifetimes={"access_token": 90 * 86_400})
        server.register("short", lifetimes={"access_token": 60})
        form = {"grant_type": "client_credentials", "scope": "write"}
        for client_id, signed, opaque in (("long", 600, 90 * 86_400), ("short", 60, 60)):
            login = server.login(client_id)
            assert server.post(form, login).json["expires_in"] == opaque
            assert server.post({**form, "resource": FILES}, login).json["expires_in"] == signed

    def test_the_key_is_published_before_the_first_token(self, flow: Flow):
        assert flow.server.get("/oauth2/jwks").json["keys"]


class TestConsent:
    def test_the_page_names_each_api_and_what_it_has(self, flow: Flow):
        page = flow.get(
            urlencode(
                [
                    *flow.parameters(scope="read write").items(),
                    ("resource", NOTES),
                    ("resource", FILES),
                ]
            )
        )
        text = " ".join(page.html.select_one("[aria-labelledby=resources]").text.split())
        assert text == "Only at these APIs localhost/notes: Read; Write files.example/api: Write"

    def test_of_the_area_it_says_nothing(self, flow: Flow):
        assert page_without_apis(flow.page())


def page_without_apis(page: Any) -> bool:
    return page.html.select_one("[aria-labelledby=resources]") is None
