"""Where a picture lies in its frame: fitted whole, or larger and moved, never out of sight."""

from typing import Final

from msgspec import Struct

ZOOM_MAX: Final = 6.0
ZOOM_TAP: Final = 2.5


class Box(Struct, frozen=True):
    """A rectangle, in pixels from the bottom left."""

    x: float
    y: float
    w: float
    h: float

    def holds(self, x: float, y: float) -> bool:
        """Whether a point is inside."""
        return self.x <= x <= self.x + self.w and self.y <= y <= self.y + self.h


class Glass(Struct, frozen=True):
    """How a picture is looked at: so many times larger, its middle moved by so many pixels."""

    zoom: float = 1.0
    dx: float = 0.0
    dy: float = 0.0


def fitted(size: tuple[float, float], frame: Box) -> Box:
    """The largest box of the picture's shape in the middle of a frame."""
    width, height = max(size[0], 1.0), max(size[1], 1.0)
    scale = min(frame.w / width, frame.h / height)
    w, h = width * scale, height * scale
    return Box(frame.x + (frame.w - w) / 2, frame.y + (frame.h - h) / 2, w, h)


def seen(size: tuple[float, float], frame: Box, glass: Glass) -> Box:
    """Where the whole picture lies when it is looked at so."""
    whole = fitted(size, frame)
    w, h = whole.w * glass.zoom, whole.h * glass.zoom
    middle = (frame.x + frame.w / 2 + glass.dx, frame.y + frame.h / 2 + glass.dy)
    return Box(middle[0] - w / 2, middle[1] - h / 2, w, h)


def held(size: tuple[float, float], frame: Box, glass: Glass) -> Glass:
    """The same, but never smaller than the frame allows and never with an edge inside it."""
    zoom = min(max(glass.zoom, 1.0), ZOOM_MAX)
    whole = fitted(size, frame)
    across = max((whole.w * zoom - frame.w) / 2, 0.0)
    along = max((whole.h * zoom - frame.h) / 2, 0.0)
    dx = min(max(glass.dx, -across), across)
    dy = min(max(glass.dy, -along), along)
    return Glass(zoom, dx, dy)


def larger(frame: Box, glass: Glass, by: float, around: tuple[float, float]) -> Glass:
    """So many times larger, with the point that is under the fingers kept there."""
    zoom = min(max(glass.zoom * by, 1.0), ZOOM_MAX)
    factor = zoom / glass.zoom
    x, y = around[0] - frame.x - frame.w / 2, around[1] - frame.y - frame.h / 2
    return Glass(zoom, x - (x - glass.dx) * factor, y - (y - glass.dy) * factor)


def share(box: Box, x: float, y: float) -> tuple[float, float]:
    """A point as shares of a picture's width and height, from its top left, within it."""
    across, along = (x - box.x) / max(box.w, 1.0), 1 - (y - box.y) / max(box.h, 1.0)
    return (min(max(across, 0.0), 1.0), min(max(along, 0.0), 1.0))


def spot(box: Box, across: float, along: float) -> tuple[float, float]:
    """Where a share of a picture is."""
    return (box.x + across * box.w, box.y + (1 - along) * box.h)


def cover(size: tuple[float, float], ratio: float) -> tuple[float, float, float, float]:
    """The middle of a picture that has this ratio of width to height: x, y, width, height."""
    width, height = size
    if width / max(height, 1) > ratio:
        w = height * ratio
        return ((width - w) / 2, 0.0, w, height)
    h = width / ratio
    return (0.0, (height - h) / 2, width, h)
