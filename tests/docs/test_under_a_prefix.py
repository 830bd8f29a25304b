"""docs/how-to/under-a-prefix.md: what stands below a path is found, and so is its metadata."""

from __future__ import annotations

import json

import requests

from tests.serving import free_port, serving

from .page import Page

NAME = "docs/how-to/under-a-prefix.md"


def test_a_client_that_knows_the_issuer_finds_everything(follow):
    port = free_port()
    page: Page = follow(NAME, {"localhost:6543": f"localhost:{port}"})
    page.write_files()
    write_the_application(page)
    page.run("db upgrade")
    with serving(page.folder / "app.ini", port, PYTHONPATH="."):
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


def test_what_goes_wrong(tmp_path):
    port = free_port()
    page = Page(NAME, tmp_path, {"localhost:6543": f"localhost:{port}"})
    files = page.write_files()
    write_the_application(page)
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


def write_the_application(page: Page) -> None:
    other = Page("docs/getting-started.md", page.folder)
    (page.folder / "app.py").write_text(other.block("# app.py"))
