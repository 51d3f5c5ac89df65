"""Puts the console's pictures together: server/console/icons.txt -> static/icons.svg.

The pictures are Material Symbols (Apache 2.0) as the npm package `@material-symbols/svg-400` has
them. Run `python tools/console_icons.py <folder with node_modules>`.
"""

import re
import sys
from pathlib import Path
from typing import Final

CONSOLE: Final = Path(__file__).resolve().parents[1] / "server" / "console"
PACKAGE: Final = Path("node_modules", "@material-symbols", "svg-400", "rounded")
SVG: Final = re.compile(r'<svg[^>]*viewBox="([^"]+)"[^>]*>(.*)</svg>', re.DOTALL)


def main(folder: Path) -> None:
    """Write the sprite; a name that the package does not have ends it with that name."""
    lines = (CONSOLE / "icons.txt").read_text(encoding="utf-8").splitlines()
    names = sorted({line.strip() for line in lines if line.strip() and not line.startswith("#")})
    symbols = [symbol(folder / PACKAGE, name) for name in names]
    sprite = '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"
    (CONSOLE / "static" / "icons.svg").write_text(sprite, encoding="utf-8")
    sys.stdout.write(f"{len(names)} pictures, {len(sprite)} bytes\n")


def symbol(package: Path, name: str) -> str:
    """One picture as a symbol of the sprite."""
    found = SVG.search((package / f"{name}.svg").read_text(encoding="utf-8"))
    if found is None:
        raise SystemExit(f"{name} is no picture")
    return f'<symbol id="{name}" viewBox="{found[1]}">{found[2]}</symbol>'


if __name__ == "__main__":
    main(Path(sys.argv[1]))
