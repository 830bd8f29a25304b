"""The definitions of a module, read from its source: signatures are shown as written there."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable, Iterator
from types import ModuleType

Definition = ast.ClassDef | ast.FunctionDef
SPECIAL = ("__init__", "__call__")


def definitions(module: ModuleType) -> dict[str, Definition]:
    """The public classes and functions of a module, in their order."""
    return {
        node.name: node
        for node in ast.parse(inspect.getsource(module)).body
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_")
    }


def members(definition: ast.ClassDef) -> dict[str, ast.FunctionDef]:
    """The public methods and properties of a class, with ``__init__`` and ``__call__``."""
    return {
        node.name: node
        for node in definition.body
        if isinstance(node, ast.FunctionDef)
        and (not node.name.startswith("_") or node.name in SPECIAL)
    }


def fields(definition: ast.ClassDef) -> Iterator[tuple[str, str]]:
    """The fields of a dataclass or the values of an enumeration, each as written in the source."""
    for node in definition.body:
        if isinstance(node, ast.AnnAssign):
            name, default = ast.unparse(node.target), _default(node.value)
            yield name, f"{name}: {ast.unparse(node.annotation)}{default and f' = {default}'}"
        elif isinstance(node, ast.Assign) and _is_enum(definition):
            yield ast.unparse(node.targets[0]), ast.unparse(node)


def _is_enum(definition: ast.ClassDef) -> bool:
    return any(ast.unparse(base) == "Enum" for base in definition.bases)


def signature(function: ast.FunctionDef, without: Iterable[str] = ("self",)) -> str:
    """``name(a: int, b: str = '') -> bool``; a property has no parentheses."""
    returns = ast.unparse(function.returns) if function.returns else ""
    decorators = {ast.unparse(decorator) for decorator in function.decorator_list}
    if decorators & {"property", "cached_property"}:
        return f"{function.name}: {returns}"
    shown = ", ".join(_parameters(function.args, frozenset(without)))
    return f"{function.name}({shown})" + (f" -> {returns}" if returns not in ("", "None") else "")


def docstring(definition: Definition) -> str:
    """The docstring, without its indentation."""
    return ast.get_docstring(definition) or ""


def _parameters(arguments: ast.arguments, without: frozenset[str]) -> Iterator[str]:
    positional = [*arguments.posonlyargs, *arguments.args]
    required = len(positional) - len(arguments.defaults)
    for position, argument in enumerate(positional):
        default = arguments.defaults[position - required] if position >= required else None
        if argument.arg not in without:
            yield _parameter(argument, default)
        if position + 1 == len(arguments.posonlyargs):
            yield "/"
    if arguments.vararg:
        yield f"*{_parameter(arguments.vararg, None)}"
    elif arguments.kwonlyargs:
        yield "*"
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        yield _parameter(argument, default)
    if arguments.kwarg:
        yield f"**{_parameter(arguments.kwarg, None)}"


def _parameter(argument: ast.arg, default: ast.expr | None) -> str:
    annotation = f": {ast.unparse(argument.annotation)}" if argument.annotation else ""
    return argument.arg + annotation + (f" = {ast.unparse(default)}" if default else "")


def _default(value: ast.expr | None) -> str:
    # field(default=b"", repr=False): show the default only.
    if isinstance(value, ast.Call) and ast.unparse(value.func) == "field":
        given = {keyword.arg: ast.unparse(keyword.value) for keyword in value.keywords}
        factory = {"dict": "{}"}.get(given.get("default_factory", ""), "")
        return given.get("default", factory)
    return ast.unparse(value) if value else ""
