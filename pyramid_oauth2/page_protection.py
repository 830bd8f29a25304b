"""The headers and cookies that protect pages on which users sign in or decide.

The pages of the add-on have them; the login page of an application needs the same. ::

    @view_config(route_name="login", renderer="login.jinja2")
    def show_login(request):
        request.response.headers.update(page_headers())
        return {"next": request.GET.get("next", "/")}
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pyramid.exceptions import ConfigurationError

from .interfaces import ISettings


def page_policy(images: Iterable[str] = ("https:",)) -> str:
    """The ``Content-Security-Policy`` of a page without a script.

    :param images: from where images may come, beside the page's own host.
    """
    sources = " ".join(("'self'", *images))
    return (
        f"default-src 'none'; style-src 'self'; img-src {sources}; "
        "frame-ancestors 'none'; base-uri 'none'"
    )


CONTENT_POLICY = page_policy()


def page_headers(content_policy: str = CONTENT_POLICY) -> dict[str, str]:
    """The headers of a page on which users sign in or decide.

    No other site can show the page in a frame (RFC 9700 section 4.16), no cache stores it, and
    its URL, which may contain an authorization request, is in no ``Referer`` to another site.

    :param content_policy: the ``Content-Security-Policy``. By default a page has style sheets of
        its own host, images of any https host, and no script. One of your own should keep
        ``frame-ancestors 'none'; base-uri 'none'``, and have no ``form-action``: Chrome applies
        that to the redirect after a form as well, and so to the client.
    """
    return {
        "Cache-Control": "no-store",
        "Content-Security-Policy": content_policy,
        # Not no-referrer: browsers then send "Origin: null" with a form, which Pyramid's CSRF
        # protection refuses.
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }


def cookie_options(registry: Any, name: str) -> dict[str, Any]:
    """The options of a cookie for a login, a session or CSRF protection.

    They are keyword arguments of Pyramid's ``SignedCookieSessionFactory`` and
    ``CookieCSRFStoragePolicy``. If the public URL of the server is https, the cookie is
    ``Secure`` and its name begins with ``__Host-``, so that no other host can set it.

    :param registry: the registry of the application, ``config.registry`` for instance.
    :param name: the name of the cookie, without a prefix.
    :return: ``cookie_name``, ``secure``, ``httponly`` and ``samesite``. The path has to be
        ``/``, and the domain empty: the defaults of both.
    :raises pyramid.exceptions.ConfigurationError: the add-on is not included yet.
    """
    settings = registry.queryUtility(ISettings)
    if settings is None:
        raise ConfigurationError("Call cookie_options after config.include('pyramid_oauth2').")
    # From the settings: behind a proxy, a request does not always show how it was sent.
    secure = (settings.public_url or "").startswith("https:")
    return {
        "cookie_name": f"__Host-{name}" if secure else name,
        "secure": secure,
        "httponly": True,
        "samesite": "Lax",
    }
