"""A small application with users, its own login, and an API that is protected by tokens.

It is the application of ``development.ini``, and uses only the public names of
:mod:`pyramid_oauth2`: everything that it does, your application can do.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

from pyramid.config import Configurator
from pyramid.csrf import CookieCSRFStoragePolicy

from pyramid_oauth2 import cookie_options, get_service, new_client_secret, new_server_secret

from .clients import SECRET_FILES, ensure_clients
from .login import DemoSecurityPolicy
from .secret_files import read_or_draw
from .users import Users

SERVER_SECRET_FILE = "demo-server.secret"


def main(global_config: dict[str, str], **settings: Any) -> Any:
    """Make the WSGI application (``paste.app_factory``).

    The ini includes ``pyramid_oauth2`` by ``pyramid.includes`` and selects the backend;
    the code here only registers the users.
    """
    secret_file = Path(settings["demo.secret_file"])
    client_secrets = {
        client_id: read_or_draw(
            secret_file.with_stem(f"{secret_file.stem}{suffix}"),
            lambda: new_client_secret(os.urandom),
        )
        for client_id, suffix in SECRET_FILES.items()
    }
    # Not derived from a client's secret, since those are given to the clients.
    cookie_file = secret_file.with_suffix(".cookie-secret")
    cookie_secret = read_or_draw(cookie_file, lambda: secrets.token_hex(32))
    # The configurator includes what reads it. A secret that the ini names comes first.
    if "oauth2.secret" not in settings:
        server_file = secret_file.with_name(SERVER_SECRET_FILE)
        read_or_draw(server_file, lambda: new_server_secret(os.urandom))
        # A list: the path may contain a space.
        settings["oauth2.secret"] = [f"file:{server_file}"]
    users = Users.from_ini(settings["demo.users"])

    config = Configurator(settings=settings)
    login_cookie = cookie_options(config.registry, "demo_login")
    policy = DemoSecurityPolicy(users, cookie_secret, login_cookie)
    config.set_security_policy(policy)
    config.registry["demo.policy"] = policy
    csrf_cookie = cookie_options(config.registry, "demo_csrf")
    config.set_csrf_storage_policy(CookieCSRFStoragePolicy(**csrf_cookie))
    config.set_default_csrf_options(require_csrf=True)
    config.set_oauth2_resource_owners(users)
    config.registry["demo.users"] = users
    config.registry["demo.sample_secret"] = client_secrets["demo-sample"]
    config.registry["demo.cookie_secret"] = cookie_secret
    config.include("pyramid_jinja2")
    config.include(".notes")
    config.include(".login")
    config.include(".api")
    config.include(".home")
    config.include(".sample")
    config.include(".spa")

    application = config.make_wsgi_app()
    service = get_service(config.registry)
    if not service.settings.read_only:
        ensure_clients(service, client_secrets)
    return application
