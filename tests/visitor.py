"""A simulated user at a browser: logs in, and allows what is requested."""

from __future__ import annotations

from urllib.parse import parse_qs, urljoin, urlsplit

import requests
from bs4 import BeautifulSoup

PASSWORDS = {"alice": "wonderland", "bob": "builder"}
MOST_STEPS = 10


class Visitor:
    """A user of the demo, with cookies, who follows links and fills in forms.

    :ivar forms: how many were filled in.
    """

    def __init__(self, name: str = "alice", decision: str = "allow") -> None:
        self._answers = {"username": name, "password": PASSWORDS[name]}
        self._decision = decision
        self._session = requests.Session()
        self.forms = 0

    def send(self, url: str) -> str:
        """Open the URL to which a client sends the browser; return the URL it is sent back to.

        :raises AssertionError: a page leads nowhere.
        """
        server = urlsplit(url).netloc
        answer = self._session.get(url, allow_redirects=False)
        for _ in range(MOST_STEPS):
            if not answer.is_redirect:
                answer = self._submit(answer)
                continue
            target = urljoin(answer.url, answer.headers["Location"])
            if urlsplit(target).netloc != server:
                return target
            answer = self._session.get(target, allow_redirects=False)
        raise AssertionError(f"still at {answer.url} after {MOST_STEPS} steps")

    def code(self, url: str) -> str:
        """The same; return the code in that URL."""
        (code,) = parse_qs(urlsplit(self.send(url)).query)["code"]
        return code

    def _submit(self, page: requests.Response) -> requests.Response:
        assert page.status_code == 200, page.text
        self.forms += 1
        html = BeautifulSoup(page.text, "html.parser")
        form = html.select_one("main form") or html.form
        assert form is not None, page.text
        fields = [
            (field["name"], self._answers.get(field["name"], field.get("value", "")))
            for field in form.select("input")
        ]
        if form.select_one("button[name=decision]"):
            fields.append(("decision", self._decision))
        action = self.address(urljoin(page.url, form.get("action", page.url)))
        return self._session.post(action, fields, allow_redirects=False)

    def address(self, action: str) -> str:
        """Where a form is sent to: what it says."""
        return action
