"""The application of the ini in the tests of the command line."""

import sys

from pyramid.config import Configurator

from pyramid_oauth2.events import GrantRevoked


class Users:
    """Users of these names; their table is away if there is none."""

    def __init__(self, names):
        self.names = names.split()

    def exists(self, subject):
        if "away" in self.names:
            raise LookupError("no such table")
        return subject in self.names


def emit(event):
    print("GrantRevoked", event.subject, event.reason, event.request, file=sys.stderr)


def main(global_config, **settings):
    if secret := settings.get("tests.scripts.server_secret"):
        settings["oauth2.secret"] = secret
    config = Configurator(settings=settings)
    config.add_oauth2_scope("by-directive", "What only the application knows of")
    if "tests.scripts.listen" in settings:
        config.add_subscriber(emit, GrantRevoked)
    if users := settings.get("tests.scripts.users"):
        config.set_oauth2_resource_owners(Users(users))
    if needed := settings.get("tests.scripts.needs"):
        settings[needed]
    if scope := settings.get("tests.scripts.scope"):
        config.add_route("guarded", "/guarded")
        config.add_view(lambda request: {}, route_name="guarded", oauth2_scope=scope)
    return config.make_wsgi_app()
