"""The arrows between packages, layers and libraries hold, and no module escapes them."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ARROWS: dict[str, Any] = SETTINGS["tool"]["importlinter"]
CONTRACTS = {contract["id"]: contract for contract in ARROWS["contracts"]}
NOT_CODE = ("assets", "docs", "packaging", "tools", "var", "build", "dist")


def test_the_import_contracts_hold() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [linter, "--no-cache", "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_module_belongs_to_a_contract() -> None:
    strays = [
        path.relative_to(ROOT).as_posix()
        for path in ROOT.rglob("*.py")
        if not belongs(path.relative_to(ROOT))
    ]
    assert strays == []


def belongs(path: Path) -> bool:
    room = path.parts[0]
    return (
        path == Path("fieldfare.py")
        or room in (*ARROWS["root_packages"], "tests", *NOT_CODE)
        or room.startswith(".")
    )


@pytest.mark.parametrize("package", ARROWS["root_packages"])
def test_every_folder_of_modules_is_a_package(package: str) -> None:
    folders = {path.parent for path in (ROOT / package).rglob("*.py")}
    assert folders
    assert [folder for folder in sorted(folders) if not (folder / "__init__.py").is_file()] == []


@pytest.mark.parametrize(("contract", "package"), [("phone", "mobile"), ("office", "server")])
def test_a_new_module_must_be_given_a_layer(contract: str, package: str) -> None:
    assert CONTRACTS[contract]["exhaustive"] is True
    assert CONTRACTS[contract]["containers"] == [package]


def test_the_pure_packages_stay_under_their_contract() -> None:
    assert CONTRACTS["pure"]["source_modules"] == ["shared", "sync"]


def test_the_command_imports_a_package_only_when_a_subcommand_needs_it() -> None:
    tree = ast.parse((ROOT / "fieldfare.py").read_text(encoding="utf-8"))
    eager = {module.partition(".")[0] for node in tree.body for module in imported(node)}
    assert eager - sys.stdlib_module_names == set()


def imported(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    return []
