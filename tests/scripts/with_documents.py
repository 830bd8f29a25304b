"""An application whose documents are in a folder, instead of the internet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pyramid.config import Configurator

from pyramid_oauth2.fetching.responses import FetchError, Response
from pyramid_oauth2.interfaces import IFetcher
from pyramid_oauth2.interfaces.fetcher import Report


class Folder:
    """The document of a URL is the file of its last segment."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)

    def get(self, url: str, most: int, report: Report) -> Response:
        file = self.folder / url.rpartition("/")[2]
        if not file.exists():
            report(url, "answers with the status 404")
            raise FetchError("answers with the status 404")
        report(url, None)
        return Response(200, file.read_bytes())


def main(global_config: Any, **settings: Any) -> Any:
    config = Configurator(settings=settings)
    config.registry.registerUtility(Folder(settings["tests.scripts.folder"]), IFetcher)
    return config.make_wsgi_app()
