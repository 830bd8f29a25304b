"""docs/how-to/under-a-prefix.md: what is mounted below a path is found, and so is its metadata."""

from __future__ import annotations

import json
from configparser import ConfigParser
from pathlib import Path

import requests

from tests.ports import free_port
from tests.servers.nginx import nginx
from tests.serving import serving

from .page import Page

NAME = "docs/how-to/under-a-prefix.md"


def test_a_client_that_knows_the_issuer_finds_everything(follow):
    port = free_port()
    page: Page = follow(NAME, {"localhost:6543": f"localhost:{port}"})
    Page("docs/getting-started.md", page.folder).write_files()
    page.write_files()
    page.run("db upgrade")
    # Mounted in three ways; everything must be found in each.
    check_that_all_is_found(page, page.folder / "app.ini", port)
    check_that_all_is_found(page, page.folder / "site.ini", port)
    check_that_all_is_found(page, with_filter(page), port)


def check_that_all_is_found(page: Page, ini: Path, port: int) -> None:
    with serving(ini, port, PYTHONPATH="."):
        answer = json.loads(page.run("metadata.json"))
        assert answer.pop("access_token").startswith("oat_")
        promised = json.loads(page.block("access_token"))
        del promised["access_token"]
        assert answer == promised
        assert page.run("www-authenticate") == page.block("Bearer realm").strip()
        host = f"http://localhost:{port}"
        resource = requests.get(f"{host}/.well-known/oauth-protected-resource/auth/hello")
        assert resource.json()["authorization_servers"] == [f"{host}/auth"]
        assert (
            requests.get(f"{host}/auth/.well-known/oauth-authorization-server").status_code == 404
        )
        assert (requests.get(host).text == "The site") is (ini.name == "site.ini")


def with_filter(page: Page) -> Path:
    """An ini with the page's filter in place of ``url_prefix``."""
    ini = ConfigParser(interpolation=None)
    ini.read(page.folder / "app.ini")
    del ini["server:main"]["url_prefix"]
    ini.read_string(page.block("filter-with", "ini"))
    with (page.folder / "filter.ini").open("w") as file:
        ini.write(file)
    return page.folder / "filter.ini"


def test_behind_nginx(tmp_path):
    port, public = free_port(), free_port()
    page = Page(NAME, tmp_path, {"localhost:6543": f"localhost:{port}"})
    Page("docs/getting-started.md", page.folder).write_files()
    page.write_files()
    page.run("db upgrade")
    server = f"server {{ listen localhost:{public}; include auth.conf; }}"
    with serving(tmp_path / "app.ini", port, PYTHONPATH="."), nginx(tmp_path, server, public):
        host, issuer = f"http://localhost:{public}", f"http://localhost:{port}/auth"
        known = "/.well-known/oauth-authorization-server"
        for path in (f"{known}/auth", f"/auth{known}"):
            assert requests.get(host + path).json()["issuer"] == issuer
        resource = requests.get(f"{host}/.well-known/oauth-protected-resource/auth/hello")
        assert resource.json()["authorization_servers"] == [issuer]
        assert requests.get(f"{host}/auth/hello").status_code == 401


def test_what_goes_wrong(tmp_path):
    port = free_port()
    page = Page(NAME, tmp_path, {"localhost:6543": f"localhost:{port}"})
    Page("docs/getting-started.md", page.folder).write_files()
    files = page.write_files()
    page.run("db upgrade")
    ini = tmp_path / "app.ini"
    host = f"http://localhost:{port}"

    ini.write_text(files["app.ini"].replace("url_prefix", "# url_prefix"))
    with serving(ini, port, PYTHONPATH="."):
        assert requests.post(f"{host}/auth/oauth2/token").status_code == 404

    ini.write_text(files["app.ini"].replace(f"{port}/auth", str(port)))
    with serving(ini, port, PYTHONPATH="."):
        metadata = requests.get(f"{host}/.well-known/oauth-authorization-server").json()
        assert metadata["token_endpoint"] == f"{host}/oauth2/token"
