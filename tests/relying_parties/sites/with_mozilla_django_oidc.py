"""An application that signs its users in with mozilla-django-oidc, as its documentation has it."""

from __future__ import annotations

import os
from urllib.parse import urlencode

import django
import jwt
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.http import JsonResponse
from django.urls import include, path
from waitress import serve

ISSUER = os.environ["ISSUER"]
settings.configure(
    ALLOW_LOGOUT_GET_METHOD=True,
    ALLOWED_HOSTS=["127.0.0.1"],
    AUTHENTICATION_BACKENDS=[f"{__name__}.Backend"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "mozilla.sqlite"}},
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "mozilla_django_oidc",
    ],
    LOGIN_REDIRECT_URL="/",
    LOGOUT_REDIRECT_URL="/",
    LOGIN_REDIRECT_URL_FAILURE="/",
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "mozilla_django_oidc.middleware.SessionRefresh",
    ],
    OIDC_OP_AUTHORIZATION_ENDPOINT=f"{ISSUER}/oauth2/authorize",
    OIDC_OP_JWKS_ENDPOINT=f"{ISSUER}/oauth2/jwks",
    OIDC_OP_LOGOUT_URL_METHOD=f"{__name__}.end_session",
    OIDC_OP_TOKEN_ENDPOINT=f"{ISSUER}/oauth2/token",
    OIDC_OP_USER_ENDPOINT=f"{ISSUER}/oauth2/userinfo",
    OIDC_RP_CLIENT_ID=os.environ["CLIENT_ID"],
    OIDC_RP_CLIENT_SECRET=os.environ["CLIENT_SECRET"],
    OIDC_RP_SCOPES=os.environ["SCOPE"],
    OIDC_RP_SIGN_ALGO="RS256",
    OIDC_STORE_ID_TOKEN=True,
    OIDC_USE_PKCE=True,
    ROOT_URLCONF=__name__,
    SECRET_KEY="of the cookie",
)
django.setup()

from mozilla_django_oidc.auth import OIDCAuthenticationBackend  # noqa: E402


class Backend(OIDCAuthenticationBackend):
    """That of the library; it keeps what it was sent, to be shown."""

    def get_userinfo(self, access_token, id_token, payload):
        userinfo = super().get_userinfo(access_token, id_token, payload)
        self.request.session["userinfo"] = userinfo
        return userinfo


def end_session(request):
    """Where the library sends a user who signs out."""
    parameters = {
        "id_token_hint": request.session["oidc_id_token"],
        "post_logout_redirect_uri": request.build_absolute_uri("/"),
    }
    return f"{ISSUER}/oauth2/end_session?{urlencode(parameters)}"


def home(request):
    id_token = request.session.get("oidc_id_token")
    if not request.user.is_authenticated or not id_token:
        return JsonResponse({"id_token": None, "userinfo": None})
    claims = jwt.decode(id_token, options={"verify_signature": False})
    return JsonResponse({"id_token": claims, "userinfo": request.session["userinfo"]})


def expire(request):
    """Let the next request find that the ID token is too old, which the library renews."""
    request.session["oidc_id_token_expiration"] = 0
    return JsonResponse({})


urlpatterns = [
    path("", home),
    path("expire", expire),
    path("oidc/", include("mozilla_django_oidc.urls")),
]

if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    serve(get_wsgi_application(), host="127.0.0.1", port=int(os.environ["PORT"]))
