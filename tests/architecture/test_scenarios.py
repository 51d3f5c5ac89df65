"""The page of scenarios tells today's truth: its tests exist, and they say which scenario it is."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (?P<number>[CRS]\d+) \| (?P<told>.+?) \| (?P<tests>.+) \|$", re.MULTILINE)
NUMBERS = re.compile(r"((?:[CRS]\d{1,2}, )*[CRS]\d{1,2})(?:: |\.$)")
UNUSED = {3, 6, 29, 34, 36, 38, 46, 49, 59, 61, 62, 69}  # were the same as others
LISTED = {
    "C": [f"{one:02}" for one in range(1, 71) if one not in UNUSED],
    "R": [str(one) for one in range(1, 14)],
    "S": [str(one) for one in range(1, 16)],
}

Shown = tuple[str, str, str]


def named() -> Iterator[Shown]:
    """Number, file and test of every row of the page."""
    for row in ROW.finditer(PAGE):
        for files in row["tests"].split("<br>"):
            names = re.findall(r"`([^`]+)`", files)
            yield from ((row["number"], names[0], name) for name in names[1:])


def claimed() -> Iterator[Shown]:
    """Number, file and test of every docstring that begins with numbers."""
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                found = NUMBERS.match(ast.get_docstring(node) or "")
                for number in found[1].split(", ") if found else ():
                    yield (number, path.relative_to(ROOT).as_posix(), node.name)


def existing() -> set[tuple[str, str]]:
    """File and name of every test."""
    return {
        (path.relative_to(ROOT).as_posix(), name)
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }


def test_every_scenario_is_told_once_and_in_its_order() -> None:
    told = [row["number"] for row in ROW.finditer(PAGE)]
    assert told == [f"{kind}{one}" for kind, ones in LISTED.items() for one in ones]


def test_every_test_a_scenario_names_exists() -> None:
    named_tests = {(file, name) for _, file, name in named()}
    assert named_tests
    assert sorted(named_tests - existing()) == []


def test_every_test_of_a_scenario_says_its_number_and_no_other_does() -> None:
    assert sorted(set(named()) ^ set(claimed())) == []


def test_a_scenario_without_a_test_says_that_it_is_not_there_yet() -> None:
    shown = {number for number, _, _ in named()}
    for row in ROW.finditer(PAGE):
        assert row["number"] in shown or "Not yet" in row["told"], row["number"]
