"""A small application with users, a login of its own and an API that tokens open.

It is what ``development.ini`` serves, and uses the public names of
:mod:`pyramid_oauth2` only: whatever it does, your application can do.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from pyramid.config import Configurator
from pyramid.csrf import CookieCSRFStoragePolicy

from pyramid_oauth2 import get_service

from .client import ensure_demo_client, read_or_draw, read_secret
from .login import DemoSecurityPolicy
from .users import Users


def main(global_config: dict[str, str], **settings: Any) -> Any:
    """Make the WSGI application (``paste.app_factory``).

    ``pyramid.includes`` of the ini names ``pyramid_oauth2`` and the backend is
    chosen there; here it is only told who the users are.
    """
    secret = read_secret(settings["demo.secret_file"])
    # Not derived from the client's secret: that one is given away.
    cookie_file = Path(settings["demo.secret_file"]).with_suffix(".cookie-secret")
    cookie_secret = read_or_draw(cookie_file, lambda: secrets.token_hex(32))
    users = Users.from_ini(settings["demo.users"])

    config = Configurator(settings=settings)
    config.set_security_policy(DemoSecurityPolicy(users, cookie_secret))
    config.set_csrf_storage_policy(CookieCSRFStoragePolicy(cookie_name="demo_csrf", httponly=True))
    config.set_default_csrf_options(require_csrf=True)
    config.set_oauth2_resource_owners(users)
    config.registry["demo.users"] = users
    config.include("pyramid_jinja2")
    config.include(".notes")
    config.include(".login")
    config.include(".api")
    config.include(".home")

    application = config.make_wsgi_app()
    ensure_demo_client(get_service(config.registry), secret)
    return application
