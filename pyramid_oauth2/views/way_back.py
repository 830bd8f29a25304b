"""The link, or the form, that leads from an error page back to the client."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from ..protocol.authorization.way_back import WayBack
from ..protocol.redirect_uris import redirect_url
from .descriptions import https_only


def link_back(way_back: WayBack) -> dict[str, Any] | None:
    """What the template ``error`` shows of the way back; None if there is no address.

    :return: ``client_name``; ``url``; ``parameters``, which a form posts to the URL, or
        None where a link leads there.
    """
    client, response = way_back.client, way_back.response
    url, parameters = _website(way_back), None
    if response is not None:
        assert response.redirect_uri is not None  # Without one there is no response.
        if response.response_mode == "form_post":
            url, parameters = response.redirect_uri, dict(response.parameters)
        else:
            url = redirect_url(response.redirect_uri, response.parameters, response.response_mode)
    if url is None:
        return None
    name = client.client_name or client.client_id
    return {"client_name": name, "url": url, "parameters": parameters}


def _website(way_back: WayBack) -> str | None:
    """Where the client begins anew: its website, or the site of its redirect URI."""
    if website := https_only(way_back.client.client_uri):
        return website
    # An app on the user's device serves its redirect URI only while it waits for a response.
    callback = https_only(way_back.redirect_uri)
    return f"https://{urlsplit(callback).netloc}/" if callback else None
