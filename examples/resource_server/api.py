"""An API whose tokens another server issues; its ini says how it validates them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pyramid.config import Configurator


def hello(request: Any) -> dict[str, Any]:
    """Greet the user of the token; the token of a machine client has none."""
    return {"hello": request.authenticated_userid, "from": request.oauth2.client.client_id}


def main(global_config: dict[str, str], **settings: Any) -> Any:
    """Make the WSGI application (``paste.app_factory``)."""
    if "api.secret_file" in settings:
        settings["oauth2.introspection.client_secret"] = secret(Path(settings["api.secret_file"]))
    with Configurator(settings=settings) as config:
        config.add_route("hello", "/hello")
        config.add_view(hello, route_name="hello", renderer="json", oauth2_scope="read")
        return config.make_wsgi_app()


def secret(file: Path) -> str:
    """Read the secret of this API, which is in a separate file and not in the ini."""
    try:
        return file.read_text().strip()
    except FileNotFoundError:
        raise SystemExit(f"There is no {file.name}: `make demo` writes it.") from None
