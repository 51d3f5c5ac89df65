"""What everything is drawn with: the colours of the theme that is worn, the fonts, the icons.

A theme is changed by drawing all screens anew, so nothing is bound to it: a rule that reads
`theme.text` costs no more than a constant and keeps no widget alive.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import msgspec
from kivy.core.text import DEFAULT_FONT, Label as Typesetter, LabelBase
from kivy.lang import Builder
from kivy.lang.parser import global_idmap
from kivy.metrics import dp, sp

from mobile.theme import ASSETS, Named, Rgba, Role, Tokens, read

FONT: Final = "FieldfareUI"
ICON_FONTS: Final = ("Icons", "IconsFilled")
TONES: Final = ("primary", "success", "warning", "danger", "info", "neutral")


WIDTHS_MAX: Final = 8192  # single characters, and names that are shown again


class Theme:
    """The colours by their names, and how texts are set."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.name: Named = "light"
        self.roles: dict[str, Role] = tokens.roles()
        self._colours: dict[str, Rgba] = tokens.palette("light")

    def wear(self, name: Named) -> None:
        """Be another theme from now on."""
        self.name = name
        self._colours = self._tokens.palette(name)

    def __getattr__(self, name: str) -> Rgba:
        try:
            return self.__dict__["_colours"][name]
        except KeyError:
            raise AttributeError(f"no colour is called {name}") from None

    @property
    def mark(self) -> str:
        """The file of the mark that suits the ground."""
        return str(ASSETS / "art" / f"mark-{'dark' if self.name == 'dark' else 'light'}.png")

    def tone(self, name: str) -> Rgba:
        """What something in this tone is written with."""
        return self._colours[name]

    def ground(self, name: str) -> Rgba:
        """The pale ground of a tone."""
        return self._colours["primary_c" if name in ("primary", "primary_c_fg") else f"{name}_c"]

    def over(self, name: str) -> Rgba:
        """What is written on the pale ground of a tone."""
        return self._colours["primary_c_fg" if name == "primary" else name]

    def size(self, name: str) -> float:
        """A size of the tokens, in pixels."""
        return float(dp(self._tokens.size[name]))

    def radius(self, name: str) -> float:
        """A radius of the tokens, in pixels."""
        return float(dp(self._tokens.radius[name]))

    def font(self, role: str) -> str:
        """The font of a role."""
        return f"{FONT}-{self.roles[role].weight}"

    def font_size(self, role: str) -> float:
        """The size of a role's letters, in pixels."""
        return float(sp(self.roles[role].size))

    def line_height(self, role: str) -> float:
        """How far a role's lines stand apart, as a multiple."""
        return self.roles[role].line_height


theme: Final = Theme(read())
_icons: Final[dict[str, str]] = msgspec.json.decode((ASSETS / "icons" / "icons.json").read_bytes())
_setters: dict[tuple[str, float], Any] = {}


def glyph(icon: str) -> str:
    """The character that draws an icon; nothing for no icon."""
    if not icon:
        return ""
    assert icon in _icons, f"no icon is called {icon}: tools/icons.txt lists them"
    return _icons[icon]


@lru_cache(maxsize=WIDTHS_MAX)
def text_width(text: str, font: str, size: float) -> float:
    """How many pixels wide a line of text is."""
    setter = _setters.get((font, size))
    if setter is None:
        if len(_setters) > 64:
            _setters.clear()
        setter = _setters[font, size] = Typesetter(text="x", font_name=font, font_size=size)
        setter.resolve_font_name()
    return float(setter.get_extents(text)[0]) if text else 0.0


def load(kv: Path) -> None:
    """Read the rules that stand beside a module, once."""
    path = str(kv.with_suffix(".kv"))
    if path not in Builder.files:
        Builder.load_file(path)


def register_fonts() -> None:
    """Let Kivy know the fonts, also as those of its own widgets: theirs know no Chinese."""
    folder = ASSETS / "fonts"
    faces = {weight: str(folder / f"{FONT}-{weight}.ttf") for weight in ("Regular", "SemiBold")}
    for weight, path in faces.items():
        LabelBase.register(f"{FONT}-{weight}", path)
    LabelBase.register(DEFAULT_FONT, faces["Regular"], fn_bold=faces["SemiBold"])
    for name in ICON_FONTS:
        LabelBase.register(name, str(ASSETS / "icons" / f"{name}.ttf"))


register_fonts()
global_idmap.update(theme=theme, glyph=glyph)
