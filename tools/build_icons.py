"""Builds the icons: the names in `tools/icons.txt` out of Material Symbols, as fonts and as SVG.

    npm install --ignore-scripts material-symbols
    python tools/build_icons.py node_modules

Into `assets/icons` go `Icons.ttf` and `IconsFilled.ttf` for the app, `icons.json` (which character
draws which name), and `icons.svg` for the console: one symbol a name, `#i-name` and `#i-name-fill`.
The same list gives the same bytes.
"""

import argparse
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from fontTools import subset
from fontTools.pens.svgPathPen import SVGPathPen
from fontTools.pens.transformPen import TransformPen
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

SOURCE = "material-symbols/material-symbols-rounded.woff2"
STYLES = {"Icons": 0, "IconsFilled": 1}
SUFFIXES = {"Icons": "", "IconsFilled": "-fill"}
BOX = 24


def main() -> None:
    """Build everything from the list."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("npm", type=Path, help="the folder node_modules")
    options.add_argument("--out", type=Path, default=Path("assets/icons"))
    options.add_argument("--names", type=Path, default=Path(__file__).with_name("icons.txt"))
    given = options.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    source = TTFont(given.npm / SOURCE, recalcTimestamp=False)
    names = sorted(set(given.names.read_text(encoding="utf-8").split()))
    codes = _codes(source, names)
    narrow = _only(source, set(codes.values()))
    symbols: list[str] = []
    for style, filled in STYLES.items():
        font = _instance(narrow, filled)
        font.save(given.out / f"{style}.ttf")
        symbols += _symbols(font, codes, SUFFIXES[style])
    chars = {name: chr(code) for name, code in codes.items()}
    (given.out / "icons.json").write_text(json.dumps(chars, indent=1) + "\n", encoding="utf-8")
    (given.out / "icons.svg").write_text(_sprite(symbols), encoding="utf-8")
    (given.out / "LICENSE.txt").write_bytes((given.npm / "material-symbols/LICENSE").read_bytes())
    sys.stdout.write(f"{len(codes)} icons\n")


def _codes(font: TTFont, names: list[str]) -> dict[str, int]:
    glyphs = {glyph: code for code, glyph in sorted(font.getBestCmap().items(), reverse=True)}
    known = {name: glyphs[glyph] for name, glyph in _spelt(font) if glyph in glyphs} | glyphs
    strange = [name for name in names if name not in known]
    if strange:
        sys.exit(f"no such icons: {' '.join(strange)}")
    return {name: known[name] for name in names}


def _spelt(font: TTFont) -> Iterator[tuple[str, str]]:
    """Every name that the font turns into a glyph; some glyphs have several."""
    letters = {glyph: chr(code) for code, glyph in font.getBestCmap().items()}
    for lookup in font["GSUB"].table.LookupList.Lookup:
        for table in lookup.SubTable:
            for first, ligatures in getattr(
                getattr(table, "ExtSubTable", table), "ligatures", {}
            ).items():
                for one in ligatures:
                    spelt = (first, *one.Component)
                    yield "".join(letters.get(each, "?") for each in spelt), one.LigGlyph


def _only(font: TTFont, codes: set[int]) -> bytes:
    options = subset.Options()
    options.layout_features = []
    options.notdef_outline = True
    options.hinting = True
    worker = subset.Subsetter(options)
    worker.populate(unicodes=codes)
    worker.subset(font)
    font.flavor = None
    written = io.BytesIO()
    font.save(written)
    return written.getvalue()


def _instance(narrow: bytes, filled: int) -> TTFont:
    font = TTFont(io.BytesIO(narrow), recalcTimestamp=False)
    where = {"FILL": filled, "wght": 400, "GRAD": 0, "opsz": 24}
    fixed = instancer.instantiateVariableFont(font, where)
    fixed["head"].modified = fixed["head"].created = 0
    fixed.recalcTimestamp = False
    return fixed


def _symbols(font: TTFont, codes: dict[str, int], suffix: str) -> list[str]:
    glyphs, shapes = font.getGlyphSet(), font.getBestCmap()
    scale = BOX / font["head"].unitsPerEm
    found = []
    for name, code in codes.items():
        pen = SVGPathPen(glyphs, ntos=lambda number: f"{number:.2f}".rstrip("0").rstrip("."))
        glyphs[shapes[code]].draw(TransformPen(pen, (scale, 0, 0, -scale, 0, BOX)))
        path = f'<path d="{pen.getCommands()}"/>'
        found.append(f'<symbol id="i-{name}{suffix}" viewBox="0 0 {BOX} {BOX}">{path}</symbol>')
    return found


def _sprite(symbols: list[str]) -> str:
    body = "\n".join(symbols)
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n{body}\n</svg>\n'


if __name__ == "__main__":
    main()
