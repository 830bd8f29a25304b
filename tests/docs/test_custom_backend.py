"""docs/how-to/custom-backend.md: its backend passes the contract, and can be selected."""

from __future__ import annotations

from .page import Page

PAGE = "docs/how-to/custom-backend.md"


def test_the_backend_passes_and_is_chosen(follow):
    page: Page = follow(PAGE)
    Page("docs/getting-started.md", page.folder).write_files()
    page.write_files()
    assert "pytest" in page.block("pip install")
    assert "passed" in page.run("pytest -q")
    assert "acme.consents: can be used" in page.run("db check")


def test_what_goes_wrong(tmp_path):
    page = Page(PAGE, tmp_path)
    Page("docs/getting-started.md", page.folder).write_files()
    files = page.write_files()
    store = files["acme/consents.py"]

    (tmp_path / "acme/consents.py").write_text(
        store.replace(' AND version = ?"', '"').replace(
            "(*row[2:], *row[:2], version)", "(*row[2:], *row[:2])"
        )
    )
    output = page.fails("pytest -q", PYTEST_ADDOPTS="-k replaced")
    assert page.block("test_consent_is_replaced").strip() in output

    (tmp_path / "app.ini").write_text(files["app.ini"].replace("oauth2.acme.path", "# path"))
    assert "oauth2.acme.path is missing: name a file for the consents" in page.text
    assert "oauth2.acme.path is missing: name a file" in page.fails("db check")
