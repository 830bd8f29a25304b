"""An application that signs its users in with python-social-auth and Django."""

from __future__ import annotations

import os

import django
import jwt
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponseRedirect, JsonResponse
from django.urls import include, path
from waitress import serve

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    AUTHENTICATION_BACKENDS=["social_core.backends.open_id_connect.OpenIdConnectAuth"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "social.sqlite"}},
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "social_django",
    ],
    LOGIN_REDIRECT_URL="/",
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    ROOT_URLCONF=__name__,
    SECRET_KEY="of the cookie",
    SOCIAL_AUTH_OIDC_KEY=os.environ["CLIENT_ID"],
    SOCIAL_AUTH_OIDC_OIDC_ENDPOINT=os.environ["ISSUER"],
    SOCIAL_AUTH_OIDC_SCOPE=os.environ["SCOPE"].split(),
    SOCIAL_AUTH_OIDC_SECRET=os.environ["CLIENT_SECRET"],
    # Its refreshes send the secret in the body, whichever method the rest uses.
    SOCIAL_AUTH_OIDC_TOKEN_ENDPOINT_AUTH_METHOD="client_secret_post",
    SOCIAL_AUTH_OIDC_USE_PKCE=True,
    SOCIAL_AUTH_URL_NAMESPACE="social",
)
django.setup()

from social_core.actions import do_auth  # noqa: E402
from social_django.utils import load_strategy, psa  # noqa: E402


@psa("social:complete")
def log_in(request, backend):
    """What the library does for a form that is posted."""
    return do_auth(request.backend)


def home(request):
    if not request.user.is_authenticated:
        return JsonResponse({"id_token": None, "userinfo": None})
    account = request.user.social_auth.get()
    id_token = account.extra_data["id_token"]
    return JsonResponse(
        {
            # The library has validated that of the sign-in.
            "id_token": jwt.decode(id_token, options={"verify_signature": False}),
            "userinfo": {
                "sub": account.uid,
                "email": request.user.email,
                "preferred_username": request.user.username,
                "name": request.user.get_full_name() or request.user.first_name,
            },
        }
    )


def refresh(request):
    request.user.social_auth.get().refresh_token(load_strategy(request))
    return HttpResponseRedirect("/")


urlpatterns = [
    path("", home),
    path("login", log_in, {"backend": "oidc"}),
    path("refresh", refresh),
    path("", include("social_django.urls", namespace="social")),
]

if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    serve(get_wsgi_application(), host="127.0.0.1", port=int(os.environ["PORT"]))
