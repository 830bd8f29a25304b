"""A request to a page of the application, a part of which cannot be decoded: 400, never a 500."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from pyramid.config import Configurator
from pyramid.exceptions import URLDecodeError
from pyramid.response import Response
from webob import Request
from webob.request import DisconnectionError

from pyramid_oauth2.testing import memory_backend

from .server import FORM
from .test_hostile_requests import Endless

SETTINGS = {
    "oauth2.issuer": "http://localhost",
    "oauth2.grant_types": "client_credentials",
    "oauth2.scopes": "read = Read",
}
BROKEN = {"Cookie": 'any="\\377"'}


def start(*views: tuple[Any, type[Exception]], view: Any = None) -> Any:
    config = Configurator(settings=SETTINGS | memory_backend())
    config.include("pyramid_oauth2")
    config.add_route("page", "/page")
    config.add_view(view or (lambda request: Response("page")), route_name="page")
    for exception_view, context in views:
        config.add_exception_view(exception_view, context=context)
    return config.make_wsgi_app()


def fail(request: Any) -> Any:
    raise ValueError("a mistake of the application")


def test_a_path():
    response = Request.blank("/%ff").get_response(start())
    assert (response.status_int, response.content_type) == (400, "text/plain")
    assert "The path is not valid UTF-8." in response.text


@pytest.mark.parametrize("name", ["GET", "params", "cookies"])
def test_what_a_page_reads(name: str):
    app = start(view=lambda request: Response(str(dict(getattr(request, name)))))
    assert Request.blank("/page?a=%ff", headers=BROKEN).get_response(app).status_int == 400


def test_a_form():
    app = start(view=lambda request: Response(str(dict(request.POST))))
    request = Request.blank(
        "/page", method="POST", content_type="multipart/form-data; boundary=", body=b"--x"
    )
    response = request.get_response(app)
    assert response.status_int == 400
    assert "The form cannot be decoded." in response.text


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        (FORM, b"x=1"),
        ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="x"\r\n'),
    ],
)
def test_a_form_that_is_shorter_than_its_content_length(media_type: str, body: bytes):
    """RFC 9112 section 8: such a message is incomplete."""
    app = start(view=lambda request: Response(str(dict(request.POST))))
    request = Request.blank("/page", method="POST", content_type=media_type)
    request.environ |= {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": "1000"}
    response = request.get_response(app)
    assert response.status_int == 400
    assert "The body is shorter than its Content-Length." in response.text


def test_a_person_gets_a_page():
    app = start(view=lambda request: Response(str(dict(request.cookies))))
    request = Request.blank("/page", headers=BROKEN | {"Accept": "text/html"})
    response = request.get_response(app)
    assert (response.status_int, response.content_type) == (400, "text/html")
    assert "Delete this site" in response.text


class TestWhatTheApplicationDecides:
    def test_by_its_exception_view(self):
        app = start((lambda error, request: Response("own", status=404), URLDecodeError))
        response = Request.blank("/%ff").get_response(app)
        assert (response.status_int, response.text) == (404, "own")

    def test_a_page_that_reads_no_cookie(self):
        assert Request.blank("/page", headers=BROKEN).get_response(start()).text == "page"

    @pytest.mark.parametrize("error", [ValueError, KeyError, DeprecationWarning])
    def test_its_own_error_is_raised(self, error: type[Exception]):
        def mistaken(request: Any) -> Any:
            raise error("a mistake of the application")

        request = Request.blank("/page?a=b", headers={"Cookie": "a=b"})
        with pytest.raises(error, match="a mistake"):
            request.get_response(start(view=mistaken))

    @pytest.mark.parametrize("body", [b"", b"x=1"])
    def test_a_short_body_of_another_request_is_its_own_error(self, body: bytes):
        """Such as of an inner request that a page makes; its own is read, or there is none."""

        def inner(request: Any) -> Any:
            if body:
                assert dict(request.POST) == {"x": "1"}
            other = Request.blank("/", method="POST", content_type=FORM)
            other.environ |= {"wsgi.input": BytesIO(b"x"), "CONTENT_LENGTH": "9"}
            return Response(other.body)

        request = Request.blank("/page", method="POST", content_type=FORM, body=body)
        # As from a WSGI server.
        del request.environ["webob.is_body_seekable"]
        with pytest.raises(DisconnectionError):
            request.get_response(start(view=inner))

    def test_a_body_that_it_did_not_read_is_not_read(self):
        body = Endless()
        request = Request.blank("/page", method="POST", content_type=FORM)
        request.environ |= {"wsgi.input": body, "CONTENT_LENGTH": str(2**40)}
        with pytest.raises(ValueError, match="a mistake"):
            request.get_response(start(view=fail))
        assert body.given == 0
