"""The key set of the server, and what the start says of its secret (RFC 7517, RFC 8414)."""

from __future__ import annotations

import logging

import pytest
from pyramid.config import Configurator
from webtest import TestApp

from pyramid_oauth2 import get_service
from pyramid_oauth2.jose.public_keys import PRIVATE_MEMBERS
from pyramid_oauth2.startup_error import StartupError
from tests.scripts.with_signer import Signer

SECRET, OTHER_SECRET = "s" * 43, "t" * 43
SETTINGS = {
    "oauth2.issuer": "http://localhost",
    "oauth2.backend": "memory",
    "oauth2.grant_types": "client_credentials",
    "oauth2.scopes": "read = Read",
}


def application(**settings):
    with Configurator(settings=SETTINGS | settings) as config:
        config.include("pyramid_oauth2")
        return config.make_wsgi_app()


@pytest.fixture
def app():
    return TestApp(application(**{"oauth2.secret": SECRET}))


def make_key(app, algorithm="ES256"):
    return get_service(app.app.registry).server.signer.key_for(algorithm)


def test_the_set_is_empty_until_something_is_signed(app):
    assert app.get("/oauth2/jwks").json == {"keys": []}
    kid = make_key(app)
    (key,) = app.get("/oauth2/jwks").json["keys"]
    assert (key["kid"], key["alg"], key["use"]) == (kid, "ES256", "sig")
    assert not PRIVATE_MEMBERS & key.keys()


def test_an_empty_set_is_not_cached(app):
    """Else a cache would have it when the first key signs."""
    assert "max-age" not in app.get("/oauth2/jwks").headers["Cache-Control"]
    make_key(app)
    assert "max-age" in app.get("/oauth2/jwks").headers["Cache-Control"]


def test_it_is_cached_and_readable_by_pages_of_every_origin(app):
    make_key(app)
    response = app.get("/oauth2/jwks", headers={"Origin": "https://spa.example"})
    assert response.content_type == "application/json"
    assert response.headers["Cache-Control"] == "public, max-age=900"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "Pragma" not in response.headers


def test_who_has_it_gets_304(app):
    make_key(app)
    tag = app.get("/oauth2/jwks").headers["ETag"]
    for sent in (tag, f"W/{tag}", f'"other", {tag}'):
        response = app.get("/oauth2/jwks", headers={"If-None-Match": sent})
        assert response.status_int == 304
        assert response.body == b""
        assert response.headers["ETag"] == tag
        assert response.headers["Cache-Control"] == "public, max-age=900"
    make_key(app, "Ed25519")
    assert get_service(app.app.registry).server.signer._read
    response = app.get("/oauth2/jwks", headers={"If-None-Match": tag})
    assert response.status_int == 200
    assert response.headers["ETag"] != tag


def test_other_methods_are_refused(app):
    for method in ("POST", "PUT", "DELETE"):
        response = app.request("/oauth2/jwks", method=method, status=405)
        assert "GET" in response.headers["Allow"]
    assert app.head("/oauth2/jwks").status_int == 200


def test_the_metadata_name_it_if_the_server_can_sign(app):
    well_known = "/.well-known/oauth-authorization-server"
    assert app.get(well_known).json["jwks_uri"] == "http://localhost/oauth2/jwks"
    without = TestApp(application())
    assert "jwks_uri" not in without.get(well_known).json
    assert without.get("/oauth2/jwks").json == {"keys": []}


class Keeper(Signer):
    """A signer of the application."""

    def published(self):
        return [{"kty": "EC", "kid": "kept"}]


@pytest.mark.parametrize("settings", [{}, {"oauth2.secret": SECRET}])
def test_a_signer_of_the_application_takes_its_place(settings):
    with Configurator(settings=SETTINGS | settings) as config:
        config.include("pyramid_oauth2")
        config.set_oauth2_signer(Keeper)
        app = TestApp(config.make_wsgi_app())
    response = app.get("/oauth2/jwks")
    assert response.json == {"keys": [{"kty": "EC", "kid": "kept"}]}
    assert response.headers["Cache-Control"] == "public, max-age=60"


def test_a_signer_without_a_method_is_refused():
    with Configurator(settings=SETTINGS) as config:
        config.include("pyramid_oauth2")
        config.set_oauth2_signer(lambda server, settings: object())
        with pytest.raises(Exception, match="which an ISigner needs"):
            config.make_wsgi_app()


class TestStart:
    def on(self, storage, **settings):
        return application(**storage, **settings)

    @pytest.mark.stores("sqlite", reason="a start anew finds the keys of the one before")
    def test_another_secret_stops_it(self, storage, store):
        app = TestApp(application(**storage, **{"oauth2.secret": SECRET}))
        kid = make_key(app)
        with pytest.raises(StartupError) as error:
            application(**storage, **{"oauth2.secret": OTHER_SECRET})
        assert kid in str(error.value)
        assert OTHER_SECRET not in str(error.value)
        both = TestApp(application(**storage, **{"oauth2.secret": f"{OTHER_SECRET} {SECRET}"}))
        assert make_key(both) == kid

    def test_a_store_that_is_away_is_only_warned_of(self, caplog, tmp_path):
        url = f"sqlite:///{tmp_path}/without-tables.sqlite"
        settings = {"oauth2.backend": "sqlalchemy", "oauth2.sqlalchemy.url": url}
        with caplog.at_level(logging.WARNING):
            application(**settings, **{"oauth2.secret": SECRET})
        assert "cannot be used" in caplog.text

    def test_a_secret_that_is_too_short(self):
        said = r"oauth2\.secret = \.\.\.: a secret has at least 43 characters"
        with pytest.raises(Exception, match=said) as error:
            application(**{"oauth2.secret": "short-secret"})
        assert "short-secret" not in str(error.value)

    @pytest.mark.parametrize(
        ("settings", "said"),
        [
            ({"oauth2.keys.announced": "10m"}, "write 1230 or more"),
            ({"oauth2.keys.rotation": "1d"}, "at least twice as long"),
        ],
    )
    def test_a_schedule_that_would_refuse_good_tokens(self, settings, said):
        with pytest.raises(Exception, match=said):
            application(**settings, **{"oauth2.secret": SECRET})
