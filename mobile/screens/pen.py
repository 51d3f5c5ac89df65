"""A pen that lays a card out from the top down, with what can be tapped on it."""

from collections.abc import Sequence
from typing import Any, Final

from kivy.metrics import dp, sp

from mobile.screens.sketch import CONTROL, GAP, ICON, TOUCH, Mark, Sketch, Zone, written
from mobile.views.checklist import Option

# A place to go: zone, label, count, a sign beside the count, the tone of both, icon.
Tile = tuple[str, str, str, str, str, str]
SIGN: Final = 14


class Pen(Sketch):
    """One card being laid out."""

    def buttons(self, buttons: Sequence[tuple[str, str, str]]) -> None:
        """Buttons of one row (zone, label, icon), sharing its width.

        Where it is narrow the icons stand above the words; where that is not enough, the buttons
        stand one below the other.
        """
        gap = dp(GAP)
        each = (self.width - gap * (len(buttons) - 1)) / max(1, len(buttons))
        signs = [(self.set(text, "label"), self.ink.icon(icon, ICON)) for _, text, icon in buttons]
        beside = all(text.width + sign.width + dp(22) <= each for text, sign in signs)
        above = not beside and all(text.width + dp(8) <= each for text, _ in signs)
        height = (
            dp(TOUCH) if not above else max(dp(CONTROL), signs[0][0].height + sp(ICON) + dp(16))
        )
        if not beside and not above:
            self._stacked(buttons)
            return
        for index, (zone, label, _icon) in enumerate(buttons):
            box = (self.left + index * (each + gap), self.y, each, height)
            self._button((zone, label), signs[index], box, is_high=above)
        self.y += height

    def _stacked(self, buttons: Sequence[tuple[str, str, str]]) -> None:
        """Buttons one below the other, their words in as many lines as they need."""
        for zone, label, icon in buttons:
            sign = self.ink.icon(icon, ICON)
            room = self.width - sign.width - dp(30)
            text = self.set(label, "label", width=room, wrap=True)
            height = max(dp(TOUCH), text.height + dp(18))
            box = (self.left, self.y, self.width, height)
            self._button((zone, label), (text, sign), box, is_high=False)
            self.y += height + dp(GAP)
        self.y -= dp(GAP)

    def segments(self, options: Sequence[Option], chosen: str, prefix: str) -> None:
        """Answers side by side, one of them chosen; below each other where a word is too long."""
        count = max(1, len(options))
        each = self.width / count
        room = self.width - dp(28)
        labels = [self.set(one.label, "label", width=room, wrap=True) for one in options]
        beside = all(label.width + dp(12) <= each for label in labels)
        heights = [max(dp(CONTROL if beside else TOUCH + 4), one.height + dp(18)) for one in labels]
        whole = max(heights) if beside else sum(heights)
        ground = (self.left, self.y, self.width, whole)
        self.marks.append(Mark("box", *ground, "surface_2", None, dp(12)))
        y = self.y
        for index, option in enumerate(options):
            x = self.left + index * each if beside else self.left
            cell = (x, y, each if beside else self.width, whole if beside else heights[index])
            if index and not beside:
                rule = (x + dp(12), y, self.width - dp(24), max(1, dp(1)))
                self.marks.append(Mark("box", *rule, "outline_strong"))
            self._segment(option, labels[index], cell, is_on=option.code == chosen)
            self.zones.append(Zone(f"{prefix}{option.code}", option.label, *cell))
            y += 0 if beside else heights[index]
        self.y += whole

    def field(
        self, zone: str, label: str, told: tuple[str, str], unit: str = "", tone: str = "control"
    ) -> None:
        """A box that opens for writing: what stands in it, else a hint, and its unit."""
        text, hint = told
        pad = dp(14)
        end = self.set(unit, "body") if unit else None
        room = self.width - 2 * pad - (end.width + dp(GAP) if end is not None else 0)
        shown = self.set(text or hint, "body", width=room, wrap=bool(text))
        height = max(dp(CONTROL), shown.height + 2 * pad)
        self.marks.append(Mark("frame", self.left, self.y, self.width, height, tone, None, dp(12)))
        self.put(
            shown,
            self.left + pad,
            self.y + (height - shown.height) / 2,
            "text" if text else "text_3",
        )
        if end is not None:
            at = self.right - pad - end.width
            self.put(end, at, self.y + (height - end.height) / 2, "text_2")
        self.zones.append(Zone(zone, label, self.left, self.y, self.width, height))
        self.y += height

    def tiles(self, tiles: Sequence[Tile]) -> None:
        """Places to go, as many beside each other as fit.

        The last row shares its width among those that are left.
        """
        gap = dp(GAP)
        labels = [self.set(label, "label") for _, label, _, _, _, _ in tiles]
        counts = [
            self.set(count, "label").width + (sp(SIGN) + dp(4) if sign else 0)
            for _, _, count, sign, _, _ in tiles
            if count
        ]
        heads = max(counts, default=0) + sp(ICON) + dp(42)
        widest = max(max((one.width for one in labels), default=0) + dp(24), heads, dp(92))
        columns = max(1, min(3, int((self.width + gap) // (widest + gap))))
        height = max(sp(ICON) + labels[0].height + dp(30), dp(CONTROL)) if labels else 0
        for first in range(0, len(tiles), columns):
            row = tiles[first : first + columns]
            each = (self.width - gap * (len(row) - 1)) / len(row)
            for column, tile in enumerate(row):
                box = (self.left + column * (each + gap), self.y, each, height)
                self._tile(tile, labels[first + column], box)
            self.y += height + gap
        self.y -= gap

    def row(
        self,
        zone: str,
        lines: Sequence[tuple[str, str, str]],
        icon: str = "",
        *,
        tone: str = "text",
    ) -> None:
        """A line of a list (texts with role and tone), with an icon, that leads somewhere."""
        top, between = self.y, dp(2)
        indent = sp(ICON + 4) + dp(14) if icon else 0
        end = self.ink.icon("chevron_right", 22)
        room = self.width - indent - end.width - dp(GAP)
        told = [
            (self.set(text, role, width=room, wrap=True), colour) for text, role, colour in lines
        ]
        inner = sum(one.height + between for one, _ in told) - between
        height = max(dp(CONTROL), inner + 2 * dp(10))
        y = top + (height - inner) / 2
        for one, colour in told:
            self.put(one, self.left + indent, y, colour)
            y += one.height + between
        middle = top + height / 2
        if icon:
            sign = self.ink.icon(icon, ICON + 4)
            self.put(sign, self.left, middle - sign.height / 2, tone)
        self.put(end, self.right - end.width, middle - end.height / 2, "text_3")
        self.y = top + height
        self.zone(zone, lines[0][0], top)

    def action(self, zone: str, label: str, detail: str, icon: str, tone: str = "primary") -> None:
        """A big button with what it does and, under it, what is still to be known."""
        top, pad = self.y, dp(14)
        name = self.set(label, "button", width=self.width - 2 * pad - sp(32), wrap=True)
        under = (
            self.set(detail, "body_s", width=self.width - 2 * pad, wrap=True) if detail else None
        )
        sign = self.ink.icon(icon, 22, filled=True)
        line = max(name.height, sign.height)
        inner = line + (under.height + dp(2) if under is not None else 0)
        height = max(dp(60), inner + dp(14))
        self.marks.append(Mark("box", self.left, top, self.width, height, tone, None, dp(14)))
        begin = self.left + (self.width - name.width - sign.width - dp(8)) / 2
        y = top + (height - inner) / 2
        self.put(sign, begin, y + (line - sign.height) / 2, f"{tone}_fg")
        self.put(name, begin + sign.width + dp(8), y + (line - name.height) / 2, f"{tone}_fg")
        if under is not None:
            at = self.left + (self.width - under.width) / 2
            self.put(under, at, y + line + dp(2), f"{tone}_fg")
        self.zones.append(Zone(zone, label, self.left, top, self.width, height))
        self.y += height

    def square(self, zone: str, label: str, icon: str) -> None:
        """A square button at the left edge; what follows stands beside it."""
        size = dp(60)
        self.marks.append(Mark("box", self.left, self.y, size, size, "surface_3", None, dp(14)))
        sign = self.ink.icon(icon, 24)
        corner = (self.left + (size - sign.width) / 2, self.y + (size - sign.height) / 2)
        self.put(sign, *corner, "text")
        self.said[label] = None
        self.zones.append(Zone(zone, label, self.left, self.y, size, size))
        self.left += size + dp(GAP)

    def side(self, zone: str, label: str, icon: str, top: float) -> None:
        """A button at the right end of what was laid out since `top`."""
        name = self.set(label, "label")
        sign = self.ink.icon(icon, 18)
        width, height = self.side_width(label), dp(TOUCH)
        self.y = max(self.y, top + height)
        x, y = self.right - width, (top + self.y - height) / 2
        self.marks.append(Mark("box", x, y, width, height, "primary_c", None, dp(12)))
        self.put(sign, x + dp(12), y + (height - sign.height) / 2, "primary_c_fg")
        at = x + dp(18) + sign.width
        self.put(name, at, y + (height - name.height) / 2, "primary_c_fg")
        self.zones.append(Zone(zone, label, x, y, width, height))

    def side_width(self, label: str) -> float:
        """How much room such a button takes."""
        return float(self.set(label, "label").width + sp(18) + dp(30))

    def corner(self, zone: str, label: str, icon: str, top: float) -> None:
        """An icon to tap in the right corner."""
        size, sign = dp(TOUCH), self.ink.icon(icon, 22)
        x, y = self.right - size + dp(10), top - dp(10)
        self.put(sign, x + (size - sign.width) / 2, y + (size - sign.height) / 2, "text_2")
        self.zones.append(Zone(zone, label, x, y, size, size))

    def zone(self, name: str, label: str, top: float) -> None:
        """Everything since `top`, across the card, is one place to tap."""
        self.zones.append(Zone(name, label, 0, top, self.right + self.left, self.y - top))

    def _tile(
        self,
        tile: Tile,
        label: Any,
        box: tuple[float, float, float, float],
    ) -> None:
        zone, name, count, badge, tone, icon = tile
        x, y, width, height = box
        self.marks.append(Mark("box", *box, "surface", None, dp(14)))
        self.marks.append(Mark("frame", *box, "outline", None, dp(14)))
        sign = self.ink.icon(icon, ICON)
        self.put(sign, x + dp(12), y + dp(10), "primary")
        self.put(label, x + dp(12), y + height - label.height - dp(9), "text")
        if count:
            number = self.set(count, "label")
            beside = sp(SIGN) + dp(4) if badge else 0
            wide, high = number.width + beside + dp(14), number.height + dp(4)
            pill = (x + width - wide - dp(8), y + dp(8), wide, high)
            self.marks.append(Mark("box", *pill, f"{tone}_c", None, high / 2))
            self.put(number, pill[0] + dp(7), pill[1] + dp(2), written(tone))
            if badge:
                mark = self.ink.icon(badge, SIGN)
                at = (pill[0] + dp(11) + number.width, pill[1] + (high - mark.height) / 2)
                self.put(mark, *at, written(tone))
        self.zones.append(Zone(zone, name, *box))

    def _button(
        self,
        what: tuple[str, str],
        drawn: tuple[Any, Any],
        box: tuple[float, float, float, float],
        *,
        is_high: bool,
    ) -> None:
        (zone, label), (text, sign), (x, y, width, height) = what, drawn, box
        ink = "primary_c_fg"
        self.marks.append(Mark("box", *box, "primary_c", None, dp(12)))
        if is_high:
            top = y + (height - sign.height - text.height - dp(3)) / 2
            self.put(sign, x + (width - sign.width) / 2, top, ink)
            self.put(text, x + (width - text.width) / 2, top + sign.height + dp(3), ink)
        else:
            begin = x + max(dp(8), (width - text.width - sign.width - dp(6)) / 2)
            self.put(sign, begin, y + (height - sign.height) / 2, ink)
            self.put(text, begin + sign.width + dp(6), y + (height - text.height) / 2, ink)
        self.zones.append(Zone(zone, label, *box))

    def _segment(
        self, option: Option, label: Any, cell: tuple[float, float, float, float], *, is_on: bool
    ) -> None:
        x, y, width, height = cell
        tone = "text_2"
        if is_on:
            inset = dp(3)
            box = (x + inset, y + inset, width - 2 * inset, height - 2 * inset)
            self.marks.append(Mark("box", *box, f"{option.tone}_c", None, dp(10)))
            self.marks.append(Mark("frame", *box, written(option.tone), None, dp(10)))
            tone = written(option.tone)
        self.put(label, x + (width - label.width) / 2, y + (height - label.height) / 2, tone)
