"""The fonts: one file a weight has every character, nothing is drawn as nothing, no end is cut."""

from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from fontTools.ttLib import TTFont

from mobile.theme import ASSETS

ROOT: Final = Path(__file__).resolve().parents[2]
WEIGHTS: Final = ("Regular", "SemiBold")
NAMES: Final = "喆珺昇堃镕㛃䶮𬭎𫖯"  # of people; the last four are not in GBK
LATIN: Final = "Åéßñ€£°²³±≤≥×·–—…’“”№℃Ωμ"
MARKS: Final = "，。、；：！？（）《》「」【】￥％·—…"


@pytest.fixture(scope="module")
def fonts() -> dict[str, TTFont]:
    return {one: TTFont(ASSETS / "fonts" / f"FieldfareUI-{one}.ttf") for one in WEIGHTS}


def gbk() -> set[int]:
    found = set()
    for code in range(0x3400, 0xA000):
        try:
            chr(code).encode("gbk")
        except UnicodeEncodeError:
            continue
        found.add(code)
    return found


def test_every_weight_has_gbk_rare_names_latin_and_punctuation(fonts: dict[str, TTFont]) -> None:
    wanted = gbk() | {ord(char) for char in NAMES + LATIN + MARKS} | set(range(0x20, 0x7F))
    lacking = {weight: wanted - set(font.getBestCmap()) for weight, font in fonts.items()}
    assert lacking == {"Regular": set(), "SemiBold": set()}


def test_digits_are_equally_wide(fonts: dict[str, TTFont]) -> None:
    for font in fonts.values():
        glyphs = font.getBestCmap()
        assert len({font["hmtx"][glyphs[ord(digit)]][0] for digit in "0123456789"}) == 1


def test_hinting_is_kept(fonts: dict[str, TTFont]) -> None:
    assert [weight for weight, font in fonts.items() if "prep" not in font] == []


def test_the_fonts_bear_a_name_of_their_own_and_lie_with_their_licences(
    fonts: dict[str, TTFont],
) -> None:
    assert {font["name"].getDebugName(1) for font in fonts.values()} == {"Fieldfare UI"}
    licences = sorted(path.name for path in (ASSETS / "fonts").glob("LICENSE*"))
    assert licences == ["LICENSE-inter.txt", "LICENSE-noto-sans-sc.txt"]
    assert "Apache License" in (ASSETS / "icons" / "LICENSE.txt").read_text(encoding="utf-8")


def test_the_icons_are_those_of_the_list() -> None:
    listed = set((ROOT / "tools" / "icons.txt").read_text(encoding="utf-8").split())
    drawn = msgspec.json.decode((ASSETS / "icons" / "icons.json").read_bytes())
    assert set(drawn) == listed
    for name in ("Icons", "IconsFilled"):
        glyphs = TTFont(ASSETS / "icons" / f"{name}.ttf").getBestCmap()
        assert {ord(char) for char in drawn.values()} - set(glyphs) == set()


def test_a_character_that_no_font_has_is_drawn_as_a_box(window: Any) -> None:
    drawn = {text: ink(text) for text in ("阀", "䶮", "\U0001f980", " ")}
    assert drawn[" "] == 0
    assert min(drawn["阀"], drawn["䶮"], drawn["\U0001f980"]) > 20


def test_the_end_of_a_kerned_text_is_not_cut(window: Any) -> None:
    for text in ("YK-450", "WAVE To AV", "Type W.A. (KFR-72LW/B3)", "7411 LT VA"):
        assert column(text, last=True) == 0, text


def test_widgets_of_kivy_itself_know_chinese(window: Any) -> None:
    from kivy.core.text import DEFAULT_FONT

    import mobile.widgets.look  # noqa: F401

    assert ink("阀", DEFAULT_FONT) != ink("\U0001f980", DEFAULT_FONT)


def ink(text: str, font: str = "FieldfareUI-Regular") -> int:
    """How many pixels of a text are drawn."""
    return sum(value > 64 for value in pixels(text, font)[3::4])


def column(text: str, *, last: bool) -> int:
    """How much is drawn in the last column of a text's picture, where nothing should be cut."""
    data = pixels(text, "FieldfareUI-SemiBold")
    width = texture(text, "FieldfareUI-SemiBold").width
    at = width - 1 if last else 0
    return sum(data[3::4][row * width + at] > 200 for row in range(len(data) // 4 // width))


def texture(text: str, font: str) -> Any:
    from kivy.core.text import Label

    import mobile.widgets.look  # noqa: F401

    setter = Label(text=text, font_name=font, font_size=28, color=(1, 1, 1, 1))
    setter.refresh()
    return setter.texture


def pixels(text: str, font: str) -> bytes:
    return bytes(texture(text, font).pixels)
