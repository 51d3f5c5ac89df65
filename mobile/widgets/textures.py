"""Texts as pictures that are made once: white, so that any colour can be laid over them."""

from collections import OrderedDict
from typing import Any

from kivy.core.text import Label as Typesetter
from kivy.graphics.texture import Texture

TEXTURES_MAX = 600


class Textures:
    """The pictures of short texts; the one not asked for the longest goes first."""

    def __init__(self, most: int = TEXTURES_MAX) -> None:
        self._most = most
        self._kept: OrderedDict[tuple[str, str, float], Texture] = OrderedDict()

    def of(self, text: str, font: str, size: float) -> Texture:
        """The picture of one line."""
        key = (text, font, size)
        found: Any = self._kept.get(key)
        if found is None:
            setter = Typesetter(text=text, font_name=font, font_size=size, color=(1, 1, 1, 1))
            setter.refresh()
            found = self._kept[key] = setter.texture
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return found


textures = Textures()
