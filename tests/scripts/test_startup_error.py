"""What ends the start of an application: printed without a traceback, by pserve and poauth2."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from pyramid_oauth2 import monitoring
from pyramid_oauth2.startup_error import StartupError, _print, print_without_traceback
from tests.checkout import ROOT
from tests.serving import environment

from .conftest import INI

SERVER = "[server:main]\nuse = egg:waitress#main\nlisten = localhost:0\n"
UNKNOWN = (
    "The oauth2.* settings are wrong:\n"
    "  oauth2.login_rute is not a setting. Did you mean oauth2.login_route?\n"
)
MISTAKES = {
    # In an action of Pyramid, which would add "Line 0 of file None".
    "oauth2.login_rute = login": UNKNOWN,
    "oauth2.grant_types = pasword": (
        "oauth2.grant_types names pasword, which is not registered. Registered are: "
        "authorization_code, client_credentials, password, refresh_token.\n"
    ),
    "oauth2.backend.clients = rediss": (
        "There is no backend named 'rediss' (oauth2.backend); there are: memory, redis, "
        "sqlalchemy. Did you mean redis? A backend of your own registers itself with "
        "config.add_oauth2_backend('rediss', factory).\n"
    ),
    # When the application is complete.
    "oauth2.login_route = login": (
        "oauth2.login_route = login: the application has no such route.\n"
    ),
    "oauth2.admin = true\noauth2.admin_principals = group:admin": (
        "oauth2.admin = true, but there is no security policy that could say who is allowed in. "
        "Set one with config.set_security_policy, before config.commit().\n"
    ),
}


def pserve(folder, more, module=None):
    ini = folder / "app.ini"
    text = INI.format(more=more, issuer="http://localhost:6543", backend="sqlalchemy")
    if module is not None:
        text = re.sub(r"use = call:\S+", f"use = call:{module}:main", text)
    ini.write_text(text + SERVER)
    return subprocess.run(
        ["pserve", str(ini)],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment(PYTHONPATH=f"{ROOT}:{folder}"),
    )


@pytest.mark.parametrize("line", MISTAKES)
def test_pserve(tmp_path, line):
    ended = pserve(tmp_path, line)
    assert ended.returncode == 1
    # The tables are missing, too, which is a warning before it in some of the cases.
    assert ended.stderr.endswith(f"The application cannot start. {MISTAKES[line]}")
    assert "Traceback" not in ended.stderr


IN_CODE = """
from pyramid.config import Configurator

from pyramid_oauth2 import TokenIssued


def view(request):
    return {{}}


def main(global_config, **settings):
    config = Configurator(settings=settings)
    config.add_route("notes", "/notes")
    {line}
    return config.make_wsgi_app()
"""
VIEW = 'config.add_view(view, route_name="notes", {})'
MISTAKES_IN_CODE = {
    VIEW.format('oauth2_scope="raed"'): (
        "oauth2_scope='raed' names unknown scopes: raed. Known are: read, write. Did you mean read?"
    ),
    VIEW.format('oauth2_scope="x"'): (
        "oauth2_scope='x' names unknown scopes: x. Known are: read, write. Add them to "
    ),
    VIEW.format('oauth2_scpe="read"'): (
        "oauth2_scpe='read' is no option of a view. Did you mean oauth2_scope?"
    ),
    VIEW.format('oauth_scope="read"'): (
        "oauth_scope='read' is no option of a view. Did you mean oauth2_scope?"
    ),
    VIEW.format("oauth2_proof_of_possession=5"): (
        "oauth2_proof_of_possession=5 is no option of a view. There are: oauth2_only, oauth2_scope."
    ),
    VIEW.format("oauth2_scope=7"): "oauth2_scope=7 names no scope: write one or more names",
    VIEW.format("oauth2_scope=[7]"): "oauth2_scope=[7] names no scope: write one or more names",
    VIEW.format('oauth2_scope=" "'): "oauth2_scope=' ' names no scope: write one or more names",
    VIEW.format("oauth2_only=True"): "oauth2_only=True closes nothing without an oauth2_scope.",
    VIEW.format('oauth2_scope="read", oauth2_only=False'): "everybody would come in. Add one.",
    'config.add_exception_view(view, oauth2_scope="read")': (
        "An exception view cannot declare oauth2_scope."
    ),
    'config.add_subscriber(print, TokenIssued, grant_type="pasword")': (
        "grant_type='pasword' of a subscriber matches no event: there is no grant type pasword."
    ),
}


@pytest.mark.parametrize("line", MISTAKES_IN_CODE)
def test_pserve_of_a_mistake_whose_line_pyramid_has_noted(tmp_path, line):
    (tmp_path / "mistaken.py").write_text(IN_CODE.format(line=line))
    ended = pserve(tmp_path, "", "mistaken")
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    text = ended.stderr.rpartition("The application cannot start. ")[2]
    assert MISTAKES_IN_CODE[line] in text
    assert text.count("\n") == 1
    assert re.search(r" \(.*mistaken\.py, line 14\)$", text)


def test_a_mistake_in_the_code_keeps_its_traceback(tmp_path):
    ended = pserve(tmp_path, "pyramid.includes = pyramid_oauth2 tests.scripts.no_such_module")
    assert "Traceback" in ended.stderr


def test_poauth2(poauth2):
    poauth2.write("oauth2.login_rute = login")
    assert poauth2("views") == (1, "", f"poauth2: {UNKNOWN}")


def test_a_mistake_in_a_view(poauth2):
    poauth2.write("tests.scripts.scope = raed")
    status, _, err = poauth2("client", "list")
    assert status == 1
    assert err.startswith(
        "poauth2: oauth2_scope='raed' names unknown scopes: raed. Known are: by-directive, "
    )
    assert "<class" not in err
    assert re.search(r"\(.*application\.py, line \d+\)$", err)


def test_the_import_that_failed_is_named(poauth2, monkeypatch):
    """The package is installed, but not one that it needs."""
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    # Another test may have imported it.
    monkeypatch.delitem(sys.modules, "pyramid_oauth2.monitoring.metrics", raising=False)
    monkeypatch.delattr(monitoring, "metrics", raising=False)
    poauth2.write("oauth2.metrics = true")
    line = (
        "poauth2: oauth2.metrics = true needs a package that is not installed: "
        "pip install prometheus-client (ModuleNotFoundError: import of prometheus_client halted; "
        "None in sys.modules)\n"
    )
    assert poauth2("views") == (1, "", line)


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        (ImportError("no\nlibpq"), "It cannot start. (ImportError: no libpq)"),
        (ImportError("cannot start"), "It cannot start."),
        (ValueError("redis://:hunter2@localhost"), "It cannot start."),
        (None, "It cannot start."),
    ],
)
def test_no_other_cause_is_named(cause, text, capsys):
    error = StartupError("It cannot start.")
    error.__cause__ = cause
    assert str(error) == text
    _print(StartupError, error, None)
    assert capsys.readouterr().err == f"The application cannot start. {text}\n"


def test_the_hook_of_another_library_stays(monkeypatch):
    def theirs(*error):
        raise AssertionError

    monkeypatch.setattr(sys, "excepthook", theirs)
    print_without_traceback()
    assert sys.excepthook is theirs
