"""The glossary rules: every word the code uses for a thing, a verb or a state is in it."""

import re
from pathlib import Path

import pytest

from server.texts import read_catalogue
from shared.fields import PRIORITIES
from shared.kinds import REGISTRY, TABLES
from shared.ops import Verdict
from shared.people import ROLES
from shared.ticket import STATUSES as TICKET_STATUSES
from shared.visit import OUTCOMES
from shared.work_order import STATUSES

ROOT = Path(__file__).resolve().parents[2]
PAPER = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
CHINESE = read_catalogue(ROOT / "assets" / "texts" / "zh").groups


def rows(section: str) -> list[list[str]]:
    """The cells of a section's table, without its head."""
    text = PAPER.split(f"\n## {section}\n")[1].split("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def named(section: str) -> dict[str, str]:
    """Code names of a section with their Chinese."""
    return {name: row[1] for row in rows(section) for name in row[3].replace("`", "").split(", ")}


SECTIONS = [line.removeprefix("## ") for line in PAPER.splitlines() if line.startswith("## ")]
EXPECTED = {
    "What people do": set(REGISTRY.kinds),
    "How a job stands": set(STATUSES),
    "How a ticket stands": set(TICKET_STATUSES),
    "How a visit ends": set(OUTCOMES),
}
GROUPS = {
    "What people do": "buttons",
    "How a job stands": "statuses",
    "How a ticket stands": "statuses",
    "How a visit ends": "outcomes",
}


@pytest.mark.parametrize("section", EXPECTED)
def test_a_section_names_all_there_is_and_nothing_else(section: str) -> None:
    assert named(section).keys() == EXPECTED[section]


@pytest.mark.parametrize("section", GROUPS)
def test_the_glossary_says_what_people_read(section: str) -> None:
    texts = CHINESE[GROUPS[section]]
    spoken = {name: word for name, word in named(section).items() if word != texts[name]}
    assert spoken == {}


def test_every_table_noun_role_and_verdict_is_explained() -> None:
    things, people = named("Things"), named("People")
    assert sorted(TABLES.keys() - things.keys()) == []
    nouns = {noun for kind in REGISTRY.kinds.values() for noun in kind.nouns}
    assert sorted(nouns - things.keys() - {"op"}) == []
    assert {role: people[role] for role in ROLES} == dict(CHINESE["roles"])
    verdicts = named("What becomes of an op")
    assert {one: verdicts[one] for one in Verdict} == dict(CHINESE["verdicts"])
    assert [one for one in PRIORITIES if f"`{one}` {CHINESE['priorities'][one]}" not in PAPER] == []


def test_every_name_of_the_faces_is_one_of_the_code() -> None:
    sources = [
        path
        for package in ("mobile", "server", "shared", "sync")
        for path in (ROOT / package).rglob("*.py")
    ]
    written = {word for path in sources for word in re.findall(r"[\w.]+", path.read_text("utf-8"))}
    there = written | {path.stem for path in sources} | {path.parent.name for path in sources}
    assert sorted(named("Faces").keys() - there) == []


@pytest.mark.parametrize("section", SECTIONS)
def test_every_line_has_a_term_its_chinese_a_meaning_and_a_name(section: str) -> None:
    assert [row for row in rows(section) if len(row) != 4 or not all(row)] == []


@pytest.mark.parametrize(
    "term",
    [
        *("op", "verdict", "stream", "cursor", "incarnation", "epoch", "state token", "fork"),
        *("seal", "leaf", "notary", "replica", "overlay", "receipt", "outbox", "snapshot"),
    ],
)
def test_the_words_of_sync_are_explained(term: str) -> None:
    assert term in {row[0] for section in SECTIONS for row in rows(section)}


def test_no_term_is_explained_twice_in_one_section() -> None:
    for section in SECTIONS:
        terms = [row[0] for row in rows(section)]
        assert len(terms) == len(set(terms))
