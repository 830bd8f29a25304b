"""An application that adds a kind of token."""

from pyramid.config import Configurator


def main(global_config, **settings):
    config = Configurator(settings=settings)
    config.add_oauth2_token_kind("scripts_badge", "osbdg", remembered=True)
    return config.make_wsgi_app()
