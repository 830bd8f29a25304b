"""The demo that make demo serves, and the commands that it prints."""

from __future__ import annotations

import re
import socket
import stat
import subprocess

import pytest
from webtest import TestApp

from pyramid_oauth2 import get_service
from pyramid_oauth2.demo import main
from pyramid_oauth2.protocol.token_strings import is_server_secret
from pyramid_oauth2.scripts.ini import Ini
from pyramid_oauth2.scripts.poauth2 import main as poauth2
from tests import programs
from tests.ports import free_port
from tests.serving import environment, serving
from tests.visitor import PASSWORDS


def password_form(secret, **more):
    return {
        "client_id": "demo",
        "client_secret": secret,
        "grant_type": "password",
        "username": "alice",
        "password": "wonderland",
        **more,
    }


@pytest.fixture
def token(demo, secret):
    def get(**more):
        return demo.post("/oauth2/access_token/", password_form(secret, **more)).json[
            "access_token"
        ]

    return get


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def test_the_answer_of_the_seed_page(demo, secret):
    answer = demo.post("/oauth2/access_token/", password_form(secret)).json
    assert answer.pop("access_token").startswith("oat_")
    assert answer.pop("refresh_token").startswith("ort_")
    assert answer == {"token_type": "Bearer", "expires_in": 86400, "scope": "read"}


def test_the_refresh_token_is_good_for_a_new_token(demo, secret):
    form = {"client_id": "demo", "client_secret": secret, "grant_type": "refresh_token"}
    first = demo.post("/oauth2/access_token/", password_form(secret)).json
    second = demo.post("/oauth2/token", {**form, "refresh_token": first["refresh_token"]}).json
    answer = demo.get("/api/me", headers=bearer(second["access_token"])).json
    assert answer == {"user": "alice", "client": "demo", "scope": "read"}


def test_the_token_opens_the_api(demo, token):
    answer = demo.get("/api/me", headers=bearer(token())).json
    assert answer == {"user": "alice", "client": "demo", "scope": "read"}


def test_notes_are_kept_per_user(demo, token, secret):
    writing = bearer(token(scope="read write"))
    demo.post_json("/api/notes", {"text": "Buy milk"}, headers=writing, status=201)
    assert [n["text"] for n in demo.get("/api/notes", headers=writing).json["notes"]] == [
        "Buy milk"
    ]

    bob = demo.post(
        "/oauth2/token", password_form(secret, username="bob", password="builder")
    ).json["access_token"]
    assert demo.get("/api/notes", headers=bearer(bob)).json["notes"] == []


def test_writing_needs_the_scope(demo, token):
    answer = demo.post_json("/api/notes", {"text": "x"}, headers=bearer(token()), status=403)
    assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"text": 1}', b'{"text": ""}', b"\xff", b'{"text": "\\u0000"}']
)
def test_a_note_that_is_none(demo, token, body):
    demo.post("/api/notes", body, headers=bearer(token(scope="write")), status=400)


@pytest.mark.parametrize("body", [b'{"text": "\\ud800"}', b"[" * 5_000])
def test_json_that_breaks_readers(demo, token, body):
    demo.post("/api/notes", body, headers=bearer(token(scope="write")), status=400)


def test_a_client_of_its_own_right(demo, secret):
    form = {"client_id": "demo", "client_secret": secret, "grant_type": "client_credentials"}
    token = demo.post("/oauth2/token", {**form, "scope": "write"}).json["access_token"]
    answer = demo.get("/api/me", headers=bearer(token), status=403)
    assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]
    demo.post_json("/api/notes", {"text": "whose?"}, headers=bearer(token), status=403)


def sign_in(demo, username="alice", password="wonderland", **more):
    form = demo.get("/login", more).form
    form["username"], form["password"] = username, password
    return form.submit(expect_errors=True)


def test_the_login_is_the_applications_own(demo):
    answer = sign_in(demo, next="/api/me")
    assert (answer.status_int, answer.location) == (303, "http://localhost:6543/api/me")
    home = demo.get("/")
    assert "alice" in home.text
    # A browser session does not give access to the API.
    demo.get("/api/me", status=401)
    assert "Sign in" in home.forms[0].submit().follow().text


def test_the_home_page_leads_to_what_the_user_allows(demo, token):
    token()
    at_login = demo.get("/").click("which applications you have allowed").follow()
    form = at_login.form
    form["username"], form["password"] = "alice", "wonderland"
    page = form.submit().follow()
    assert page.html.h2.get_text() == "The demo's client"
    assert page.click("Withdraw").form.submit().follow().html.find(role="status")


@pytest.mark.parametrize("username", ["alice", "nobody"])
def test_a_wrong_password_and_an_unknown_user_look_the_same(demo, username):
    answer = sign_in(demo, username, "wrong")
    assert answer.status_int == 403
    assert "demo_login" not in answer.headers.get("Set-Cookie", "")
    assert "The user name or the password is wrong." in answer.text


@pytest.mark.parametrize(
    "target",
    ["//evil.example/", "https://evil.example/", "/\\evil.example", "/\t/evil.example", "evil"],
)
def test_the_login_sends_nobody_elsewhere(demo, target):
    assert sign_in(demo, next=target).location == "http://localhost:6543/"


def test_the_login_believes_no_host_header(demo):
    demo.extra_environ["HTTP_HOST"] = "evil.example"
    assert sign_in(demo).location == "http://localhost:6543/"


def test_below_a_path_the_login_leads_back(ini):
    """The page to return to has the path of the application, as the server names it."""
    issuer = "http://localhost:6543/auth"
    ini.write_text(ini.read_text().replace(issuer.removesuffix("/auth"), issuer))
    application = main({}, **Ini(str(ini)).raw_settings())
    below = TestApp(application, {"HTTP_HOST": "localhost:6543", "SCRIPT_NAME": "/auth"})
    page = "/oauth2/authorizations"
    form = below.get(page, headers={"Accept": "text/html"}).follow().form
    form["username"], form["password"] = "alice", "wonderland"
    assert form.submit().location == f"http://localhost:6543/auth{page}"
    below.reset()
    assert sign_in(below).location == "http://localhost:6543/auth/"
    get_service(application.registry).close()


def test_parameters_that_are_not_text(demo):
    demo.get("/login?next=%ff", status=400)


def test_the_clients_secret_signs_no_cookie(demo, ini, secret):
    cookie_secret = (ini.parent / "demo-client.cookie-secret").read_text().strip()
    assert secret not in cookie_secret
    assert stat.S_IMODE((ini.parent / "demo-client.cookie-secret").stat().st_mode) == 0o600


def test_a_login_from_another_site_is_refused(demo):
    demo.post("/login", {"username": "alice", "password": "wonderland"}, status=400)


def test_the_login_cookie(demo):
    cookie = next(c for c in sign_in(demo).headers.getall("Set-Cookie") if "demo_login" in c)
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Domain" not in cookie, "hosts below this one would get it"


def test_the_secret_is_for_its_owner_only(ini, secret):
    assert stat.S_IMODE((ini.parent / "demo-client.secret").stat().st_mode) == 0o600


def start(ini):
    return subprocess.run(
        ["python", "-m", "pyramid_oauth2.demo", ini.name],
        cwd=ini.parent,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("backend", ["sqlalchemy", "memory"])
def test_the_printed_lines_work_twice_and_after_a_restart(ini, backend):
    port = free_port()
    text = ini.read_text().replace("localhost:6543", f"localhost:{port}")
    ini.write_text(text.replace("oauth2.backend = sqlalchemy", f"oauth2.backend = {backend}"))
    for _ in range(2):
        started = start(ini)
        assert started.returncode == 0, started.stderr
        printed = started.stdout
        assert printed.index("/sample") < printed.index("grant_type=password")
        assert "off by default" in printed
        lines = "\n".join(re.findall(r"^  (.*)$", printed, re.MULTILINE))
        programs.need_all_of(lines)
        with serving(ini, port):
            for _ in range(2):
                shell = ["sh", "-c", lines.replace("curl -w", "curl -si -w")]
                out = subprocess.run(shell, capture_output=True, text=True, check=True).stdout
                assert '"token_type":"Bearer"' in out
                assert '{"user": "alice", "client": "demo", "scope": "read"}' in out
                assert re.findall(r"HTTP/1.1 (\d+)", out) == ["200", "200", "401", "401"]
                assert out.count('error="invalid_token"') == 1
                assert out.endswith("}\n"), "the prompt of the shell would follow at once"


def test_a_port_in_use_is_told(ini):
    port = free_port()
    ini.write_text(ini.read_text().replace("localhost:6543", f"localhost:{port}"))
    with socket.create_server(("localhost", port)):
        done = start(ini)
    assert done.returncode == 1
    assert f"make demo PORT={port + 1}" in done.stderr


def test_a_store_that_does_not_answer_is_told(ini):
    text = ini.read_text().replace("oauth2.backend = sqlalchemy", "oauth2.backend = redis")
    ini.write_text(text.replace("localhost:6379", f"localhost:{free_port()}"))
    done = start(ini)
    assert done.returncode == 1
    warning, line = done.stderr.splitlines()
    assert "The store redis cannot be used" in warning
    assert line.startswith("The demo cannot start: ")
    assert "oauth2.redis.url" in line


def test_the_icon_that_browsers_ask_for_is_no_error(demo):
    demo.get("/favicon.ico", status=204)


def test_bob_manages_every_client_and_alice_her_own(demo):
    home = demo.get("/")
    for name, link, status in (
        ("alice", "All clients", 403),
        ("bob", "All clients", 200),
        ("alice", "Your clients", 200),
    ):
        demo.reset()
        login = demo.get("/login").form
        login["username"], login["password"] = name, PASSWORDS[name]
        login.submit(status=303)
        page = home.html.find("strong", string=link).parent["href"]
        answer = demo.get(page, status=status)
        assert ("demo-spa" in answer.text) is (link == "All clients" and status == 200)


def test_who_comes_to_the_admin_pages_unknown_signs_in_and_goes_on(demo):
    browser = {"Accept": "text/html,*/*"}
    login = demo.get("/oauth2/admin/clients?sort=created_at", headers=browser).follow()
    form = login.form
    form["username"], form["password"] = "bob", PASSWORDS["bob"]
    assert form.submit().follow().request.path_qs == "/oauth2/admin/clients?sort=created_at"


def test_a_user_who_may_not_see_the_admin_pages_is_not_sent_to_the_login(demo):
    sign_in(demo)
    page = demo.get("/oauth2/admin/clients", headers={"Accept": "text/html"}, status=403)
    assert page.html.h1.string == "You may not see this page"
    assert page.headers["X-Frame-Options"] == "DENY"


class TestServerSecret:
    """The demo can sign, with a secret of its own."""

    def test_it_is_a_file_for_its_owner(self, demo, ini):
        file = ini.parent / "demo-server.secret"
        assert is_server_secret(file.read_text().strip())
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        well_known = demo.get("/.well-known/oauth-authorization-server").json
        assert well_known["jwks_uri"] == "http://localhost:6543/oauth2/jwks"

    def test_the_settings_say_where_it_is(self, ini, capsys):
        assert poauth2([str(ini), "settings"]) == 0
        assert (
            f"\noauth2.secret = file:{ini.parent}/demo-server.secret\n" in capsys.readouterr().out
        )

    def test_the_next_start_opens_what_this_one_sealed(self, demo, ini):
        def key():
            with Ini(str(ini)).service() as service:
                return service.server.signer.key_for("ES256")

        assert key() == key()

    def test_one_that_the_ini_names_comes_first(self, ini):
        own = f"[app:main]\noauth2.secret = {'s' * 43}\n"
        ini.write_text(ini.read_text().replace("[app:main]\n", own))
        with Ini(str(ini)).service() as service:
            assert service.settings.secret == ("s" * 43,)
        assert not (ini.parent / "demo-server.secret").exists()
