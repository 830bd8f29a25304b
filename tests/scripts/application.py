"""The application behind the ini of the command line's tests."""

from pyramid.config import Configurator


def main(global_config, **settings):
    config = Configurator(settings=settings)
    config.add_oauth2_scope("by-directive", "What only the application knows of")
    return config.make_wsgi_app()
