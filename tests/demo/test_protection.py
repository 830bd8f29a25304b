"""The demo's pages and cookies: protected as those of the add-on, since people copy them."""

from __future__ import annotations

import pytest
from webob import Request
from webtest import TestApp

from pyramid_oauth2 import get_service, page_headers
from pyramid_oauth2.demo import main
from pyramid_oauth2.scripts.ini import Ini


@pytest.fixture
def https(ini):
    """The demo with an https issuer, as production.ini has one."""
    settings = Ini(str(ini)).raw_settings()
    application = main({}, **settings | {"oauth2.issuer": "https://auth.example.com"})
    environ = {"HTTP_HOST": "auth.example.com", "wsgi.url_scheme": "https"}
    yield TestApp(application, extra_environ=environ)
    get_service(application.registry).close()


def sign_in(demo):
    form = demo.get("/login").form
    form["username"], form["password"] = "alice", "wonderland"
    return form.submit(headers={"Origin": "https://auth.example.com"}, status=303)


@pytest.mark.parametrize("page", ["/login", "/", "/sample", "/sample/callback"])
def test_a_page_has_the_headers_of_ours(demo, page):
    headers = demo.get(page).headers
    assert {name: headers[name] for name in page_headers()} == page_headers()


def test_a_refused_login_has_them_too(demo):
    form = demo.get("/login").form
    assert form.submit(status=403).headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("name", ["demo_login", "demo_csrf", "demo_sample"])
def test_with_https_a_cookie_is_sent_by_https_only(https, name):
    page = https.get("/sample")
    answers = [
        page,
        sign_in(https),
        page.form.submit(headers={"Origin": "https://auth.example.com"}),
    ]
    sent = [cookie for answer in answers for cookie in answer.headers.getall("Set-Cookie")]
    (cookie,) = [one for one in sent if one.startswith(f"__Host-{name}=")]
    attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"secure", "httponly", "samesite=lax", "path=/"} <= attributes
    assert not any(part.startswith("domain") for part in attributes)
    assert not any(one.startswith(f"{name}=") for one in sent)


def test_with_https_the_login_works(https):
    sign_in(https)
    assert "alice" in https.get("/").text


@pytest.mark.parametrize("path", ["/%ff", "/api/%ff", "/spa/%C3%28", "/.well-known/%ff"])
def test_a_path_that_is_not_text(demo, path):
    assert Request.blank(path).get_response(demo.app).status_int == 400


@pytest.mark.parametrize("path", ["/", "/login", "/sample", "/sample/callback", "/api/me"])
@pytest.mark.parametrize("name", ["any", "demo_login", "demo_csrf", "demo_sample"])
def test_a_cookie_that_is_not_text(demo, path, name):
    request = Request.blank(path, headers={"Cookie": f'{name}="\\377"'})
    answer = request.get_response(demo.app)
    assert answer.status_int == 400
    assert "Delete this site" in answer.text


MULTIPART = "multipart/form-data"
PART = b'--x\r\nContent-Disposition: form-data; name="a"\r\n'


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (f"{MULTIPART}; boundary=", b"--x\r\n"),
        (MULTIPART, b"--x\r\n"),
        ("application/x-www-form-urlencoded; charset=unknown", b"a=b"),
        (
            f"{MULTIPART}; boundary=x",
            PART + b"Content-Type: text/plain; charset=no\r\n\r\na\r\n--x--",
        ),
    ],
)
def test_a_form_that_cannot_be_read(demo, content_type, body):
    request = Request.blank("/login", method="POST", content_type=content_type, body=body)
    assert request.get_response(demo.app).status_int == 400
