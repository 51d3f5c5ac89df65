"""How the photos of a job are drawn in its list: what is still to be taken, and what was."""

from collections.abc import Sequence
from typing import Final

from kivy.metrics import dp, sp

from mobile.screens.pen import Pen
from mobile.screens.sketch import CONTROL, GAP, Mark, Zone, written
from mobile.texts import Words
from mobile.views.photos import PhotosView, PhotoView, Slot, Tile
from mobile.widgets.pictures import thumbnails

RATIO: Final = 0.75  # of a tile's height to its width
SPACE: Final = 12


def progress(pen: Pen, view: PhotosView) -> None:
    """How many are safe, as a number, as a line and in words."""
    pen.text(view.progress, "title_s")
    pen.gap(6)
    if view.tiles:
        pen.bar(view.share, view.tone)
        pen.gap(8)
    pen.text(view.detail, "body_s", "text_2")


def slots(pen: Pen, empty: Sequence[Slot], words: Words, *, is_open: bool) -> None:
    """The places that still ask for a picture; a tap opens the camera."""
    pen.head("photo_camera", words("photos", "slots"), str(len(empty)))
    for index, one in enumerate(empty):
        if index:
            pen.line()
        _slot(pen, one, is_open=is_open)


def _slot(pen: Pen, one: Slot, *, is_open: bool) -> None:
    top, side = pen.y, sp(22) + dp(20)
    room = pen.width - side - dp(GAP)
    name = pen.set(one.label, "body_strong", width=room, wrap=True)
    must = pen.set(one.required, "label_s", width=room) if one.required else None
    inner = name.height + (must.height + dp(2) if must is not None else 0)
    height = max(dp(CONTROL), inner + dp(20))
    y = top + (height - inner) / 2
    pen.put(name, pen.left, y, "text")
    if must is not None:
        pen.put(must, pen.left, y + name.height + dp(2), "warning")
    pen.y = top + height
    if not is_open:
        return
    box = (pen.right - side, top + (height - side) / 2, side, side)
    pen.marks.append(Mark("box", *box, "primary_c", None, dp(12)))
    sign = pen.ink.icon("add_a_photo", 22)
    at = (box[0] + (side - sign.width) / 2, box[1] + (side - sign.height) / 2)
    pen.put(sign, *at, "primary_c_fg")
    pen.zone(f"slot:{one.code}", one.label, top)


def row(pen: Pen, tiles: Sequence[Tile], columns: int) -> None:
    """Some pictures side by side, each with its caption, its time and how safe it is."""
    each = (pen.width - dp(SPACE) * (columns - 1)) / columns
    top, lowest = pen.y, pen.y
    for index, one in enumerate(tiles):
        left = pen.left + index * (each + dp(SPACE))
        lowest = max(lowest, _tile(pen, one, (left, top, each)))
    for index, one in enumerate(tiles):
        left = pen.left + index * (each + dp(SPACE))
        pen.zones.append(Zone(f"{_kind(one)}:{one.id}", one.spoken, left, top, each, lowest - top))
    pen.y = lowest


def _tile(pen: Pen, one: Tile, place: tuple[float, float, float]) -> float:
    """Draw one; how far down it goes."""
    x, y, width = place
    height = width * RATIO
    _picture(pen, one, (x, y, width, height))
    y += height + dp(6)
    indent = 0.0
    if one.is_internal:
        lock, line = pen.ink.icon("lock", 14, filled=True), pen.ink.text("x", "label")
        indent = lock.width + dp(4)
        pen.put(lock, x, y + (line.height - lock.height) / 2, "text_2")
    caption = pen.set(one.caption, "label", width=width - indent)
    pen.put(caption, x + indent, y, "text")
    y += caption.height + dp(1)
    when = pen.set(one.when, "body_s", width=width)
    pen.put(when, x, y, "text_2")
    y += when.height + dp(2)
    sign = pen.ink.icon(one.state.icon, 16, filled=True)
    told = pen.set(one.state.text, "label_s", width=width - sign.width - dp(5), wrap=True)
    line = pen.ink.text("x", "label_s")
    pen.put(sign, x, y + (line.height - sign.height) / 2, written(one.state.tone))
    pen.put(told, x + sign.width + dp(5), y, written(one.state.tone))
    return y + max(told.height, sign.height) + dp(4)


def _picture(pen: Pen, one: Tile, box: tuple[float, float, float, float]) -> None:
    """The picture itself, or a ground with a sign while there is none to be shown."""
    x, y, width, height = box
    texture = thumbnails.of(one.thumb) if one.thumb is not None else None
    if texture is not None:
        pen.marks.append(Mark("picture", *box, "text", texture, dp(12)))
    else:
        pen.marks.append(Mark("box", *box, "surface_3", None, dp(12)))
        sign = pen.ink.icon(one.state.icon if one.raw else "image", 32)
        pen.put(sign, x + (width - sign.width) / 2, y + (height - sign.height) / 2, "text_2")
    pen.marks.append(Mark("frame", *box, "outline", None, dp(12)))
    if one.is_drawing:
        side = dp(32)
        badge = (x + width - side - dp(6), y + dp(6), side, side)
        pen.marks.append(Mark("box", *badge, "surface", None, side / 2))
        sign = pen.ink.icon("draw", 18)
        at = (badge[0] + (side - sign.width) / 2, badge[1] + (side - sign.height) / 2)
        pen.put(sign, *at, "text")


def told(pen: Pen, view: PhotoView, words: Words) -> None:
    """What is known of one photo, under it."""
    pen.gap(6)
    if view.caption:
        pen.text(view.caption, "body_strong")
        pen.gap(4)
    pen.mark(view.state.icon, view.told, "body", "text", sign_tone=written(view.state.tone))
    pen.gap(4)
    sign = "lock" if view.is_internal else "group"
    pen.mark(sign, words.join(view.audience, view.when), "body_s", "text_2")
    pen.gap(6)


def buttons(pen: Pen, words: Words) -> None:
    """What can be done with a photo."""
    pen.buttons(
        [
            ("describe", words("photos", "describe"), "edit"),
            ("draw", words("photos", "draw"), "draw"),
            ("drop", words("photos", "drop"), "undo"),
        ]
    )


def _kind(one: Tile) -> str:
    return "raw" if one.raw else "photo"
