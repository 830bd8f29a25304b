"""docs/events.md: its examples run, and its table and its log line match the code."""

from __future__ import annotations

import logging
import logging.config
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from prometheus_client import Counter, Histogram
from pyramid.config import Configurator
from webtest import TestApp

from pyramid_oauth2 import Client, TokenIssued, get_service
from pyramid_oauth2.events import ClientAuthenticationFailed, RefreshReused, notify
from pyramid_oauth2.monitoring import measured_grants, metrics
from pyramid_oauth2.monitoring.audit import event_members, write_event
from pyramid_oauth2.protocol.grant_types.authorization_code import REDIRECT_URI
from pyramid_oauth2.protocol.masking import LENGTH
from pyramid_oauth2.testing import memory_backend
from tests.browser.application import authorize_query, register
from tests.serving import environment
from tests.test_audit import Request, parse

from .page import ROOT, Page

ROW = re.compile(r"^\| `(\w+)` \|(.*)\|$", re.MULTILINE)
CODE = re.compile(r"`(\w+)`")
SETTINGS = {
    "oauth2.issuer": "http://localhost",
    "oauth2.scopes": "read = Read",
    "oauth2.metrics": "true",
    **memory_backend(),
}

ISSUED = TokenIssued(
    client_id="web",
    grant_type="authorization_code",
    subject="bob",
    scope=frozenset({"read", "write"}),
    expires_in=3600,
    grant_id="5vYbX2mKq0RtW8aL",
    request=Request(),
)

WORKERS = """
import multiprocessing
from webtest import TestApp
from tests.docs.test_events_page import application, ask

def work(number):
    ask(application(), "backup")

if __name__ == "__main__":
    import metrics_of_all
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        pool.map(work, range(4), chunksize=1)
    print(TestApp(application(metrics_of_all)).get("/metrics").text)
"""


@pytest.fixture
def page(follow: Callable[..., Page]) -> Page:
    """The page with its files written: the modules, and the logging section of an ini."""
    page = follow("docs/events.md")
    page.write_files()
    (page.folder / "app.ini").write_text(page.block("[logger_audit]"))
    return page


def application(*modules: Any) -> Any:
    """An application that includes modules of the page."""
    config = Configurator(settings=SETTINGS)
    config.include("pyramid_oauth2")
    for module in modules:
        config.include(module)
    return config.make_wsgi_app()


def ask(app: Any, client_id: str) -> None:
    """Get a token for a new client."""
    grant_types = ("client_credentials",)
    client = Client(client_id, grant_types=grant_types, scope=frozenset({"read"}))
    secret = get_service(app.registry).clients.add(client).secret
    browser = TestApp(app)
    browser.authorization = ("Basic", (client_id, secret))
    browser.post("/oauth2/token", {"grant_type": "client_credentials"}, status=200)


def test_the_subscribers(page: Page, load: Callable[[str], Any]):
    alarms = load("alarms")
    app = application(alarms)
    for client_id in ("backup", "robot", "report"):
        ask(app, client_id)
    assert alarms.NIGHTLY == ["backup", "report"]
    reused = {"grant_id": "x", "client_id": "web", "subject": "bob"}
    notify(app.registry, RefreshReused(**reused))
    notify(app.registry, RefreshReused(**reused, redelivered=True))
    assert alarms.MAILS == ["bob: somebody may have copied a token of web."]


def test_the_table_of_metrics(page: Page):
    rows = dict(ROW.findall(page.text.partition("## Metrics")[2]))
    found = {}
    for module in (metrics, measured_grants):
        for metric in vars(module).values():
            if isinstance(metric, Counter | Histogram):
                (described,) = metric.describe()
                total = "_total" if isinstance(metric, Counter) else ""
                found[described.name + total] = list(metric._labelnames)
    assert {name: CODE.findall(row.split("|")[0]) for name, row in rows.items()} == found


def test_the_line_of_the_audit_log(page: Page):
    (line,) = re.findall(r"^event=.*$", page.text, re.MULTILINE)
    found = parse(line)
    assert {name: str(value) for name, value in event_members(ISSUED).items()} == found


def test_the_end_of_the_line_of_a_refusal(page: Page):
    (line,) = re.findall(r"^check=.*$", page.text, re.MULTILINE)
    found = parse(line)
    compared = {name: found[f"compared_{name}"] for name in ("sent", "requested")}
    assert found == REDIRECT_URI.comparing(**compared).members()
    section = page.text.partition("### Refusals")[2].partition("## Metrics")[0]
    documented = re.findall(r"^\| `(\w+)(?:\.\.\.)?` \|", section, re.MULTILINE)
    assert documented == ["check", "source", "decided_by", "compared_"]
    assert f"at most {LENGTH} characters" in section


def test_the_line_of_an_error_page(page: Page, caplog: pytest.LogCaptureFixture):
    (line,) = re.findall(r"^reference=.*$", page.text, re.MULTILINE)
    documented = parse(line)
    assert f"`grep {documented['reference']} production.log`" in page.text
    app = application()
    register(app.registry, "prints", documented["compared_registered"])
    query = authorize_query("prints", redirect_uri=documented["compared_sent"])
    environ = {"REMOTE_ADDR": documented["remote_addr"]}
    shown = TestApp(app).get(f"/oauth2/authorize?{query}", extra_environ=environ, status=400)
    (record,) = (each for each in caplog.records if each.name == "pyramid_oauth2.error_pages")
    logged = parse(record.getMessage())
    assert shown.html.select(".about code")[-1].string == logged["reference"]
    assert len(logged["reference"]) == len(documented["reference"]) == 8
    assert logged | {"reference": documented["reference"]} == documented
    assert list(logged) == list(documented)


def test_the_log_in_a_file_of_its_own(page: Page, capsys: pytest.CaptureFixture[str]):
    folder = page.folder
    root, audit = logging.getLogger(), logging.getLogger("pyramid_oauth2.audit")
    before = root.handlers[:], root.level
    try:
        logging.config.fileConfig(
            folder / "app.ini", {"here": str(folder)}, disable_existing_loggers=False
        )
        write_event(ISSUED)
        write_event(ClientAuthenticationFailed(client_id="web", method="none", remote_addr=None))
    finally:
        for handler in audit.handlers:
            handler.close()
        audit.handlers, audit.propagate, audit.level = [], True, logging.NOTSET
        root.handlers, root.level = before
        logging.Logger.manager._clear_cache()
    first, second = (folder / "audit.log").read_text().splitlines()
    assert " INFO event=TokenIssued client_id=web " in first
    assert " WARNING event=ClientAuthenticationFailed client_id=web method=none" in second
    assert capsys.readouterr().err == ""


def test_the_metrics_page(page: Page, load: Callable[[str], Any]):
    app = application(load("metrics_page"))
    ask(app, "robot")
    shown = TestApp(app).get("/metrics", status=200).text
    assert 'oauth2_tokens_issued_total{grant_type="client_credentials"}' in shown
    assert 'oauth2_request_seconds_count{endpoint="token",status="200"}' in shown


def test_the_page_of_several_workers(page: Page):
    (page.folder / "workers.py").write_text(WORKERS)
    counts = page.folder / "metrics"
    counts.mkdir()
    shown = subprocess.run(
        [sys.executable, "workers.py"],
        cwd=page.folder,
        env=environment(PROMETHEUS_MULTIPROC_DIR=str(counts), PYTHONPATH=f"{ROOT}:{page.folder}"),
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert 'oauth2_tokens_issued_total{grant_type="client_credentials"} 4.0' in shown
