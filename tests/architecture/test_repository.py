"""What stands beside the code: pins, licence, texts, papers and the road to a release."""

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = ("en", "zh")
PINS = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

# Put together from pieces, or this file would be the first to mention them.
REGISTRIES = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("npmmirror", "com"),
        ("index", "crates", "io"),
        ("proxy", "golang", "org"),
    )
)
MACHINE_PATH = re.compile(r"(?<![\w.:/\-])/(?:home|root|work|opt|Users|mnt)/\w")
LEFT_FOR_LATER = re.compile(r"\b(?:TO" r"DO|FIX" r"ME)\b")
NOT_OURS = {".coverage", "node_modules", "var", "build", "dist", "__pycache__", "vendor"}
TEXT_SUFFIXES = {
    "",
    ".cfg",
    ".css",
    ".html",
    ".ini",
    ".js",
    ".json",
    ".kv",
    ".mako",
    ".md",
    ".py",
    ".sh",
    ".spec",
    ".svg",
    ".toml",
    ".txt",
    ".yaml",
    ".yml",
}


def files() -> Iterator[Path]:
    for folder, children, names in os.walk(ROOT):
        children[:] = [
            name
            for name in children
            if name not in NOT_OURS
            and not name.endswith(".egg-info")
            and (not name.startswith(".") or name == ".ci")
        ]
        yield from (Path(folder) / name for name in names if name not in NOT_OURS)


FILES = sorted(path for path in files() if path.suffix in TEXT_SUFFIXES)


def lines_matching(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path.relative_to(ROOT).as_posix()}:{number}: {line.strip()}"
        for path in FILES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if pattern.search(line)
    ]


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    assert lines_matching(MACHINE_PATH) == []


def test_no_file_names_a_package_registry() -> None:
    assert lines_matching(re.compile("|".join(map(re.escape, REGISTRIES)))) == []


def test_nothing_is_left_for_later() -> None:
    assert lines_matching(LEFT_FOR_LATER) == []


def test_no_backup_of_the_system_takes_away_what_a_phone_holds() -> None:
    """S2."""
    told = (ROOT / "packaging" / "android" / "buildozer.spec").read_text(encoding="utf-8")
    assert re.findall(r"^android\.allow_backup *= *(\w+)$", told, re.MULTILINE) == ["False"]


def test_every_pin_is_a_name_and_a_version() -> None:
    assert [line for line in PINS if not re.fullmatch(r"[a-z0-9\-]+==[\w.]+", line)] == []
    assert sorted(PINS) == PINS


def test_every_dependency_is_pinned_to_what_is_installed() -> None:
    wanted = [
        requirement
        for group in (PROJECT["dependencies"], *PROJECT["optional-dependencies"].values())
        for requirement in group
    ]
    names = {re.split(r"[\[<>=!~; ]", requirement)[0] for requirement in wanted}
    assert sorted(names) == sorted({name for name in names if f"{name}=={version(name)}" in PINS})


def test_the_wheel_carries_every_package_the_command_and_the_assets(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", tmp_path],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    inside = set(zipfile.ZipFile(wheel).namelist())
    expected = {
        path.relative_to(ROOT).as_posix()
        for room in ("assets", "mobile", "server", "shared", "sync")
        for path in (ROOT / room).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert {
        "fieldfare.py",
        *(f"assets/texts/{language}/domain.toml" for language in LANGUAGES),
    } <= inside
    assert sorted(expected - inside) == []


def test_the_licence_is_there() -> None:
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")


def test_the_changelog_has_room_for_the_next_release() -> None:
    assert "\n## Unreleased\n" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_release_check_runs_what_the_readme_tells_a_newcomer_to_run() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    steps = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert re.search(r"^\s*(?:\$ )?make test\b", readme, re.MULTILINE)
    assert [step.strip() for step in steps if step.strip().startswith("make ")] == [
        "make check",
        "make test",
        "make demo ONCE=1",
        "make postgres-newest",
        "make slow",
        "make postgres-oldest",  # where there is time left
    ]
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


@pytest.mark.parametrize("paper", ["README.md", "docs/protocol.md", "docs/glossary.md"])
def test_a_paper_opens_with_its_title(paper: str) -> None:
    assert (ROOT / paper).read_text(encoding="utf-8").startswith("# ")


def test_every_link_between_papers_leads_somewhere() -> None:
    broken = [
        f"{paper.relative_to(ROOT).as_posix()}: {target}"
        for paper in FILES
        if paper.suffix == ".md"
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", paper.read_text(encoding="utf-8"))
        if "://" not in target and not target.startswith("mailto:")
        if not (paper.parent / target).exists()
    ]
    assert broken == []


def texts(language: str) -> dict[str, str | dict[str, str]]:
    found: dict[str, str | dict[str, str]] = {}
    for path in sorted((ROOT / "assets" / "texts" / language).glob("*.toml")):
        found |= leaves(tomllib.loads(path.read_text(encoding="utf-8")))
    return found


def leaves(table: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str | dict[str, str]]]:
    for key, value in table.items():
        if isinstance(value, dict) and not is_plural(value):
            yield from leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def is_plural(table: dict[str, Any]) -> bool:
    return "other" in table and table.keys() <= {"one", "other"}


def forms(text: str | dict[str, str]) -> list[str]:
    return list(text.values()) if isinstance(text, dict) else [text]


def placeholders(text: str | dict[str, str]) -> set[str]:
    fullest = text["other"] if isinstance(text, dict) else text
    return {field for _, field, _, _ in Formatter().parse(fullest) if field is not None}


def test_every_text_exists_in_every_language() -> None:
    english, chinese = (texts(language).keys() for language in LANGUAGES)
    assert sorted(english ^ chinese) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_empty(language: str) -> None:
    found = texts(language)
    assert found
    assert [key for key, text in found.items() if not all(map(str.strip, forms(text)))] == []


def test_a_translation_names_the_same_values() -> None:
    english, chinese = (texts(language) for language in LANGUAGES)
    differing = {
        key: (placeholders(english[key]), placeholders(chinese[key]))
        for key in english.keys() & chinese.keys()
        if placeholders(english[key]) != placeholders(chinese[key])
    }
    assert differing == {}
