"""How everything looks: the tokens of a theme, read from one file and never from a screen."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

from msgspec import Struct, convert

THEMES: Final = ("light", "dark", "outdoor")
Named = Literal["light", "dark", "outdoor"]
ASSETS: Final = Path(__file__).resolve().parents[1] / "assets"
FILE: Final = "tokens.toml"
Rgba = tuple[float, float, float, float]

# Relative luminance, WCAG 2.2: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance
LINEAR_BELOW: Final = 0.04045
WEIGHTS: Final = (0.2126, 0.7152, 0.0722)


class Role(Struct, frozen=True):
    """How a text of some kind is set: its size in sp, its weight, its line height."""

    size: float
    weight: Literal["Regular", "SemiBold"]
    line_height: float


class Tokens(Struct, frozen=True, kw_only=True):
    """The whole file. Colours are as written; `theme` names one of the three."""

    light: Mapping[str, str]
    dark: Mapping[str, str]
    outdoor: Mapping[str, str]
    grounds: Mapping[str, tuple[str, ...]]
    limits: Mapping[str, float]
    type: Mapping[str, tuple[float, str, float]]
    space: Mapping[str, float]
    radius: Mapping[str, float]
    size: Mapping[str, float]

    def palette(self, theme: Named) -> dict[str, Rgba]:
        """Every colour of a theme, as shares of red, green, blue and opacity."""
        colours: Mapping[str, str] = getattr(self, theme)
        return {name: rgba(text) for name, text in colours.items()}

    def roles(self) -> dict[str, Role]:
        """How each kind of text is set."""
        return {name: convert(given, Role) for name, given in _rows(self.type).items()}


def read(assets: Path = ASSETS) -> Tokens:
    """The tokens. Raises where the file lacks a table or a colour cannot be read."""
    return convert(tomllib.loads((assets / FILE).read_text(encoding="utf-8")), Tokens)


def rgba(text: str) -> Rgba:
    """The shares of a colour in `#RRGGBB` or `#RRGGBBAA`."""
    digits = text.removeprefix("#").ljust(8, "F")
    red, green, blue, opacity = (int(digits[at : at + 2], 16) / 255 for at in range(0, 8, 2))
    return (red, green, blue, opacity)


def contrast(one: Rgba, other: Rgba) -> float:
    """How far two opaque colours stand apart, from 1 to 21 (WCAG 2.2)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Rgba) -> float:
    linear = [
        share / 12.92 if share <= LINEAR_BELOW else ((share + 0.055) / 1.055) ** 2.4
        for share in colour[:3]
    ]
    return sum(weight * share for weight, share in zip(WEIGHTS, linear, strict=True))


def _rows(table: Mapping[str, tuple[float, str, float]]) -> dict[str, dict[str, float | str]]:
    fields = ("size", "weight", "line_height")
    return {name: dict(zip(fields, row, strict=True)) for name, row in table.items()}
