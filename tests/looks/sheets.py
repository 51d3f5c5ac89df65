"""Contact sheets of every screen and page: `python -m tests.looks.sheets --out var/screenshots`.

`--only board` draws what has `board` in its name; `--app` and `--console` draw one half.
"""

import argparse
import sys
from pathlib import Path

from tests.looks import pages, screens


def main(words: list[str]) -> int:
    """Draw them; 1 when nothing has such a name."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--out", type=Path, default=Path("var/screenshots"))
    asked.add_argument("--only", default="")
    asked.add_argument("--app", action="store_true")
    asked.add_argument("--console", action="store_true")
    told = asked.parse_args(words)
    told.out.mkdir(parents=True, exist_ok=True)
    made: list[Path] = []
    if not told.app:
        made += pages.photograph(told.out, told.only)
    if not told.console:
        made += screens.photograph(told.out, told.only)
    sys.stdout.write(f"{len(made)} sheets in {told.out}\n")
    return 0 if made else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
