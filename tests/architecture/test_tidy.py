"""Checks of the code itself that no linter makes. Add a rule when review repeats itself."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("shared", "sync", "mobile", "server")
MODULE_LINES_MAX = 400
TEST_MODULE_LINES_MAX = 600
FUNCTION_LINES_MAX = 60
PARAMETERS_MAX = 5
VAGUE_MODULES = {
    "base",
    "common",
    "constants",
    "core",
    "helper",
    "helpers",
    "manager",
    "misc",
    "models",
    "repositories",
    "schemas",
    "services",
    "types",
    "util",
    "utils",
}
VAGUE_CLASS_ENDINGS = (
    "Controller",
    "Data",
    "Helper",
    "Impl",
    "Info",
    "Manager",
    "Mixin",
    "Processor",
    "Service",
    "Util",
    "Utils",
    "Wrapper",
)
VAGUE_FUNCTION_BEGINNINGS = ("do_", "get_", "handle_", "process_")
NAMED_BY_OTHERS = {"handle_exception"}  # what Kivy's loop calls

PRINTING = {ROOT / "fieldfare.py"}

Function = ast.FunctionDef | ast.AsyncFunctionDef

CODE = sorted(
    [ROOT / "fieldfare.py", *(path for name in PACKAGES for path in (ROOT / name).rglob("*.py"))]
)
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_has_modules(package: str) -> None:
    assert [path for path in CODE if path.is_relative_to(ROOT / package)] != []


@pytest.mark.parametrize("path", CODE, ids=name)
def test_a_module_is_tidy(path: Path) -> None:
    assert list(complaints(path)) == []


@pytest.mark.parametrize("path", TESTS, ids=name)
def test_a_test_module_is_tidy(path: Path) -> None:
    assert list(complaints_of_a_test(path)) == []


def complaints(path: Path) -> Iterator[str]:
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    yield from naming_complaints(path, tree)
    if source.strip() or path.name != "__init__.py":
        yield from opening_complaints(tree)
    if path not in PRINTING:
        yield from printing_complaints(tree)
    if "migrations" in path.relative_to(ROOT).parts:
        return  # as long as its tables; never edited once released
    if source.count("\n") > MODULE_LINES_MAX:
        yield f"more than {MODULE_LINES_MAX} lines: find the second module inside"
    for node in ast.walk(tree):
        if isinstance(node, Function):
            yield from function_complaints(node)


def complaints_of_a_test(path: Path) -> Iterator[str]:
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    yield from opening_complaints(tree)
    if source.count("\n") > TEST_MODULE_LINES_MAX:
        yield f"more than {TEST_MODULE_LINES_MAX} lines: split it by behaviour"


def opening_complaints(tree: ast.Module) -> Iterator[str]:
    opening = (ast.get_docstring(tree) or "").split("\n\n")[0]
    if not opening:
        yield "no opening sentence that says what this module is for"
    elif not opening.endswith((".", "?", "!", ":")):
        yield f"the opening is not a sentence: {opening!r}"


def naming_complaints(path: Path, tree: ast.Module) -> Iterator[str]:
    for part in path.relative_to(ROOT).with_suffix("").parts:
        if part in VAGUE_MODULES:
            yield f"{part} says nothing: name it after what it holds"
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name.endswith(VAGUE_CLASS_ENDINGS):
            yield f"{node.lineno}: class {node.name}: what is it, in the technician's words?"
        if isinstance(node, Function) and is_vague(node.name):
            yield f"{node.lineno}: {node.name}: say what it does, not that it does something"
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            yield f"{node.lineno}: a star hides where names come from"


def is_vague(name: str) -> bool:
    return name not in NAMED_BY_OTHERS and name.lstrip("_").startswith(VAGUE_FUNCTION_BEGINNINGS)


def printing_complaints(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("print", "pprint"):
            yield f"{node.lineno}: only the command prints"


def function_complaints(node: Function) -> Iterator[str]:
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    if lines > FUNCTION_LINES_MAX:
        yield f"{node.lineno}: {node.name} has {lines} lines"
    positional = [
        parameter.arg
        for parameter in (*node.args.posonlyargs, *node.args.args)
        if parameter.arg not in ("self", "cls")
    ]
    if len(positional) > PARAMETERS_MAX:
        yield f"{node.lineno}: {node.name} takes {len(positional)} positional parameters"
