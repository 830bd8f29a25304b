"""An application whose root refuses a request without a user, and which has a request method."""

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPForbidden
from pyramid.threadlocal import get_current_request

from pyramid_oauth2.events import ClientChanged

FINISHED = []


def root(request):
    if request.authenticated_userid is None:
        raise HTTPForbidden()
    return object()


def session(request):
    request.add_finished_callback(lambda request: FINISHED.append(request.session_name))
    return "the session"


def use(event):
    request = get_current_request()
    request.session_name = request.own_session


def main(global_config, **settings):
    config = Configurator(settings=settings, root_factory=root)
    config.add_request_method(session, "own_session", reify=True)
    config.add_subscriber(use, ClientChanged)
    return config.make_wsgi_app()
