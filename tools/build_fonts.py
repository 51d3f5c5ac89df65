"""Builds the app's fonts: Inter for Latin and Noto Sans SC for Chinese, one file a weight.

    npm install --ignore-scripts @expo-google-fonts/inter @expo-google-fonts/noto-sans-sc
    python tools/build_fonts.py node_modules

SDL draws a label with one font file and looks in no other, so each file must have everything:
GBK, the rest of the Table of General Standard Chinese Characters (names are written with it), and
Latin. Digits are tabular, so that a running clock does not jitter. The `prep` table stays: without
it SDL measures kerned Latin too narrow and the ends of labels are cut. Line height is Inter's.
A character that none of them has is drawn as a box, never as nothing.
"""

import argparse
import io
import sys
from collections.abc import Iterable
from pathlib import Path

from fontTools import subset
from fontTools.merge import Merger, Options
from fontTools.ttLib import TTFont
from fontTools.ttLib.scaleUpem import scale_upem

WEIGHTS = {"Regular": "400Regular", "SemiBold": "600SemiBold"}
FAMILY = "Fieldfare UI"  # the OFL wants a changed font to have another name
UNITS = 1000
LATIN = (
    *((0x0020, 0x007E), (0x00A0, 0x024F), (0x0370, 0x03FF), (0x0400, 0x04FF), (0x1E00, 0x1EFF)),
    *((0x2000, 0x206F), (0x20A0, 0x20BF), (0x2100, 0x218F), (0x2190, 0x22FF), (0x25A0, 0x27BF)),
)
CHINESE = ((0x2E80, 0x2EFF), (0x3000, 0x30FF), (0x31C0, 0x31EF), (0xFE30, 0xFE4F), (0xFF00, 0xFFEF))
HAN = (0x3400, 0xA000)
EXTENSION_A = (0x3400, 0x4DBF)
BEYOND = 0x20000  # of these Noto Sans SC has just what the table asks for
# What the Table of General Standard Chinese Characters has of extension A.
STANDARD_A = (
    "㑇㑊㕮㘎㙍㙘㙦㛃㛚㛹㟃㠇㠓㤘㥄㧐㧑㧟㫰㬊㬎㬚㭎㭕㮾㰀㳇㳘㳚㴔㵐㶲㸆㸌㺄㻬㽏㿠䁖䂮䃅䃎䅟䌹䎃䎖䏝䏡䏲䐃"
    "䓖䓛䓨䓫䓬䗖䗛䗪䗴䜣䝙䢺䢼䣘䥽䦃䲟䲠䲢䴓䴔䴕䴖䴗䴘䴙䶮"
)
DROPPED = ["DSIG", "STAT", "MATH", "BASE", "vhea", "vmtx", "VORG", "GDEF"]


def main() -> None:
    """Build both weights into `assets/fonts`."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("npm", type=Path, help="the folder node_modules")
    options.add_argument("--out", type=Path, default=Path("assets/fonts"))
    given = options.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    for weight, folder in WEIGHTS.items():
        inter = given.npm / f"@expo-google-fonts/inter/{folder}/Inter_{folder}.ttf"
        noto = given.npm / f"@expo-google-fonts/noto-sans-sc/{folder}/NotoSansSC_{folder}.ttf"
        target = given.out / f"FieldfareUI-{weight}.ttf"
        build(_opened(inter), _opened(noto), weight).save(target)
        sys.stdout.write(f"{target}: {target.stat().st_size} bytes\n")
    for name in ("inter", "noto-sans-sc"):
        text = (given.npm / f"@expo-google-fonts/{name}/LICENSE_FONT").read_bytes()
        (given.out / f"LICENSE-{name}.txt").write_bytes(text)


def build(inter: TTFont, noto: TTFont, weight: str) -> TTFont:
    """One weight, merged."""
    latin = set(inter.getBestCmap()) & _all(LATIN)
    _make_digits_tabular(inter)
    inter = _only(inter, latin, ["kern", "mark", "ccmp", "locl"])
    scale_upem(inter, UNITS)
    rest = {code for code in noto.getBestCmap() if _is_wanted(code)} - latin
    merged = _merged(inter, _only(noto, rest, []))
    _set_line_height(merged, inter["hhea"].ascent, inter["hhea"].descent)
    _name(merged, weight)
    return merged


def _is_wanted(code: int) -> bool:
    """Whether a character of the Chinese font belongs to ours."""
    if any(first <= code <= last for first, last in (*LATIN, *CHINESE)) or code >= BEYOND:
        return True
    if EXTENSION_A[0] <= code <= EXTENSION_A[1]:
        return chr(code) in STANDARD_A
    return HAN[0] <= code < HAN[1]


def _make_digits_tabular(font: TTFont) -> None:
    """Let 0 to 9 be drawn by the glyphs that the feature `tnum` puts in their place."""
    table = font["GSUB"].table
    wide: dict[str, str] = {}
    for record in table.FeatureList.FeatureRecord:
        if record.FeatureTag != "tnum":
            continue
        for at in record.Feature.LookupListIndex:
            for one in table.LookupList.Lookup[at].SubTable:
                wide.update(getattr(getattr(one, "ExtSubTable", one), "mapping", {}))
    for part in font["cmap"].tables:
        for code in range(ord("0"), ord("9") + 1):
            if code in part.cmap:
                part.cmap[code] = wide.get(part.cmap[code], part.cmap[code])


def _only(font: TTFont, codes: set[int], features: list[str]) -> TTFont:
    options = subset.Options()
    options.layout_features = features
    options.hinting = True
    options.name_IDs = ["*"]
    options.notdef_outline = True
    options.glyph_names = False
    options.drop_tables += DROPPED
    worker = subset.Subsetter(options)
    worker.populate(unicodes=codes)
    worker.subset(font)
    return _again(font)


def _merged(*fonts: TTFont) -> TTFont:
    folder = Path(sys.argv[0]).parent / ".fonts"
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{at}.ttf" for at in range(len(fonts))]
    for path, font in zip(paths, fonts, strict=True):
        font.save(path)
    merged = Merger(options=Options(drop_tables=["vhea", "vmtx"])).merge(
        [str(one) for one in paths]
    )
    merged["head"].modified = merged["head"].created = 0
    merged.recalcTimestamp = False
    for path in paths:
        path.unlink()
    folder.rmdir()
    return merged


def _set_line_height(font: TTFont, ascent: int, descent: int) -> None:
    hhea, os2 = font["hhea"], font["OS/2"]
    hhea.ascent, hhea.descent, hhea.lineGap = ascent, descent, 0
    os2.sTypoAscender, os2.sTypoDescender, os2.sTypoLineGap = ascent, descent, 0
    os2.usWinAscent, os2.usWinDescent = ascent, -descent


def _name(font: TTFont, weight: str) -> None:
    names = font["name"]
    names.names = [one for one in names.names if one.nameID in (0, 13, 14)]
    full = f"{FAMILY} {weight}"
    given = {1: FAMILY, 2: weight, 3: full, 4: full, 6: full.replace(" ", "")}
    for number, text in given.items():
        names.setName(text, number, 3, 1, 0x409)
    font["post"].formatType = 3.0


def _all(blocks: Iterable[tuple[int, int]]) -> set[int]:
    return {code for first, last in blocks for code in range(first, last + 1)}


def _opened(path: Path) -> TTFont:
    return TTFont(path, recalcTimestamp=False)


def _again(font: TTFont) -> TTFont:
    written = io.BytesIO()
    font.save(written)
    written.seek(0)
    return TTFont(written, recalcTimestamp=False)


if __name__ == "__main__":
    main()
