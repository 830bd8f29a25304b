"""The views, at the paths of ours."""

from typing import Any

from django.contrib.auth import get_user_model
from django.urls import path
from oauth2_provider import views
from oauth2_provider.models import AbstractApplication

from ...site import USER

# Its documents say to override this for a client that uses several grant types.
AbstractApplication.allows_grant_type = lambda self, *grant_types: True

urlpatterns = [
    path("oauth2/authorize", views.AuthorizationView.as_view()),
    path("oauth2/token", views.TokenView.as_view()),
    path("oauth2/introspect", views.IntrospectTokenView.as_view()),
    path("oauth2/revoke", views.RevokeTokenView.as_view()),
]


def remote_user(get_response: Any) -> Any:
    """Take the user from a header, which only the preparation of the codes sends."""

    def process(request: Any) -> Any:
        if "HTTP_REMOTE_USER" in request.META:
            request.user = get_user_model().objects.get(username=USER)
        return get_response(request)

    return process
