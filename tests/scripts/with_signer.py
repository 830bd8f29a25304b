"""An application that signs by a signer of its own."""

from pyramid.config import Configurator
from zope.interface import implementer

from pyramid_oauth2.extension import ISigner


@implementer(ISigner)
class Signer:
    """Keeps its keys elsewhere; no command has to reach them."""

    max_age = 60

    def __init__(self, server, settings):
        pass

    def check(self):
        pass

    def key_for(self, algorithm):
        raise NotImplementedError

    def sign(self, data, kid, algorithm):
        raise NotImplementedError

    def published(self):
        return []

    def public_key(self, kid):
        return None

    def is_revoked(self, kid):
        return False


def main(global_config, **settings):
    config = Configurator(settings=settings)
    config.set_oauth2_signer(Signer)
    return config.make_wsgi_app()
