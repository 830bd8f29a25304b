"""The WSGI application; as a program, prepares the database and prints the client's secret."""

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.peers.django_site.settings"

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()


def prepare() -> str:
    """Create the tables, the user and the client."""
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from oauth2_provider.generators import generate_client_secret
    from oauth2_provider.models import get_application_model

    from ...site import CLIENT_ID, PASSWORD, REDIRECT_URI, USER

    call_command("migrate", verbosity=0)
    model = get_application_model()
    user = get_user_model().objects.create_user(USER, password=PASSWORD)
    secret: str = generate_client_secret()
    model.objects.create(
        client_id=CLIENT_ID,
        client_secret=secret,
        hash_client_secret=False,
        name="Bench",
        user=user,
        client_type=model.CLIENT_CONFIDENTIAL,
        authorization_grant_type=model.GRANT_AUTHORIZATION_CODE,
        redirect_uris=REDIRECT_URI,
        skip_authorization=True,
    )
    return secret


if __name__ == "__main__":
    print(prepare())
