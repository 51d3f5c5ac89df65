"""The page of requirements tells today's truth: every line once, with what is really there."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Final

from server import console, portal

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "requirements.md").read_text(encoding="utf-8")
# How many lines each group of the rules has; they are counted from 01 without a gap.
COUNTED: Final = """
INT 24 CLS 23 SLA 49 COM 16 DSP 16 ONS 24 DIA 12 PRT 17 RPL 2 WAR 14 CHG 14 TAK 6 RET 9 CNF 10
SAT 32 CMP 10 QAI 10 KNB 11 TRN 20 APP 10 REC 31 AUD 18 KPI 33 EMG 5 CRM 31 EVL 24 IMP 17 SEC 7
SYS 11
"""
LINES: Final = {group: int(n) for group, n in re.findall(r"([A-Z]{3}) (\d+)", COUNTED)}
KNOWN: Final = [f"R-{group}-{one:02}" for group, n in LINES.items() for one in range(1, n + 1)]
ALL: Final = 506
LEVELS: Final = {"shall", "should", "target", "example"}
STATES: Final = ("yes", "partly", "not yet", "organisational")
THERE: Final = {"yes", "partly"}
SURFACES: Final = {"app", "console", "portal", "papers", "API", "command"}
ID: Final = re.compile(r"\bR-[A-Z]{3}-\d{2}\b")
PLACE: Final = re.compile(r"\{(\w+):\w+\}")
READ: Final = ("shared", "sync", "mobile", "server", "tests", "assets", "docs")


class Line:
    """One line of the page: its cells, and what of the repository they name."""

    def __init__(self, row: str) -> None:
        """Take a row of a table apart."""
        cells = [cell.strip() for cell in row.strip("|").split(" | ")]
        self.id, self.level, self.asked, state, self.where, named = (one.strip() for one in cells)
        self.state, _, self.lacks = state.partition(": ")
        self.pages = re.findall(r"`(/[^`]*)`", self.where)
        self.surfaces = {re.sub(r" ?`[^`]*`", "", one) for one in self.where.split(", ")}
        self.modules: list[str] = []
        self.tests: list[tuple[str, str]] = []
        for piece in named.split("<br>"):
            first, *others = re.findall(r"`([^`]+)`", piece) or [""]
            if first.startswith("tests/"):
                self.tests += [(first, name) for name in others]
            elif first:
                self.modules += [first, *others]


ROWS: Final = re.findall(r"^\| R-.*\|$", PAGE, re.MULTILINE)
TABLE: Final = [Line(row) for row in ROWS]


def test_every_line_is_told_once_in_its_order_and_no_other_is() -> None:
    assert len(KNOWN) == ALL
    assert [one.id for one in TABLE] == KNOWN


def test_no_file_names_a_line_that_there_is_not() -> None:
    files = chain.from_iterable((ROOT / folder).rglob("*") for folder in READ)
    wrong = {
        (path.relative_to(ROOT).as_posix(), found)
        for path in files
        if path.suffix in {".py", ".md", ".toml"}
        for found in ID.findall(path.read_text(encoding="utf-8"))
        if found not in KNOWN
    }
    assert sorted(wrong) == []


def test_a_line_says_what_is_there_or_that_nothing_is() -> None:
    assert [one.id for one in TABLE if one.level not in LEVELS or one.state not in STATES] == []
    assert [one.id for one in TABLE if not one.asked.endswith((".", "?"))] == []
    there = [one for one in TABLE if one.state in THERE]
    assert [one.id for one in there if not (one.modules and one.tests)] == []
    assert [one.id for one in there if not one.surfaces <= SURFACES] == []
    assert [one.id for one in there if bool(one.lacks) != (one.state == "partly")] == []
    absent = [one for one in TABLE if one.state not in THERE]
    assert [one.id for one in absent if (one.where, one.modules, one.tests) != ("–", [], [])] == []


def test_what_a_line_names_exists() -> None:
    routes = (*console.ROUTES, *portal.ROUTES)
    pages = {PLACE.sub(r"{\1}", path) for route in routes for path in route.paths}
    files = {named for one in TABLE for named in one.modules}
    assert sorted(one for one in files if not (ROOT / one).is_file()) == []
    assert sorted({named for one in TABLE for named in one.pages} - pages) == []
    assert sorted({named for one in TABLE for named in one.tests} - set(existing())) == []


def existing() -> Iterator[tuple[str, str]]:
    """File and name of every test."""
    for path in (ROOT / "tests").rglob("test_*.py"):
        source = path.read_text(encoding="utf-8")
        for name in re.findall(r"^def (test_\w+)", source, re.MULTILINE):
            yield (path.relative_to(ROOT).as_posix(), name)


def test_the_counts_are_those_of_the_tables() -> None:
    found = re.findall(r"^\| ([A-Z]{3}|all) \|.*?((?: \| \d+){5}) \|$", PAGE, re.MULTILINE)
    told = {group: [int(one) for one in re.findall(r"\d+", counts)] for group, counts in found}
    groups = {group: [one for one in TABLE if one.id[2:5] == group] for group in LINES}
    groups["all"] = TABLE
    assert told == {
        group: [len(lines), *(Counter(one.state for one in lines)[state] for state in STATES)]
        for group, lines in groups.items()
    }
