"""Puts together what goes into the APK: the app, what it imports, and its assets.

    python packaging/android/stage.py

Everything lands in `packaging/android/stage`, which is made anew each time. Nothing of the server
is in it, nor the demo company, nor the console's sprite.
"""

import ast
import shutil
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PACKAGES = ("mobile", "shared", "sync")
ASSETS = ("tokens.toml", "fonts", "icons", "art", "texts")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.svg", "console*.toml")


def main() -> None:
    """Put it together and check that nothing is missing."""
    stage = HERE / "stage"
    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir()
    shutil.copyfile(HERE / "main.py", stage / "main.py")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, stage / package, ignore=LEFT_OUT)
    for name in ASSETS:
        source, target = ROOT / "assets" / name, stage / "assets" / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=LEFT_OUT)
        else:
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(source, target)
    name_it(stage)
    strange = sorted(foreign(stage))
    sys.stdout.write(f"{stage}: needs {', '.join(strange)}\n")


def name_it(stage: Path) -> None:
    """Let the app know its own name and version, as it does where it was installed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    folder = stage / f"{project['name']}-{project['version']}.dist-info"
    folder.mkdir()
    lines = ("Metadata-Version: 2.1", f"Name: {project['name']}", f"Version: {project['version']}")
    (folder / "METADATA").write_text("\n".join((*lines, "")), encoding="utf-8")


def foreign(stage: Path) -> set[str]:
    """The packages that the app imports and does not bring along."""
    ours = {path.stem for path in stage.iterdir()}
    found: set[str] = set()
    for path in stage.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {one.name.partition(".")[0] for one in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.partition(".")[0])
    return found - ours - sys.stdlib_module_names


if __name__ == "__main__":
    main()
