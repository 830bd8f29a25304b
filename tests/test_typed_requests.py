"""Every request has a type, so that mypy finds a wrong use of one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import pyramid_oauth2

ROOT = Path(pyramid_oauth2.__file__).parent

# For the subscribers of an application, which adds attributes to its requests.
FOR_SUBSCRIBERS = ("protocol/events.py", "request: Any | None = field(default=None, repr=False)")


def untyped(source: str) -> Iterator[str]:
    """The parameters and the attributes ``request`` that have no type, or Any."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.arg):
            name = node.arg
        elif isinstance(node, ast.AnnAssign):
            name = ast.unparse(node.target).rpartition(".")[2]
        else:
            continue
        if name.lstrip("_") == "request" and _is_untyped(node.annotation):
            yield ast.unparse(node)


def _is_untyped(annotation: ast.expr | None) -> bool:
    if annotation is None:
        return True
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        annotation = ast.parse(annotation.value, mode="eval").body
    names = {ast.unparse(node).rpartition(".")[2] for node in ast.walk(annotation)}
    return not names.isdisjoint({"Any", "object"})


def test_every_request_has_a_type():
    found = {
        (path.relative_to(ROOT).as_posix(), what)
        for path in ROOT.rglob("*.py")
        for what in untyped(path.read_text())
    }
    assert found == {FOR_SUBSCRIBERS}


@pytest.mark.parametrize(
    "source",
    [
        "def view(request): ...",
        "def view(context, request: Any): ...",
        "def view(*, request: typing.Any = None): ...",
        "def view(request: 'Any | None'): ...",
        "async def view(request: object): ...",
        "def outer():\n    def view(request: Any): ...",
        "config.add_view(lambda request: {})",
        "class Page:\n    request: Any",
        "self._request: Any = made",
    ],
)
def test_an_untyped_request_is_found(source: str):
    assert len(list(untyped(source))) == 1


@pytest.mark.parametrize(
    "source",
    [
        "def view(request: Request) -> Any: ...",
        "def notify(event: Any, request: PyramidRequest | None = None): ...",
        "class Page:\n    request: Request",
    ],
)
def test_a_typed_request_is_none(source: str):
    assert list(untyped(source)) == []
