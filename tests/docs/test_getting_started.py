"""docs/getting-started.md, followed word by word in an empty folder."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.serving import environment, free_port, serving

PAGE = Path(__file__).parents[2] / "docs" / "getting-started.md"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Page:
    """The page's blocks in their order, on another port so that tests can share a machine."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        text = PAGE.read_text().replace("localhost:6543", f"localhost:{port}")
        self.blocks = FENCE.findall(text)
        self.variables = environment(PYTHONPATH=".")

    def files(self) -> dict[str, str]:
        """The blocks that begin with the name of a file."""
        return {
            code.split("\n", 1)[0][2:]: code
            for language, code in self.blocks
            if language in ("python", "ini")
        }

    def commands(self, word: str) -> str:
        """The shell block that has *word*."""
        (found,) = (code for language, code in self.blocks if language == "sh" and word in code)
        return found

    def run(self, word: str) -> str:
        """Run a shell block, and return what it printed."""
        script = self.commands(word)
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.folder,
            env=self.variables,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    def answers(self) -> list[dict[str, object]]:
        return [json.loads(code) for language, code in self.blocks if language == "json"]


@pytest.fixture
def page(tmp_path):
    page = Page(tmp_path, free_port())
    for name, text in page.files().items():
        (tmp_path / name).write_text(text)
    return page


def test_every_file_of_the_page_has_a_name(page):
    assert set(page.files()) == {"app.py", "app.ini", "users.py", "users.ini"}


def test_from_an_empty_folder_to_an_opened_view(page):
    page.run("db upgrade")
    page.run("client add")
    with serving(page.folder / "app.ini", page.port, PYTHONPATH="."):
        token_answer = json.loads(page.run("CLIENT_SECRET"))
        hello = json.loads(page.run("TOKEN="))
    promised_token, promised_hello = page.answers()
    assert token_answer.pop("access_token").startswith("oat_")
    promised_token.pop("access_token")
    assert token_answer == promised_token
    assert hello == promised_hello


def test_users_and_the_password_grant(page):
    """The lines of users.ini, in the place of those that they change."""
    changes = dict(re.findall(r"^([\w.]+) = (.*)$", page.files()["users.ini"], re.MULTILINE))
    lines = page.files()["app.ini"].splitlines()
    kept = [line for line in lines if line.partition(" =")[0] not in changes]
    at = kept.index("[app:main]") + 1
    kept[at:at] = [f"{key} = {value}" for key, value in changes.items()]
    (page.folder / "app.ini").write_text("\n".join(kept))
    page.run("db upgrade")
    add = page.commands("client add").replace("--json >", "--grant-type password --json >")
    subprocess.run(
        ["bash", "-euc", add], cwd=page.folder, env=page.variables, check=True, capture_output=True
    )
    client = json.loads((page.folder / "client.json").read_text())
    form = f"grant_type=password&username=alice&password=wonderland&client_id={client['client_id']}"
    with serving(page.folder / "app.ini", page.port, PYTHONPATH="."):
        answer = subprocess.run(
            [
                *("curl", "-s", "-u", f"{client['client_id']}:{client['client_secret']}"),
                *("-d", form, f"http://localhost:{page.port}/oauth2/access_token/"),
            ],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
    assert json.loads(answer)["scope"] == "read"
