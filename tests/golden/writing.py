"""Writing golden files, and keeping them from being written again once something was released."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

FROZEN: Final = "FROZEN"  # laid beside the files with the first tag


class Frozen(Exception):
    """What was released is never said otherwise."""


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Write files by their names. Raises `Frozen`, and then none is written."""
    if (folder / FROZEN).exists():
        there = {name for name in files if (folder / name).exists()}
        changed = [
            name
            for name in sorted(there)
            if (folder / name).read_text(encoding="utf-8") != files[name]
        ]
        if changed:
            raise Frozen(", ".join(changed))
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
