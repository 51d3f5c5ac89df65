"""What the app wears: its words, its theme and the size of its letters, as somebody set them."""

from typing import Final

from kivy.metrics import Metrics

from mobile.adapters.ports import Surroundings
from mobile.shell import Settings
from mobile.texts import Words
from mobile.theme import Named
from mobile.widgets.look import theme
from shared.texts import Language, choose_language

FONT_SCALE_MAX: Final = 2.2


class Attire:
    """Puts settings on. What they leave open is as the device has it.

    `language` is one that the app was started in; it holds until another one is chosen.
    """

    def __init__(self, language: Language | None, device: Surroundings) -> None:
        self.language = language
        self._device = device
        self._font_scale = Metrics.fontscale

    def theme(self, settings: Settings) -> Named:
        """The theme that is shown."""
        return settings.theme or self._device.ground()

    def put_on(self, settings: Settings) -> Words:
        """Wear these; the words to be used from now on."""
        theme.wear(self.theme(settings))
        Metrics.fontscale = min(self._font_scale * settings.text_scale, FONT_SCALE_MAX)
        return Words(self.language or settings.language or choose_language(self._device.language()))
